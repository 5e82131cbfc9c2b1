//! What a million rows cost: intake, diff and change set when all are new, reading them for delivery, settling, and a quiet second
//! run. Prints processor seconds; nothing depends on the figures. `cargo run --release -p sluice-ledger --example speed`

#![allow(clippy::print_stdout)] // it speaks to a person

use std::{
    error::Error,
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

const ROWS: i64 = 1_000_000;
const CHUNK: i64 = 8_192;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let key = Arc::new(DataKey::generate(&mut StdRng::seed_from_u64(1)));
    let next = AtomicU64::new(1);
    let random = Arc::new(move || next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed));
    let space = Space::local(dir.path(), WorkspaceId::new(1, 1), ActivationId::new(1, 1), key, random)?;
    let layout = layout()?;
    let batches: Vec<RecordBatch> = (0..ROWS).step_by(CHUNK as usize).map(|from| batch(from, (from + CHUNK).min(ROWS))).collect();
    let run = |name: &str, generation: &Generation| -> Result<ChangeSet, Box<dyn Error>> {
        timed(name, || {
            let folder = dir.path().join(name.replace(' ', "-"));
            let mut intake = Intake::create(&space, &folder, &layout, Some(ROWS as u64))?;
            batches.iter().try_for_each(|batch| intake.push(batch, &[]))?;
            Ok(diff(generation, timed(" of it intake", || Ok(intake.finish()?))?, &rules()?)?)
        })
    };
    let first = run("all new", &Generation::empty())?;
    let bytes = timed("read in batches of 75", || {
        let mut bytes = 0;
        for from in (0..ROWS as u64).step_by(75) {
            let len = 75.min(ROWS as u64 - from) as u32;
            bytes += first.batch(1, &[(from, len)])?.batch.bytes();
        }
        Ok(bytes)
    })?;
    println!("{} MB of columns, {} MB of change set", bytes >> 20, first.bytes() >> 20);
    let generation = timed("settle", || Ok(settle(&Generation::empty(), &first, &mut |_, _| Judgement::ACCEPTED)?))?;
    let generation = generation.ok_or("a first run changes the ledger")?;
    println!("{:.1} bytes a row in the ledger", generation.bytes() as f64 / ROWS as f64);
    let quiet = run("quiet", &generation)?;
    println!("{} unchanged", quiet.counts().unchanged);
    Ok(())
}

fn timed<T>(name: &str, work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let (wall, cpu) = (Instant::now(), cpu_seconds()?);
    let done = work()?;
    println!("{name}: {:.2} CPU s, {:.2} s", cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    Ok(done)
}

/// User and system time of this process; Linux counts them in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn rules() -> Result<Rules, Box<dyn Error>> {
    let repeat = Repeat { class: RepeatClass::Overwrites, within_hours: None };
    let now = Timestamp::from_second(1_760_000_000)?;
    Ok(Rules::new(Some(Operation::Upsert), Some(Operation::Upsert), Some(Operation::Remove), repeat, 1, now))
}

fn layout() -> Result<Layout, Box<dyn Error>> {
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

fn batch(from: i64, to: i64) -> RecordBatch {
    let text = |make: &dyn Fn(i64) -> String| Arc::new(StringArray::from_iter_values((from..to).map(make))) as ArrayRef;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(from..to)),
        Arc::new(BooleanArray::from_iter((from..to).map(|i| Some(i % 3 == 0)))),
        text(&|i| format!("city {}", i % 500)),
        text(&|i| format!("someone{i}@mail.example")),
        text(&|i| i.to_string()),
        text(&|i| format!("name{}", i % 2_000)),
        Arc::new(Int64Array::from_iter_values((from..to).map(|i| i % 40))),
        Arc::new(Float64Array::from_iter_values((from..to).map(|i| i as f64 / 7.0))),
        Arc::new(Int64Array::from_iter_values((from..to).map(|i| 1_700_000_000 + i))),
    ];
    let fields: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("the columns are of one length")
}
