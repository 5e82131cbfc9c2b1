//! What the ledger costs on disk (design section 14), measured on its files, and the largest rows and keys that it takes.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{Field as ArrowField, Schema},
};
use sluice_catalog::{Code, columnar::PhysicalType, outcome::Word};
use sluice_ledger::{Intake, KeyColumn, Layout, NullMeans, diff, limits};

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
    let on_disk: u64 = walk(&world.dir.join("state"));
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

#[test]
fn the_largest_row_is_sent_whole_and_one_byte_more_is_refused() {
    // Key 11, kind 1, payload hash 16, an e-mail cell of 3, a name cell of 4 and its text, a score that is not there 1.
    let most = limits::ROW_BYTES_MAX - 36;
    for (len, refused) in [(most, None), (most + 1, Some(Code::TooLarge))] {
        let mut world = World::new(layout(false, false));
        let rows = [(1, Some("a"), Some("n".repeat(len).leak() as &str), None), (2, Some("b"), Some("n"), None)];
        let set = world.diff(&rows, &mirror(START));
        assert_eq!(set.listed().map(|l| l.unwrap().code).collect::<Vec<_>>(), Vec::from_iter(refused), "{len}");
        assert_eq!(texts(&set, 1, "name").get("1").map(String::len), refused.is_none().then_some(len));
        assert_eq!(texts(&set, 1, "name")["2"], "n", "a neighbour is sent in any case");
        world.settle(&set, |_, _| say(Word::Accepted)).unwrap();
        assert!(world.run(&rows, &mirror(START), Word::Accepted).is_empty());
    }
}

#[test]
fn the_longest_key_is_taken_and_one_byte_more_is_counted_as_too_long() {
    let keys = vec![KeyColumn { ty: PhysicalType::Utf8, scale: 0 }];
    let fields = vec![field("email", "identifier", PhysicalType::Utf8, NullMeans::Absent)];
    let layout = Layout::new(keys, fields, false, false).unwrap();
    let most = limits::KEY_BYTES_MAX - 3;
    for (len, added, too_long) in [(most, 1, None), (most + 1, 0, Some(1))] {
        let mut world = World::new(layout.clone());
        let text = |text: String| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        let schema = ["key", "email"].map(|name| ArrowField::new(name, arrow::datatypes::DataType::Utf8, true));
        let columns = vec![text("k".repeat(len)), text("a".into())];
        let intake = world.intake_of(&RecordBatch::try_new(Arc::new(Schema::new(schema.to_vec())), columns).unwrap());
        let set = diff(&world.generation, intake, &mirror(START)).unwrap();
        assert_eq!((set.counts().added, set.counts().invalid.get(&Code::TooLong).copied()), (added, too_long), "{len}");
        world.settle(&set, |_, _| say(Word::Accepted)).unwrap();
        assert_eq!(world.generation.rows, added);
    }
}

#[test]
fn five_versions_with_the_longest_identifiers_are_remembered_and_longer_ones_are_refused() {
    // A tag and three bytes of length come with the text.
    let most = limits::IDENTIFIER_BYTES_MAX - 4;
    let address = |version: usize, len: usize| format!("{version}{}", "a".repeat(len - 1)).leak() as &str;
    let mut world = World::new(layout(true, true));
    let set = world.diff(&[(1, Some(address(0, most + 1)), None, None)], &mirror(START));
    assert_eq!(set.listed().map(|l| l.unwrap().code).collect::<Vec<_>>(), [Code::TooLong]);
    for (version, word) in [Word::Accepted, Word::Unknown, Word::Unknown, Word::Unknown, Word::Unknown].into_iter().enumerate() {
        let row = (1, Some(address(version, most)), None, None);
        let set = world.diff(&[row], &mirror(START));
        assert!(set.counts().added + set.counts().changed + set.counts().again == 1, "version {version}");
        // What it was known by before cannot be removed either.
        world.settle(&set, |phase, _| say(if phase == 0 { Word::Rejected } else { word })).unwrap();
    }
    let set = world.diff(&[], &mirror(START));
    let removed: Vec<String> = cells(&set, 0, "email").into_iter().map(|(_, text)| text).collect();
    assert_eq!(removed, (0..5).map(|version| address(version, most)).collect::<Vec<_>>());
}

#[test]
fn whether_rows_are_larger_than_a_request_is_told_to_the_byte() {
    let rows = 20_000;
    let fields = ["external_id", "note"].map(|name| field(name, "identifier", PhysicalType::Utf8, NullMeans::Absent));
    let keys = vec![KeyColumn { ty: PhysicalType::Int64, scale: 0 }];
    let mut world = World::new(Layout::new(keys, fields.to_vec(), false, false).unwrap());
    let note = |i: i64| "n".repeat((i * 7_919 % 600) as usize);
    let columns: [ArrayRef; 3] = [
        Arc::new(Int64Array::from_iter_values(0..rows)),
        Arc::new(StringArray::from_iter_values((0..rows).map(|i| i.to_string()))),
        Arc::new(StringArray::from_iter_values((0..rows).map(note))),
    ];
    let named = ["key", "external_id", "note"].into_iter().zip(columns);
    let intake = world.intake_of(&RecordBatch::try_from_iter(named).unwrap());
    let set = diff(&world.generation, intake, &mirror(START)).unwrap();
    let phase = set.phases().iter().position(|phase| phase.rows == rows as u64).unwrap() as u8;
    // A tag, the length in one byte or two, the text.
    let cell = |ends: &[u8]| {
        let end = |at: usize| i32::from_le_bytes(ends[at * 4..at * 4 + 4].try_into().unwrap()) as u64;
        let len = end(1) - end(0);
        1 + if len < 128 { 1 } else { 2 } + len
    };
    for ranges in [&[(0, 10)][..], &[(0, 20_000)], &[(150, 9_000)], &[(5, 3_000), (7_000, 4_000)], &[(19_990, 10)]] {
        let batch = set.batch(phase, ranges).unwrap().batch;
        let of_row = |row: usize| batch.columns.iter().map(|c| cell(&c.offsets[row * 4..row * 4 + 8])).sum::<u64>();
        let bytes: u64 = (0..batch.rows as usize).map(of_row).sum();
        for (max, larger) in [(bytes - 1, true), (bytes, false), (2 * bytes + (8 << 20), false), (0, true)] {
            assert_eq!(set.is_larger(phase, ranges, max).unwrap(), larger, "{ranges:?}, {bytes} bytes and {max}");
        }
    }
}
