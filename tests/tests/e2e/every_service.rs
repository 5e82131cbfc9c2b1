//! Every service of every connector, in each of its modes, as an operator runs it: rows of a Parquet file, a model, the real API and host,
//! the real component in the sandbox, and the platform's twin as a process of its own.
//!
//! What there is to try, and with which rows, stands in each connector's `conformance.toml`; a connector that joins is tried here without a
//! word. What a platform makes of a row is told elsewhere (the connectors' exchanges); here it is what the whole of it does: who is new is
//! sent once, who has not changed costs no request, who leaves is dealt with as the mode says, and a row that the platform does not take
//! spoils no other.

use std::{
    collections::BTreeMap,
    fs::File,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema},
};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use sluice_catalog::{
    clock::{Clock, SystemClock},
    columnar::PhysicalType,
    manifest::{FieldRole, Manifest, Mode, ServiceField},
};
use sluice_conformance::{Case, Mapped, Plan};

use crate::{
    process::said,
    rig::{Forward, Sluice, end},
};

/// People of the first run, those of them who stay, and those who come when the others leave.
const FIRST: RangeInclusive<u64> = 1..=10;
const STAY: RangeInclusive<u64> = 1..=6;
const NEW: RangeInclusive<u64> = 11..=13;

/// How long a platform is given before it is looked whether its job is done: it asks for half an hour, and is done at once.
const PATIENCE_SECONDS: i64 = 1_800;
/// Behind a credential's name: what a person would be asked to consent to.
const REFRESH_TOKEN: &str = "/refresh-token";

/// The platform, as `sluice twin` starts it.
pub(crate) struct Twin {
    child: Child,
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Twin {
    pub(crate) fn start(words: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_host"))
            .args(["--json", "twin"])
            .args(words.split_whitespace())
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = said(&mut child);
        Self { child, url: said["url"].as_str().unwrap().to_owned(), http: reqwest::Client::new() }
    }

    /// As the plan wants it to be before anything is sent.
    async fn begin(&self, plan: &Plan) {
        self.http.post(format!("{}/__twin/reset", self.url)).send().await.unwrap().error_for_status().unwrap();
        for seed in &plan.seeds {
            self.seed(&seed.kind, &seed.body()).await;
        }
    }

    /// Puts state in place.
    pub(crate) async fn seed(&self, kind: &str, items: &Value) {
        let put = self.http.put(format!("{}/__twin/{kind}", self.url)).json(items);
        put.send().await.unwrap().error_for_status().unwrap();
    }

    /// All that it holds.
    pub(crate) async fn state(&self) -> Value {
        let answer = self.http.get(format!("{}/__twin/state", self.url)).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn leave_out(state: &mut Value, keys: &[String]) {
    match state {
        Value::Object(object) => {
            object.retain(|key, _| !keys.contains(key));
            object.values_mut().for_each(|value| leave_out(value, keys));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| leave_out(value, keys)),
        _ => {}
    }
}

/// A mapped column of a case.
struct Column<'a> {
    /// Of the case's row.
    at: usize,
    name: &'a str,
    role: FieldRole,
    ty: PhysicalType,
}

/// The columns of a case that a person would map: who is in the segment is the host's to say.
fn columns<'a>(manifest: &'a Manifest, case: &'a Case) -> Vec<Column<'a>> {
    let fields = &manifest.services[&case.service].fields;
    let named = |name: &str, role: Option<FieldRole>| -> &'a ServiceField {
        fields.iter().find(|f| f.name == name && role.is_none_or(|role| f.role == role)).unwrap()
    };
    let told = case.options["attribute"].as_str().filter(|_| case.mode == Mode::BooleanAttribute);
    let all = case.columns.iter().enumerate().map(|(at, mapped)| match mapped {
        Mapped::Named(name) => Column { at, name, role: named(name, None).role, ty: named(name, None).ty },
        Mapped::Said { name, ty: None, role } => Column { at, name, role: *role, ty: named(name, Some(*role)).ty },
        Mapped::Said { name, ty: Some(ty), role } => Column { at, name, role: *role, ty: *ty },
    });
    all.filter(|column| Some(column.name) != told).collect()
}

/// A cell of a row of the plan as JSON: times as microseconds.
fn cell(value: &toml::Value, n: u64, now: jiff::Timestamp) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text.replace("{n}", &n.to_string())),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(yes) => json!(yes),
        toml::Value::Table(ago) => json!(now.as_microsecond() - ago["before-now-s"].as_integer().unwrap() * 1_000_000),
        other => panic!("{other} in a row"),
    }
}

fn column_of(ty: PhysicalType, cells: &[Value]) -> ArrayRef {
    match ty {
        PhysicalType::Utf8 | PhysicalType::Json => Arc::new(cells.iter().map(Value::as_str).collect::<StringArray>()),
        PhysicalType::Int64 => Arc::new(cells.iter().map(Value::as_i64).collect::<Int64Array>()),
        PhysicalType::Float64 => Arc::new(cells.iter().map(Value::as_f64).collect::<Float64Array>()),
        PhysicalType::Boolean => Arc::new(cells.iter().map(Value::as_bool).collect::<BooleanArray>()),
        PhysicalType::TimestampMicros => {
            let micros =
                |cell: &Value| cell.as_i64().or_else(|| Some(cell.as_str()?.parse::<jiff::Timestamp>().ok()?.as_microsecond()));
            Arc::new(cells.iter().map(micros).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        other => panic!("no case has a column of {other:?} yet"),
    }
}

fn type_of(ty: PhysicalType) -> &'static str {
    match ty {
        PhysicalType::Int64 => "integer",
        PhysicalType::Float64 => "float",
        PhysicalType::Boolean => "boolean",
        PhysicalType::TimestampMicros => "timestamp",
        PhysicalType::Json => "json",
        _ => "string",
    }
}

/// A case on its way: a folder with the rows, and the host that sends them.
struct Scene<'a> {
    plan: &'a Plan,
    case: &'a Case,
    columns: Vec<Column<'a>>,
    now: jiff::Timestamp,
    data: PathBuf,
    sluice: &'a Sluice,
    clock: &'a Forward,
    twin: &'a Twin,
    /// Names what is declared for the case.
    name: String,
}

impl Scene<'_> {
    /// The rows of these numbers, and perhaps the one that the platform refuses, as number 0.
    fn rows(&self, numbers: impl IntoIterator<Item = u64>, with_refused: bool) {
        let refused = self.case.refused.as_ref().filter(|_| with_refused).map(|row| (0, row));
        let rows: Vec<_> = numbers.into_iter().map(|n| (n, &self.case.row)).chain(refused).collect();
        let keys: ArrayRef = Arc::new(rows.iter().map(|(n, _)| i64::try_from(*n).unwrap()).collect::<Int64Array>());
        let mut arrays = vec![keys];
        let mut fields = vec![Field::new("n", DataType::Int64, false)];
        for column in &self.columns {
            let cells: Vec<_> = rows.iter().map(|(n, row)| cell(&row[column.at], *n, self.now)).collect();
            let array = column_of(column.ty, &cells);
            fields.push(Field::new(format!("c{}", column.at), array.data_type().clone(), true));
            arrays.push(array);
        }
        let part = self.data.join(format!("{}.part", self.name));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&part).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        std::fs::rename(part, self.data.join(format!("{}.parquet", self.name))).unwrap();
    }

    /// Everything for the case, as `sluice apply` would send it.
    async fn declare(&self, connector: &str) {
        let Self { plan, case, name, .. } = self;
        let field = |id: &str, ty: &str| json!({ "id": id, "type": ty });
        let columns = || self.columns.iter();
        let fields = columns().map(|c| field(&format!("c{}", c.at), type_of(c.ty)));
        let mapped =
            columns().map(|c| json!({ "target": c.name, "role": c.role.as_str(), "value": { "field": format!("c{}", c.at) } }));
        let entered = plan.credentials.iter().filter(|(name, _)| !name.ends_with(REFRESH_TOKEN));
        let stand_ins = plan.hosts.iter().map(|host| json!({ "host": host, "origin": self.twin.url }));
        let bundle = json!({
            "sources": [{ "name": name, "kind": { "files": { "path": self.data } } }],
            "models": [{
                "name": name, "source": name, "kind": "custom", "primary_key": ["n"], "definition": { "table": name },
                "fields": std::iter::once(field("n", "integer")).chain(fields).collect::<Vec<_>>(),
            }],
            "destinations": [{
                "name": name, "connector": connector, "settings": plan.settings, "credentials": entered.collect::<BTreeMap<_, _>>(),
                "grant": { "stand_ins": stand_ins.collect::<Vec<_>>() },
            }],
            "activations": [{
                "name": name, "from": { "model": name }, "destination": name, "service": case.service,
                "mode": case.mode.as_str(), "options": case.options, "history": "send",
                "mapping": { "fields": mapped.collect::<Vec<_>>() },
            }],
        });
        self.sluice.apply(&bundle).await;
        let destination = self.sluice.id("destinations", &self.name).await;
        for (name, token) in &plan.credentials {
            let Some(name) = name.strip_suffix(REFRESH_TOKEN) else { continue };
            let path = format!("{}/destinations/{destination}/credentials/{name}{REFRESH_TOKEN}", self.sluice.base);
            let put = self.sluice.http.put(path).bearer_auth(&self.sluice.key).json(&json!({ "refresh_token": token }));
            put.send().await.unwrap().error_for_status().unwrap();
        }
    }

    /// A run to its end.
    async fn run(&self) -> Ran {
        let id = self.sluice.start_run(&self.name).await;
        let started = Instant::now();
        let run = loop {
            let seen = self.sluice.get(&format!("/runs/{id}")).await.ok();
            if seen["finished"] == true || seen["state"] == "held" {
                break seen;
            }
            if seen["state"] == "awaiting-vendor" {
                self.clock.by(PATIENCE_SECONDS);
                // Runs that are due again are looked for once a second.
                tokio::time::sleep(Duration::from_millis(1_200)).await;
            }
            assert!(started.elapsed() < Duration::from_secs(240), "still not at its end: {seen:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let requests = self.sluice.egress(&id).await.len();
        Ran { end: end(&run), tally: run["counters"]["tally"].clone(), requests }
    }

    /// The state of the platform, without what the plan says is another every time.
    async fn state(&self) -> Value {
        let mut state = self.twin.state().await;
        leave_out(&mut state, &self.plan.state_ignores);
        state
    }

    /// Rows that a change of the source may bring to the platform: who is new, and who leaves where the mode removes.
    fn moved(&self) -> u64 {
        let leave = FIRST.end() - STAY.end();
        match self.case.mode {
            Mode::List | Mode::Mirror | Mode::BooleanAttribute | Mode::ClearFieldsOnExit => count(NEW) + leave,
            Mode::Replace => count(STAY) + count(NEW),
            Mode::Upsert | Mode::UpdateOnly | Mode::Insert | Mode::ListAddOnly | Mode::Append => count(NEW),
        }
    }

    /// All that is said in this file, in the order in which it happens. What was wrong, in words.
    async fn play(&self, connector: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        self.twin.begin(self.plan).await;
        let before = self.state().await;
        self.rows(FIRST, false);
        self.declare(connector).await;

        let first = self.run().await;
        let after_first = self.state().await;
        // Who is skipped is somebody whom the platform does not know, in a mode that makes nobody known.
        if first.end != "succeeded" || first.told(&["accepted", "skipped"]) != count(FIRST) || first.told(&["accepted"]) == 0 {
            wrong.push(format!("first run: {first:?}"));
        }
        if first.requests == 0 || after_first == before {
            wrong.push(format!("first run, nothing has come of it: {first:?}"));
        }

        let quiet = self.run().await;
        let same = quiet.told(&["skipped"]) == first.told(&["skipped"]) && quiet.told(ALL) == quiet.told(&["skipped"]);
        if quiet.end != "succeeded" || quiet.requests != 0 || !same || self.state().await != after_first {
            wrong.push(format!("second run, though nothing has changed: {quiet:?}"));
        }

        self.rows(STAY.chain(NEW), true);
        let last = self.run().await;
        let refused = last.told(&["rejected", "invalid"]);
        let known = last.told(&["accepted", "skipped"]);
        // What the platform does not take may be nothing that it refuses: the host hashes it, or the mode skips whom it does not know. Who was
        // skipped stays so, and does not leave.
        let all = self.moved() + 1;
        let (least, most) = match first.told(&["skipped"]) {
            0 => (all, all),
            skipped => (count(NEW) + 1, all + skipped.min(count(STAY))),
        };
        if refused > 1 || !(least..=most).contains(&(refused + known)) || last.told(ALL) != refused + known {
            wrong.push(format!("third run, of {least} to {most} rows: {last:?}"));
        }
        if (last.end == "succeeded-with-errors") != (refused == 1) {
            wrong.push(format!("third run, how it ended: {last:?}"));
        }
        if self.state().await == after_first && first.told(&["skipped"]) == 0 {
            wrong.push(format!("third run, nothing has come of it: {last:?}"));
        }
        println!("{connector} {}: {first:?}; {quiet:?}; {last:?}", self.case.name());
        wrong
    }
}

const ALL: &[&str] = &["accepted", "rejected", "invalid", "skipped", "carried", "unknown", "pending", "expired"];

fn count(numbers: RangeInclusive<u64>) -> u64 {
    numbers.end() - numbers.start() + 1
}

/// How a run ended, what became of its rows, and how many requests it made.
#[derive(Debug)]
struct Ran {
    end: String,
    tally: Value,
    requests: usize,
}

impl Ran {
    /// Rows of these words.
    fn told(&self, words: &[&str]) -> u64 {
        words.iter().map(|word| self.tally[*word].as_u64().unwrap()).sum()
    }
}

/// The plan of a connector; none of a source, which sends nothing.
fn plan_of(folder: &Path, manifest: &Manifest) -> Option<Plan> {
    let of_destination = !manifest.services.is_empty();
    of_destination.then(|| toml::from_str(&std::fs::read_to_string(folder.join(sluice_conformance::FILE)).unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_in_every_mode_is_run_from_a_file_to_its_platform() {
    let connectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    let mut folders: Vec<_> = std::fs::read_dir(connectors).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut wrong = Vec::new();
    for folder in folders {
        let manifest = Manifest::parse(&std::fs::read_to_string(folder.join("connector.toml")).unwrap()).unwrap();
        let Some(plan) = plan_of(&folder, &manifest) else { continue };
        let component = sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().bytes;
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let clock = Arc::new(Forward::default());
        let sluice = Sluice::start_at(&dir.path().join("state"), clock.clone()).await;
        sluice.install(&component).await;
        // Side by side, as far as a host runs them so: most of the time is spent waiting for platforms that work by jobs.
        let cases = plan.cases.iter().enumerate().map(async |(number, case)| {
            let (columns, now) = (columns(&manifest, case), SystemClock.now());
            let (data, name) = (data.clone(), format!("case{number}"));
            let twin = Twin::start(plan.twin.as_deref().unwrap());
            let scene = Scene { plan: &plan, case, columns, now, data, sluice: &sluice, clock: &clock, twin: &twin, name };
            let told = scene.play(&manifest.id).await;
            told.into_iter().map(|wrong| format!("{} {}: {wrong}", manifest.id, case.name())).collect::<Vec<_>>()
        });
        wrong.extend(futures::future::join_all(cases).await.into_iter().flatten());
        sluice.stop().await;
        drop(dir);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
