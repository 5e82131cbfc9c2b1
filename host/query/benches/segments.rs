//! What a segment costs beside DuckDB: the questions of the yardstick as condition trees, over five million users and 25 million
//! events in Parquet.
//!
//! `cargo bench -p sluice-query --bench segments -- --data DIR [--rounds N]`. `DIR` is made by `bench/gen_data.py` of the folder
//! `SLUICE_SHARED` (`../shared` unless set), and DuckDB is asked by `bench/engines/bench_engine.py` of it, run by the Python that
//! `SLUICE_BENCH_PYTHON` names (`python3` unless set; it needs the package `duckdb`). Each question is a process of its own, ours and
//! DuckDB's in turn, so that noise falls on both. Figures are medians; they are printed, nothing is gated. Without `--data` nothing is
//! measured, and a line says so. `--ask q2 --explain` shows the plan of a question instead.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a terminal that ends where it cannot go on"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use futures::TryStreamExt;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::{Context, Group},
    ids::{ModelId, SourceId},
    model::{Definition, Field, Kind, Model},
    relationship::{Join, Relationship, RelationshipKind},
    segment::Segment,
    source,
    types::DataType,
};
use sluice_query::{Analysis, Engine, Query, Settings, Source, Surroundings};

/// As the product has it; see `host/sluice/src/memory.rs`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The moment that the yardstick counts from.
const NOW: &str = "2026-07-01T00:00:00Z";

fn model(name: &str, table: &str, key: &str, fields: &[(&str, DataType)]) -> Model {
    Model {
        name: name.into(),
        description: String::new(),
        tags: vec![],
        source: SourceId::new(1, 1),
        definition: Definition::Table(table.into()),
        kind: Kind::Custom,
        fields: fields.iter().map(|(id, ty)| Field::plain(id, *ty)).collect(),
        primary_key: vec![key.into()],
        time_field: None,
        relationships: vec![],
    }
}

fn users() -> Model {
    use DataType::{Float, Integer, String};
    let fields = [
        ("user_id", Integer),
        ("email", String),
        ("first_name", String),
        ("last_name", String),
        ("country", String),
        ("plan", String),
        ("age", Integer),
        ("ltv", Float),
    ];
    let on = vec![Join { field: "user_id".into(), other: "user_id".into() }];
    let events =
        Relationship { name: "events".into(), kind: RelationshipKind::HasMany, model: ModelId::new(2, 1), on, inverse: None };
    Model { relationships: vec![events], ..model("users", "users_today", "user_id", &fields) }
}

fn events(table: &str) -> Model {
    use DataType::{Float, Integer, String, Timestamp};
    let fields = [("event_id", Integer), ("user_id", Integer), ("event", String), ("ts", Timestamp), ("amount", Float)];
    Model { time_field: Some("ts".into()), ..model("events", table, "event_id", &fields) }
}

fn is(field: &str, value: impl Into<Value>) -> Value {
    json!({ "field": field, "operator": "is", "value": value.into() })
}

fn event(name: &str) -> Value {
    json!({ "op": "and", "children": [is("event", name)] })
}

fn last(days: u32) -> Value {
    let value = json!({ "amount": days, "unit": "days" });
    json!({ "operator": "in-the-last", "value": value, "options": { "exact": true } })
}

/// The five segments whose overlap is asked.
fn segments() -> Vec<Segment> {
    let conditions = [
        is("country", "US"),
        json!({ "field": "plan", "operator": "is-any-of", "value": ["pro", "enterprise"] }),
        json!({ "field": "ltv", "operator": "greater-than", "value": 1000 }),
        json!({ "field": "age", "operator": "between", "value": [25, 40] }),
        json!({ "path": ["events"], "quantifier": "any", "where": event("purchase"), "window": last(30) }),
    ];
    let segment = |condition| {
        let tree = json!({ "version": 1, "root": { "op": "and", "children": [condition] } });
        serde_json::from_value(json!({ "name": "of five", "model": ModelId::new(1, 1), "condition": tree })).unwrap()
    };
    conditions.map(segment).into()
}

/// What is asked: the tree, and the fields that are read of the rows.
fn question(name: &str) -> (Value, &'static [&'static str]) {
    let children = match name {
        "q1" => json!([
            is("country", "US"),
            { "field": "plan", "operator": "is-any-of", "value": ["pro", "enterprise"] },
            { "field": "ltv", "operator": "greater-than", "value": 500 },
        ]),
        "q2" => json!([
            { "path": ["events"], "quantifier": { "at-least": 2 }, "where": event("purchase"), "window": last(90) },
            { "path": ["events"], "where": event("purchase"), "window": last(90),
              "measure": { "function": "sum", "field": "amount", "operator": "greater-than", "value": 100 } },
            { "path": ["events"], "quantifier": "none", "where": event("email_open"), "window": last(30) },
        ]),
        other => panic!("unknown question {other}"),
    };
    let fields: &[&str] = if name == "q1" { &["email", "first_name", "last_name", "plan", "ltv"] } else { &["email"] };
    (json!({ "op": "and", "children": children }), fields)
}

/// Processor time of this process in seconds, in ticks of 10 ms.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1024.0
}

/// One question in this process, with the engine's own settings.
async fn ask(name: &str, data: &Path, table: &str) {
    let spill = tempfile::tempdir().unwrap();
    let engine = Engine::new(Settings { partitions: 2, ..Settings::new(spill.path()) }).unwrap();
    let (before, began) = (cpu(), Instant::now());
    let files = source::Files { path: data.to_string_lossy().into_owned(), delimiter: ',' };
    let declared = source::Source {
        name: "files".into(),
        description: String::new(),
        tags: vec![],
        kind: source::Kind::Files(files),
        zone: "UTC".into(),
    };
    let source = Source::open(&engine, &declared).await.unwrap();
    let models = [(ModelId::new(1, 1), users()), (ModelId::new(2, 1), events(table))];
    let context = Context { model: Some(ModelId::new(1, 1)), models: models.into(), ..Context::default() };
    let around = Surroundings::new(context, BTreeMap::from([(SourceId::new(1, 1), source.clone())]));
    let now = NOW.parse().unwrap();
    let result = if name == "q3" {
        let overlap = Analysis::new(around, source, users(), now, TimeZone::UTC).overlap(&segments()).await.unwrap();
        json!(overlap.sizes.into_iter().chain(overlap.pairs.iter().map(|pair| pair.both)).collect::<Vec<u64>>())
    } else {
        let (tree, fields) = question(name);
        let tree: Group = serde_json::from_value(tree).unwrap();
        let query = Query::within(&around, &source, &users(), Some(&tree), now, &TimeZone::UTC).await.unwrap();
        if std::env::args().any(|arg| arg == "--explain") {
            println!("{}", query.explain().await.unwrap());
            return;
        }
        let stream = query.select(fields).unwrap().stream().await.unwrap();
        let rows: usize = stream.try_fold(0, |sum, batch| async move { Ok(sum + batch.num_rows()) }).await.unwrap();
        json!(rows)
    };
    let figures = json!({
        "result": result, "cpu_s": cpu() - before, "wall_s": began.elapsed().as_secs_f64(), "peak_rss_mb": peak_mb(),
    });
    println!("{figures}");
}

/// The last line of a program, as JSON; what it complained of when it failed.
fn told(command: &mut Command) -> Result<Value, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().last().and_then(|line| serde_json::from_str(line).ok()).ok_or_else(|| {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        complaint.lines().last().unwrap_or("it said nothing").to_owned()
    })
}

fn median(figures: &[Value], name: &str) -> f64 {
    let mut all: Vec<f64> = figures.iter().map(|figure| figure[name].as_f64().unwrap()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn compare(data: &Path, rounds: usize) {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("SLUICE_SHARED").map_or_else(beside, PathBuf::from);
    let python = std::env::var("SLUICE_BENCH_PYTHON").unwrap_or_else(|_| "python3".into());
    println!("question  events            rows  cpu s  wall s  peak MB    DuckDB: same  cpu s  ratio of CPU");
    let asked = [
        ("q1", "events", 1.1),
        ("q2", "events", 1.1),
        ("q3", "events", 1.1),
        ("q2", "events_by_user", 2.0),
        ("q3", "events_by_user", 2.0),
    ];
    for (name, table, must) in asked {
        if !data.join(format!("{table}.parquet")).is_file() {
            println!("{name:<9} {table:<15} SKIPPED: there is no {table}.parquet in the folder");
            continue;
        }
        let (mut ours, mut theirs, mut missing) = (vec![], vec![], String::new());
        for _ in 0..rounds {
            let mut own = Command::new(std::env::current_exe().unwrap());
            own.env("_RJEM_MALLOC_CONF", "percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0,tcache_max:8192");
            ours.push(told(own.args(["--ask", name, "--events", table, "--data"]).arg(data)).unwrap());
            let engine = shared.join("bench/engines/bench_engine.py");
            match told(Command::new(&python).arg(engine).args(["duckdb", name]).arg(data).args(["--events", table])) {
                Ok(figures) => theirs.push(figures),
                Err(why) => missing = why,
            }
        }
        let row = format!(
            "{name:<9} {table:<15} {:>6} {:>6.2} {:>7.2} {:>8.0}",
            ours[0]["result"].as_array().map_or(&ours[0]["result"], |counts| &counts[0]).to_string(),
            median(&ours, "cpu_s"),
            median(&ours, "wall_s"),
            median(&ours, "peak_rss_mb")
        );
        if theirs.is_empty() {
            println!("{row}    DuckDB: SKIPPED, {missing}");
        } else {
            let ratio = median(&ours, "cpu_s") / median(&theirs, "cpu_s");
            let same = if ours[0]["result"] == theirs[0]["result"] { "yes" } else { "NO" };
            println!("{row}    {same:>12} {:>6.2} {ratio:>6.2}   (must {must})", median(&theirs, "cpu_s"));
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).map(String::as_str);
    let Some(data) = value("--data").map(PathBuf::from) else {
        println!("nothing is measured without --data DIR; `bench/gen_data.py DIR` of SLUICE_SHARED makes the folder");
        return;
    };
    match value("--ask") {
        None => compare(&data, value("--rounds").map_or(7, |rounds| rounds.parse().unwrap())),
        Some(name) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(ask(name, &data, value("--events").unwrap_or("events")));
        }
    }
}
