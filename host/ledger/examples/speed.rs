//! What the ledger costs: intake, diff and change set when all rows are new, reading them for delivery, settling, a quiet second run,
//! and one in which one row of a hundred changed. Prints processor seconds, rows per processor second and the peak of resident
//! memory of each step; nothing depends on the figures.
//!
//! `cargo run --release -p sluice-ledger --example speed [rows …]`; without a number: one million, then five. The peak per step
//! needs Linux.

#![allow(clippy::print_stdout)] // it speaks to a person

use std::{
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray},
    datatypes::{Field as ArrowField, Schema},
};
use jiff::Timestamp;
use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::{
    columnar::{Field, PhysicalType},
    contract::Operation,
    ids::{ActivationId, WorkspaceId},
    manifest::{Repeat, RepeatClass},
    seal::DataKey,
};
use sluice_ledger::{
    ChangeSet, Generation, Intake, Judgement, KeyColumn, Layout, LayoutField, NullMeans, Rules, Space, diff, settle,
};

type Failure = Box<dyn Error>;

const CHUNK: i64 = 8_192;
/// Rows of a request.
const REQUEST: u64 = 75;
const CHANGED_PER_MILLE: i64 = 10;

fn main() -> Result<(), Failure> {
    let asked: Vec<i64> = std::env::args().skip(1).map(|rows| rows.parse()).collect::<Result<_, _>>()?;
    let sizes = if asked.is_empty() { vec![1_000_000, 5_000_000] } else { asked };
    sizes.into_iter().try_for_each(measure)
}

fn measure(rows: i64) -> Result<(), Failure> {
    println!("{rows} rows; {} MB resident when idle", peak_mb()?);
    let dir = tempfile::tempdir()?;
    let key = Arc::new(DataKey::generate(&mut StdRng::seed_from_u64(1)));
    let next = AtomicU64::new(1);
    let random = Arc::new(move || next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed));
    let space = Space::local(dir.path(), WorkspaceId::new(1, 1), ActivationId::new(1, 1), key, random)?;
    let layout = layout()?;
    // The source is made on the way; what that costs is measured once and taken off.
    let (_, source) = timed(|| Ok(batches(rows, 0).map(|batch| batch.num_rows()).sum::<usize>()))?;
    println!("  making the source: {source:.2} CPU s, taken off below");

    let first = Run { space: &space, layout: &layout, rows, source };
    let (set, mut cpu) = first.compare("all new", dir.path(), &Generation::empty(), 0)?;
    read(&set, rows)?;
    let generation = Generation::empty();
    let (generation, settled) = first.settle(&generation, &set)?;
    cpu += settled;
    println!("  intake + diff + settle: {:.2} M rows per CPU s", rows as f64 / cpu / 1e6);
    println!(
        "  {:.1} bytes a row in the ledger, {} in the change set",
        generation.bytes() as f64 / rows as f64,
        set.bytes() / rows as u64
    );
    drop(set);
    let (quiet, cpu) = first.compare("quiet", dir.path(), &generation, 0)?;
    println!("  {} unchanged: {:.2} M rows per CPU s", quiet.counts().unchanged, rows as f64 / cpu / 1e6);
    let (few, mut cpu) = first.compare("few changed", dir.path(), &generation, CHANGED_PER_MILLE)?;
    cpu += first.settle(&generation, &few)?.1;
    println!("  {} changed: {:.2} M rows per CPU s", few.counts().changed, rows as f64 / cpu / 1e6);
    Ok(())
}

struct Run<'a> {
    space: &'a Space,
    layout: &'a Layout,
    rows: i64,
    source: f64,
}

impl Run<'_> {
    fn compare(&self, name: &str, dir: &Path, base: &Generation, changed: i64) -> Result<(ChangeSet, f64), Failure> {
        let folder = dir.join(name.replace(' ', "-"));
        let (intake, taken) = step(&format!("{name}: intake"), self.source, || {
            let mut intake = Intake::create(self.space, &folder, self.layout, None)?;
            batches(self.rows, changed).try_for_each(|batch| intake.push(&batch, &[]))?;
            Ok(intake)
        })?;
        let (set, compared) = step(&format!("{name}: diff"), 0.0, || Ok(diff(base, intake.finish()?, &rules()?)?))?;
        Ok((set, taken + compared))
    }

    fn settle(&self, base: &Generation, set: &ChangeSet) -> Result<(Generation, f64), Failure> {
        let (next, cpu) = step("settle", 0.0, || Ok(settle(base, set, &mut |_, _| Judgement::ACCEPTED)?))?;
        Ok((next.ok_or("the run changes the ledger")?, cpu))
    }
}

/// Reads the change set as delivery does.
fn read(set: &ChangeSet, rows: i64) -> Result<(), Failure> {
    let (bytes, _) = step(&format!("read in batches of {REQUEST}"), 0.0, || {
        let mut bytes = 0;
        for from in (0..rows as u64).step_by(REQUEST as usize) {
            let len = REQUEST.min(rows as u64 - from) as u32;
            bytes += set.batch(1, &[(from, len)])?.batch.bytes();
        }
        Ok(bytes)
    })?;
    println!("  {} MB of columns", bytes >> 20);
    Ok(())
}

/// Does the work and prints what it cost, less `taken_off` processor seconds.
fn step<T>(name: &str, taken_off: f64, work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    forget_peak();
    let wall = Instant::now();
    let (done, cpu) = timed(work)?;
    let cpu = (cpu - taken_off).max(0.0);
    println!("  {name}: {cpu:.2} CPU s, {:.2} s, peak {} MB", wall.elapsed().as_secs_f64(), peak_mb()?);
    Ok((done, cpu))
}

fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    let before = cpu_seconds()?;
    let done = work()?;
    Ok((done, cpu_seconds()? - before))
}

/// User and system time of this process; Linux counts them in hundredths of a second.
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// The most memory that was resident since [`forget_peak`].
fn peak_mb() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? >> 10)
}

fn forget_peak() {
    // Where the system does not let us, the peak is that of the whole process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn rules() -> Result<Rules, Failure> {
    let repeat = Repeat { class: RepeatClass::Overwrites, within_hours: None };
    let now = Timestamp::from_second(1_760_000_000)?;
    Ok(Rules::new(Some(Operation::Upsert), Some(Operation::Upsert), Some(Operation::Remove), repeat, 1, now))
}

fn layout() -> Result<Layout, Failure> {
    let field = |name: &str, role: &str, ty| {
        let attrs = vec![("role".to_owned(), role.to_owned())];
        let identifier = role == "identifier";
        LayoutField { field: Field { name: name.into(), ty, nullable: true, attrs }, scale: 0, null: NullMeans::Absent, identifier }
    };
    let fields = vec![
        field("active", "attribute", PhysicalType::Boolean),
        field("city", "attribute", PhysicalType::Utf8),
        field("email", "attribute", PhysicalType::Utf8),
        field("external_id", "identifier", PhysicalType::Utf8),
        field("first_name", "attribute", PhysicalType::Utf8),
        field("orders", "attribute", PhysicalType::Int64),
        field("score", "attribute", PhysicalType::Float64),
        field("seen", "attribute", PhysicalType::Int64),
    ];
    Ok(Layout::new(vec![KeyColumn { ty: PhysicalType::Int64, scale: 0 }], fields, false, false)?)
}

/// The source in chunks; of a thousand rows, `changed` have another number of orders than without.
fn batches(rows: i64, changed: i64) -> impl Iterator<Item = RecordBatch> {
    (0..rows).step_by(CHUNK as usize).map(move |from| batch(from, (from + CHUNK).min(rows), changed))
}

fn batch(from: i64, to: i64, changed: i64) -> RecordBatch {
    let text = |make: &dyn Fn(i64) -> String| Arc::new(StringArray::from_iter_values((from..to).map(make))) as ArrayRef;
    let orders = |i: i64| i % 40 + i64::from(i % 1000 < changed);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(from..to)),
        Arc::new(BooleanArray::from_iter((from..to).map(|i| Some(i % 3 == 0)))),
        text(&|i| format!("city {}", i % 500)),
        text(&|i| format!("someone{i}@mail.example")),
        text(&|i| i.to_string()),
        text(&|i| format!("name{}", i % 2_000)),
        Arc::new(Int64Array::from_iter_values((from..to).map(orders))),
        Arc::new(Float64Array::from_iter_values((from..to).map(|i| i as f64 / 7.0))),
        Arc::new(Int64Array::from_iter_values((from..to).map(|i| 1_700_000_000 + i))),
    ];
    let fields: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("the columns are of one length")
}
