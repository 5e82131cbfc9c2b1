//! What the ledger costs on disk (design section 14), measured on its files.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{Field as ArrowField, Schema},
};
use sluice_catalog::{columnar::PhysicalType, outcome::Word};
use sluice_ledger::{Intake, KeyColumn, Layout, NullMeans, diff};

use crate::world::*;

const ROWS: usize = 50_000;

fn bytes_per_row(keys: ArrayRef, ty: PhysicalType, fields: usize, fingerprints: bool) -> f64 {
    let mut all = vec![field("external_id", "identifier", PhysicalType::Utf8, NullMeans::Absent)];
    all.extend((0..fields).map(|i| field(&format!("f{i}"), "attribute", PhysicalType::Int64, NullMeans::Absent)));
    let mut world = World::new(Layout::new(vec![KeyColumn { ty, scale: 0 }], all, fingerprints, false).unwrap());
    let identifier = arrow::compute::cast(&keys, &arrow::datatypes::DataType::Utf8).unwrap();
    let mut columns = vec![keys, identifier];
    columns.extend((0..fields).map(|f| Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|i| i * f as i64))) as ArrayRef));
    let schema: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
    let scratch = world.scratch();
    let mut intake = Intake::create(&world.space, &scratch, &world.layout, None).unwrap();
    intake.push(&RecordBatch::try_new(Arc::new(Schema::new(schema)), columns).unwrap(), &[]).unwrap();
    let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
    world.settle(&set, |_, _| say(Word::Accepted)).unwrap();
    let on_disk: u64 = walk(&world.dir.path().join("state"));
    assert_eq!(on_disk, world.generation.bytes());
    on_disk as f64 / ROWS as f64
}

fn walk(folder: &std::path::Path) -> u64 {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            if entry.path().is_dir() { walk(&entry.path()) } else { entry.metadata().unwrap().len() }
        })
        .sum()
}

fn dense() -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(1..=ROWS as i64))
}

#[test]
fn a_row_with_a_dense_64_bit_key_takes_at_most_26_bytes() {
    let bytes = bytes_per_row(dense(), PhysicalType::Int64, 8, false);
    assert!(bytes <= 26.0, "{bytes}");
}

#[test]
fn a_row_with_a_uuid_key_takes_at_most_40_bytes() {
    let uuid = |i: usize| {
        let h = (i as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            h >> 96,
            h >> 80 & 0xffff,
            h >> 64 & 0xffff,
            h >> 48 & 0xffff,
            h & 0xffff_ffff_ffff
        )
    };
    let bytes = bytes_per_row(Arc::new(StringArray::from_iter_values((0..ROWS).map(uuid))), PhysicalType::Utf8, 8, false);
    assert!(bytes <= 40.0, "{bytes}");
}

#[test]
fn each_field_fingerprint_takes_8_bytes_more() {
    let without = bytes_per_row(dense(), PhysicalType::Int64, 7, false);
    let with = bytes_per_row(dense(), PhysicalType::Int64, 7, true);
    assert!(with - without <= 8.0 * 8.0 + 0.1, "{without} and {with}");
}
