//! The benchmark of first light: rows from a Parquet file through the whole host into a plain HTTP sink, which sets no pace.
//!
//! `cargo run --release -p sluice-tests --bin bench -- [--rows N]... [--smoke]`; without rows, one million and five million. With
//! `--postgresql SERVER` the rows come out of a database instead ([`postgresql`]); with `--platforms` they go to sinks that answer like
//! other platforms than Braze ([`platforms`]); with `--guests FOLDER` they only pass through the sandbox ([`guests`]).
//!
//! The host is a process of its own (this program again, as `sluice serve`), so its processor time and its peak memory are what the
//! system says of that process; the sink is another, which nobody counts. Figures are printed, never asserted; `--smoke` says in its
//! last line that everything arrived, or ends with an error. Ratios are to floors measured in the same run ([`floors`]).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod bodies;
mod floors;
mod guests;
mod host;
mod platforms;
mod postgresql;

use std::{
    fs::File,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema, TimeUnit},
};
use axum::{Json, Router, extract::State, routing};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use serde_json::{Value, json};

use floors::Floors;
use host::{Host, Ran, Role};

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// What this program is, when it is not the benchmark itself.
const ROLE: &str = "SLUICE_BENCH_ROLE";
const BRAZE: &str = "rest.fra-01.braze.eu";
/// Rows of a request: what Braze takes, and what most platforms take at least (Iterable, Klaviyo, Meta).
const UNITS: [u32; 2] = [75, 1_000];
/// Rows of a part of the file in memory.
const CHUNK: usize = 65_536;

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("host") => return sluice::main(),
        Ok("sink") => return told(runtime().and_then(|rt| rt.block_on(sink()))),
        _ => {}
    }
    told(runtime().and_then(|rt| rt.block_on(bench())))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

fn told(end: Result<()>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What arrived since it was last asked for.
#[derive(Default)]
struct Seen {
    objects: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Seen {
    /// Counts a request, and the places of `mark` in its body: one in each row.
    fn count(&self, body: &[u8], mark: &[u8]) -> u64 {
        let objects = body.windows(mark.len()).filter(|w| *w == mark).count() as u64;
        self.objects.fetch_add(objects, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        objects
    }
}

/// Answers every request as Braze, or another platform, answers a good one, and counts.
async fn sink() -> Result<()> {
    let seen = Arc::new(Seen::default());
    async fn track(State(seen): State<Arc<Seen>>, body: axum::body::Bytes) -> (axum::http::StatusCode, Json<Value>) {
        let objects = seen.count(&body, b"\"external_id\"");
        (axum::http::StatusCode::CREATED, Json(json!({ "message": "success", "attributes_processed": objects })))
    }
    async fn count(State(seen): State<Arc<Seen>>) -> Json<[u64; 3]> {
        Json([&seen.objects, &seen.requests, &seen.bytes].map(|count| count.swap(0, Ordering::Relaxed)))
    }
    let router = Router::new()
        .route("/users/track", routing::post(track))
        .route("/count", routing::get(count))
        .merge(platforms::answers(|seen: &Arc<Seen>, body, mark| seen.count(body, mark)))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(seen);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// What stands in the row of an id.
fn mix(id: u64) -> u64 {
    id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33
}

fn first_name(mix: u64) -> String {
    format!("Name {}", mix % 5_000)
}

fn plan(mix: u64) -> &'static str {
    ["free", "plus", "gold"][mix as usize % 3]
}

fn score(mix: u64) -> f64 {
    (mix % 10_000) as f64 / 100.0
}

fn orders(mix: u64) -> i64 {
    (mix % 40) as i64
}

fn last_order(mix: u64) -> i64 {
    1_760_000_000_000_000 + mix as i64 * 1_000
}

/// A table of people, like a warehouse's export: six columns, `changed` of a thousand with another score.
fn people(file: &Path, rows: usize, changed: usize) -> Result<()> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("first_name", DataType::Utf8, false),
        Field::new("plan", DataType::Utf8, false),
        Field::new("score", DataType::Float64, false),
        Field::new("orders", DataType::Int64, false),
        Field::new("last_order", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
    ]));
    // Parts as exports have them: a file with a single one is read by one reader, and would hide what two of them hold.
    let parts = WriterProperties::builder().set_max_row_group_row_count(Some(2 * CHUNK)).build();
    let mut writer = ArrowWriter::try_new(File::create(file)?, schema.clone(), Some(parts))?;
    for start in (0..rows).step_by(CHUNK) {
        let ids = || (start..(start + CHUNK).min(rows)).map(|id| (id as i64, mix(id as u64)));
        let scored = |mix: u64| score(mix) + if mix % 1_000 < changed as u64 { 1.0 } else { 0.0 };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids().map(|(id, _)| id).collect::<Int64Array>()),
            Arc::new(StringArray::from_iter_values(ids().map(|(_, mix)| first_name(mix)))),
            Arc::new(StringArray::from_iter_values(ids().map(|(_, mix)| plan(mix)))),
            Arc::new(ids().map(|(_, mix)| scored(mix)).collect::<Float64Array>()),
            Arc::new(ids().map(|(_, mix)| orders(mix)).collect::<Int64Array>()),
            Arc::new(TimestampMicrosecondArray::from_iter_values(ids().map(|(_, mix)| last_order(mix))).with_timezone("UTC")),
        ];
        writer.write(&RecordBatch::try_new(schema.clone(), columns)?)?;
    }
    writer.close()?;
    Ok(())
}

/// Braze takes 1,000 requests a second of 75 objects, and the connector's manifest says so; the sink takes what comes, and so does
/// this one.
fn plain(manifest: &str, rows: u32) -> String {
    let line = |line: &str| match line.split(" = ").next() {
        Some(name @ ("rate" | "burst")) => format!("{name} = 1000000\n"),
        Some("unit") => format!("{}\n", line.replace("rows = 75,", &format!("rows = {rows},"))),
        _ => format!("{line}\n"),
    };
    manifest.lines().map(line).collect()
}

fn bundle(data: &Path, sink: &str) -> Value {
    let field = |id: &str, ty: &str| json!({ "id": id, "type": ty });
    let sent = |name: &str| json!({ "target": name, "value": { "field": name } });
    json!({
        "sources": [{ "name": "files", "kind": { "files": { "path": data } } }],
        "models": [{
            "name": "people", "source": "files", "kind": "users", "primary_key": ["id"], "definition": { "table": "people" },
            "fields": [
                field("id", "integer"), field("first_name", "string"), field("plan", "string"), field("score", "float"),
                field("orders", "integer"), field("last_order", "timestamp"),
            ],
        }],
        "destinations": [{
            "name": "sink", "connector": "braze", "settings": { "rest_host": "rest.fra-01" },
            "grant": { "stand_ins": [{ "host": BRAZE, "origin": sink }] }, "credentials": { "rest_api_key": "bench" },
        }],
        "activations": [{
            "name": "people", "from": { "model": "people" }, "destination": "sink", "service": "attributes", "mode": "upsert",
            "mapping": { "fields": [
                { "target": "external_id", "role": "identifier", "value": { "field": "id" } },
                sent("first_name"), sent("plan"), sent("score"), sent("orders"), sent("last_order"),
            ] },
        }],
    })
}

async fn bench() -> Result<()> {
    let mut rows = Vec::new();
    let (mut smoke, mut database, mut other_platforms, mut guests) = (false, None, false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rows" => rows.push(args.next().ok_or("--rows needs a number")?.parse::<usize>()?),
            "--smoke" => smoke = true,
            "--platforms" => other_platforms = true,
            "--guests" => guests = Some(args.next().ok_or("--guests needs a folder of components, or -")?),
            "--postgresql" => database = Some(args.next().ok_or("--postgresql needs a connection string")?),
            other => {
                let known = "--rows N, --smoke, --platforms, --guests FOLDER and --postgresql SERVER";
                return Err(format!("unknown argument {other}; known are {known}").into());
            }
        }
    }
    if rows.is_empty() {
        rows = vec![1_000_000, 5_000_000];
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some(guests) = guests {
        return guests::compare(Some(Path::new(&guests)).filter(|folder| *folder != Path::new("-")));
    }
    if other_platforms {
        return platforms::compare(rows[0]).await;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/braze");
    let braze = sluice_build::build(&folder, &sluice_build::Options::beside(&folder))?.bytes;
    let manifest = std::fs::read_to_string(folder.join("connector.toml"))?;
    if let Some(database) = database {
        let component = sluice_build::with_manifest(&braze, &plain(&manifest, UNITS[0]))?;
        return postgresql::compare(&database, rows.first().copied().unwrap_or(1_000_000), &component).await;
    }
    let floors = if smoke { None } else { Floors::measure(1_500_000)? };
    bodies::bodies(&braze, if smoke { 7_500 } else { 1_500_000 }).await?;
    println!(
        "rows        a request  run     wall s  cpu s  rows/cpu s  send cpu s  sent/send cpu s  peak MiB over idle  evaluate ms  diff ms  send ms"
    );
    let mut ends = Vec::new();
    for &rows in &rows {
        for unit in UNITS {
            ends.push((rows, unit, one(rows, unit, &sluice_build::with_manifest(&braze, &plain(&manifest, unit))?).await?));
        }
    }
    for unit in UNITS {
        let of_unit: Vec<&(usize, u32, End)> = ends.iter().filter(|(_, of, _)| *of == unit).collect();
        if let [(fewest, _, small), .., (most, _, large)] = of_unit[..] {
            let grew = large.peak / small.peak;
            println!("peak over idle at {most} rows, {unit} a request: {grew:.2} times that at {fewest}   (flat: at most 1.1)");
        }
        if let (Some(floors), Some((_, _, end))) = (&floors, of_unit.first()) {
            let floor = floors.sending(unit, end.bytes_per_request)?;
            println!(
                "building and sending, {unit} a request: {:.2} M rows per CPU second, {:.1} times the floor's CPU   (must 0.4 M)",
                end.sent / 1e6,
                floor / end.sent
            );
        }
    }
    if smoke {
        println!("smoke: every row arrived");
    }
    Ok(())
}

/// What is compared of three runs.
struct End {
    /// The highest of the three, in MiB over idle.
    peak: f64,
    /// Rows of the first run per CPU second of its sending.
    sent: f64,
    bytes_per_request: u64,
}

/// Objects, requests and bytes that came to a sink since it was last asked.
async fn arrived(host: &Host, sink: &Role) -> Result<[u64; 3]> {
    Ok(host.client.http.get(format!("{}/count", sink.said)).send().await?.json().await?)
}

/// Three runs over so many rows: all, one in a hundred, none.
async fn one(rows: usize, unit: u32, component: &[u8]) -> Result<End> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    std::fs::create_dir(&data)?;
    people(&data.join("people.parquet"), rows, 0)?;
    let sink = Role::start("sink", &[])?;
    let host = Host::start(&dir.path().join("state"), &[component]).await?;
    host.client.post("/apply", &bundle(&data, &sink.said)).await?;
    let mut end = End { peak: 0.0, sent: 0.0, bytes_per_request: 0 };
    for (name, changed) in [("first", 0), ("1 %", 10), ("quiet", 10)] {
        if name == "1 %" {
            people(&data.join("people.parquet"), rows, changed)?;
        }
        let Ran { run, wall, cpu, sending, peak, .. } = host.run().await?;
        let counters = &run["counters"];
        let [arrived, requests, bytes] = arrived(&host, &sink).await?;
        let accepted = counters["tally"]["accepted"].as_u64().unwrap_or(0);
        if run["state"] != "succeeded" || arrived != accepted || (name == "first" && arrived != rows as u64) {
            return Err(format!("{arrived} rows arrived: {run:#}").into());
        }
        let sent = if sending > 0.0 { accepted as f64 / sending } else { 0.0 };
        end.peak = end.peak.max(peak);
        if name == "first" {
            (end.sent, end.bytes_per_request) = (sent, bytes / requests.max(1));
        }
        let ms = |part: &str| counters[part].as_u64().unwrap_or(0);
        println!(
            "{rows:<11} {unit:<10} {name:<7} {wall:>6.2} {cpu:>6.2} {:>11.0} {sending:>10.2} {:>15.0} {peak:>19.1} {:>12} {:>8} {:>8}",
            rows as f64 / cpu,
            sent,
            ms("evaluate_ms"),
            ms("diff_ms"),
            ms("send_ms"),
        );
    }
    Ok(end)
}
