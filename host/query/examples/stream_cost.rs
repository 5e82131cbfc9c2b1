//! What streaming costs: rows × 8 columns from one Parquet file through the whole plan, in CPU seconds and peak memory.
//!
//! `cargo run --release -p sluice-query --example stream_cost -- 1000000 5000000`. Each size runs in a process of its own, so that the
//! peak is its own. Beside it the floor: the same file decoded by the Parquet reader alone.

#![allow(missing_docs, clippy::print_stdout)]

use std::{fs::File, path::Path, process::Command, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    },
    datatypes::SchemaRef,
};
use futures::TryStreamExt;
use jiff::{Timestamp, tz::TimeZone};
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use sluice_catalog::{
    ids::SourceId,
    model::{Definition, Field, Kind, Model},
    source,
    types::DataType::{Boolean, Decimal, Float, Integer, String as Text, Timestamp as Instant},
};
use sluice_query::{Engine, Query, Settings, Source};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder] = args.as_slice()
        && (mode == "plan" || mode == "floor")
    {
        let rows = if mode == "plan" { plan(Path::new(folder)) } else { floor(Path::new(folder)) };
        let (cpu, peak) = usage();
        println!("{mode:>6}: {rows:>10} rows {cpu:>7.2} CPU s {peak:>7} KiB peak");
        return;
    }
    for rows in args {
        let rows: usize = rows.parse().expect("arguments are numbers of rows");
        let folder = std::env::temp_dir().join(format!("sluice-stream-cost-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        write(&folder.join("t.parquet"), rows);
        for mode in ["floor", "plan"] {
            let program = std::env::current_exe().expect("a running program has a path");
            let status = Command::new(program).arg(mode).arg(&folder).status().expect("the program starts again");
            assert!(status.success());
        }
        std::fs::remove_dir_all(&folder).expect("the folder was made above");
    }
}

const FIELDS: [&str; 8] = ["id", "email", "country", "orders", "total", "score", "active", "seen"];

fn batch(from: usize, to: usize) -> RecordBatch {
    let ids = || from..to;
    let columns: [ArrayRef; 8] = [
        Arc::new(ids().map(|n| n as i64).collect::<Int64Array>()),
        Arc::new(ids().map(|n| Some(format!("customer-{n}@example.test"))).collect::<StringArray>()),
        Arc::new(ids().map(|n| Some(["France", "Germany", "Spain", "Italy"][n * 7 % 4])).collect::<StringArray>()),
        Arc::new(ids().map(|n| (n * 31 % 97) as i64).collect::<Int64Array>()),
        Arc::new(
            ids()
                .map(|n| (n * 7_919 % 1_000_003) as i128)
                .collect::<Decimal128Array>()
                .with_precision_and_scale(12, 2)
                .expect("in range"),
        ),
        Arc::new(ids().map(|n| n as f64 / 3.0).collect::<Float64Array>()),
        Arc::new(ids().map(|n| Some(n % 3 == 0)).collect::<BooleanArray>()),
        Arc::new(TimestampMicrosecondArray::from_iter_values(ids().map(|n| 1_700_000_000_000_000 + n as i64 * 1_000))),
    ];
    RecordBatch::try_from_iter(FIELDS.into_iter().zip(columns)).expect("columns of one length")
}

fn write(path: &Path, rows: usize) {
    let schema: SchemaRef = batch(0, 1).schema();
    let mut writer = ArrowWriter::try_new(File::create(path).expect("writable"), schema, None).expect("a Parquet schema");
    for from in (0..rows).step_by(65_536) {
        writer.write(&batch(from, (from + 65_536).min(rows))).expect("written");
    }
    writer.close().expect("closed");
}

fn floor(folder: &Path) -> usize {
    let file = File::open(folder.join("t.parquet")).expect("written before");
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").with_batch_size(8_192).build().expect("readable");
    reader.map(|batch| batch.expect("readable").num_rows()).sum()
}

fn plan(folder: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads start");
    runtime.block_on(async {
        let spill = folder.join("spill");
        let engine = Engine::new(Settings::new(spill)).expect("writable");
        let declared = source::Source {
            name: "shop".into(),
            description: String::new(),
            tags: vec![],
            kind: source::Kind::Files(source::Files { path: folder.to_string_lossy().into_owned(), delimiter: ',' }),
            zone: "UTC".into(),
        };
        let source = Source::open(&engine, &declared).await.expect("a folder");
        let types = [Integer, Text, Text, Integer, Decimal { precision: 12, scale: 2 }, Float, Boolean, Instant];
        let model = Model {
            name: "customers".into(),
            description: String::new(),
            tags: vec![],
            source: SourceId::new(1, 1),
            definition: Definition::Table("t".into()),
            kind: Kind::Users,
            fields: FIELDS.iter().zip(types).map(|(id, ty)| Field::plain(id, ty)).collect(),
            primary_key: vec!["id".into()],
            time_field: None,
            relationships: vec![],
        };
        let condition = serde_json::from_value(serde_json::json!({ "op": "and", "children": [
            { "field": "country", "operator": "is-not", "value": "Norway" }] }));
        let condition = condition.expect("a condition");
        let query = Query::new(&source, &model, Some(&condition), Timestamp::UNIX_EPOCH, &TimeZone::UTC).await.expect("a plan");
        let rows = query.select(&FIELDS[1..]).expect("fields of the model").stream().await.expect("a stream");
        rows.try_fold(0, |seen, batch| async move { Ok(seen + batch.num_rows()) }).await.expect("readable")
    })
}

/// CPU seconds (user and system) and peak resident KiB of this process, from /proc; zeros elsewhere.
fn usage() -> (f64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: Vec<f64> = stat.rsplit(") ").next().unwrap_or_default().split(' ').filter_map(|n| n.parse().ok()).collect();
    // utime and stime are fields 14 and 15 of the line, in hundredths of a second (proc(5)); the state before them is no number.
    let cpu = ticks.get(10).zip(ticks.get(11)).map_or(0.0, |(user, system)| (user + system) / 100.0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    (cpu, peak.unwrap_or(0))
}
