//! Neither the order nor the chunking nor the Arrow types of a source's rows matter (I11).

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, Decimal128Array, Float64Array, Int32Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    },
    datatypes::{DataType, Field as ArrowField, Schema},
};
use proptest::prelude::*;
use sluice_catalog::{columnar::PhysicalType, outcome::Word};
use sluice_ledger::{ChangeSet, Intake, KeyColumn, Layout, NullMeans, diff, key_text, part_key};

use crate::world::*;

/// `hint` decides how many parts the rows are split into.
fn chunked(world: &mut World, rows: &[SourceRow], chunk: usize, hint: Option<u64>) -> ChangeSet {
    let scratch = world.scratch();
    let mut intake = Intake::create(&world.space, &scratch, &world.layout, hint).unwrap();
    for part in rows.chunks(chunk) {
        intake.push(&batch(part), &[]).unwrap();
    }
    diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_same_rows_in_another_order_and_chunking_make_the_same_change_set(
        rows in proptest::collection::btree_map(any::<i64>(), any::<Option<i64>>(), 1..60),
        shuffled in any::<u64>(), chunk in 1usize..20, hint in proptest::option::of(0u64..100_000_000),
    ) {
        let rows: Vec<SourceRow> = rows.into_iter().map(|(k, score)| (k, Some("a@x.example"), Some("n"), score)).collect();
        let mut other = rows.clone();
        other.sort_by_key(|r| (r.0 as u64 ^ shuffled).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut world = World::new(layout(true, false));
        let first = chunked(&mut world, &rows, 1000, Some(1));
        let second = chunked(&mut world, &other, chunk, hint);
        prop_assert_eq!(first.diff_hash(), second.diff_hash());
        let all = [(0, rows.len() as u32)];
        let (a, b) = (first.batch(1, &all).unwrap(), second.batch(1, &all).unwrap());
        let (run, operation) = (sluice_catalog::ids::RunId::new(1, 1), first.phases()[1].operation);
        prop_assert_eq!(part_key(ids().1, run, operation, &a), part_key(ids().1, run, operation, &b));
        let later = sluice_catalog::ids::RunId::new(1, 2);
        prop_assert_ne!(part_key(ids().1, run, operation, &a), part_key(ids().1, later, operation, &a));
        prop_assert_eq!(a, b);
        world.settle(&first, |_, _| say(Word::Accepted)).unwrap();
        let quiet = chunked(&mut world, &other, chunk, hint);
        prop_assert!(quiet.counts().is_quiet());
        prop_assert_eq!(quiet.counts().unchanged as usize, rows.len());
        prop_assert!(!world.settle(&quiet, |_, _| unreachable!()).unwrap(), "no change, no file");
    }
}

/// One row under each canonical type; which Arrow array carries it must not matter.
fn typed(key: ArrayRef, text: ArrayRef, float: ArrayRef, decimal: ArrayRef) -> RecordBatch {
    let columns = vec![key, decimal, float, text];
    let fields: Vec<_> =
        columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn equal_values_in_other_arrow_types_are_unchanged() {
    let mut money = field("money", "attribute", PhysicalType::Decimal128, NullMeans::Absent);
    money.scale = 2;
    let fields = vec![
        money,
        field("ratio", "attribute", PhysicalType::Float64, NullMeans::Absent),
        field("text", "identifier", PhysicalType::Utf8, NullMeans::Absent),
    ];
    let keys = vec![KeyColumn { ty: PhysicalType::Utf8, scale: 0 }];
    let mut world = World::new(Layout::new(keys, fields, false, false).unwrap());
    let decimal =
        |value, scale| Arc::new(Decimal128Array::from(vec![value]).with_precision_and_scale(20, scale).unwrap()) as ArrayRef;
    let first = typed(
        Arc::new(StringArray::from(vec!["k"])),
        Arc::new(StringArray::from(vec!["t"])),
        Arc::new(Float64Array::from(vec![-0.0])),
        decimal(150, 2),
    );
    let second = typed(
        Arc::new(StringViewArray::from(vec!["k"])),
        Arc::new(LargeStringArray::from(vec!["t"])),
        Arc::new(Int32Array::from(vec![0])),
        decimal(15, 1),
    );
    for (rows, unchanged) in [(first, 0), (second, 1)] {
        let scratch = world.scratch();
        let mut intake = Intake::create(&world.space, &scratch, &world.layout, None).unwrap();
        intake.push(&rows, &[]).unwrap();
        let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
        assert_eq!(set.counts().unchanged, unchanged);
        world.settle(&set, |_, _| say(Word::Accepted)).unwrap();
    }
}

#[test]
fn composite_keys_keep_their_parts_apart_and_a_null_part_makes_the_row_invalid() {
    let keys = vec![KeyColumn { ty: PhysicalType::Utf8, scale: 0 }; 2];
    let fields = vec![field("email", "identifier", PhysicalType::Utf8, NullMeans::Absent)];
    let mut world = World::new(Layout::new(keys, fields, false, false).unwrap());
    let text = |texts: &[Option<&str>]| Arc::new(StringArray::from_iter(texts.iter().copied())) as ArrayRef;
    let columns = vec![
        text(&[Some("a"), Some("ab"), None]),
        text(&[Some("bc"), Some("c"), Some("x")]),
        text(&[Some("e"), Some("f"), Some("g")]),
    ];
    let fields: Vec<_> = ["k1", "k2", "email"].iter().map(|n| ArrowField::new(*n, DataType::Utf8, true)).collect();
    let scratch = world.scratch();
    let mut intake = Intake::create(&world.space, &scratch, &world.layout, None).unwrap();
    intake.push(&RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap(), &[]).unwrap();
    let set = diff(&world.generation, intake.finish().unwrap(), &mirror(START)).unwrap();
    let mut keys: Vec<_> = set.batch(1, &[(0, 2)]).unwrap().keys().map(key_text).collect();
    keys.sort();
    assert_eq!(keys, ["a / bc", "ab / c"]);
    assert_eq!((set.counts().null_keys, set.counts().invalid_rows()), (1, 1));
}

#[test]
fn a_key_repeated_a_hundred_thousand_times_is_one_listed_row() {
    let mut world = World::new(layout(false, false));
    let rows: Vec<SourceRow> = (0..100_000).map(|i| (7, Some("a@x.example"), None, Some(i))).collect();
    let set = world.diff(&rows, &mirror(START));
    assert!(offered(&set).is_empty());
    assert_eq!((set.counts().duplicate_keys, set.counts().duplicate_rows), (1, 100_000));
}

#[test]
fn a_key_repeated_beyond_what_is_compared_in_memory_is_one_listed_row() {
    // 90 MB under one key, in one part that no further bit splits, and other rows between.
    let wide: &str = "w".repeat(900_000).leak();
    let rows: Vec<SourceRow> =
        (0..110).map(|i| (if i % 10 == 0 { i } else { 7 }, Some("a@x.example"), Some(wide), Some(i))).collect();
    let mut world = World::new(layout(false, false));
    let set = chunked(&mut world, &rows, 10, None);
    assert_eq!((set.counts().duplicate_keys, set.counts().duplicate_rows, set.counts().added), (1, 99, 11));
    assert_eq!(set.listed().map(|l| l.unwrap().rows).collect::<Vec<_>>(), [99]);
}

#[test]
fn parts_too_large_for_memory_are_split_and_nothing_changes_by_it() {
    let wide: &str = "w".repeat(400_000).leak();
    let rows: Vec<SourceRow> = (0..150).map(|i| (i, Some("a@x.example"), Some(wide), Some(i))).collect();
    let mut world = World::new(layout(false, false));
    // 60 MB: one part of it is too large, and 128 are not.
    let sets = [Some(1), Some(12_000_000)].map(|hint| chunked(&mut world, &rows, 7, hint));
    assert_eq!(sets[0].diff_hash(), sets[1].diff_hash());
    assert_eq!((sets[0].counts(), sets[0].counts().added), (sets[1].counts(), 150));
    for range in [(0, 3), (70, 9), (149, 1)] {
        assert_eq!(sets[0].batch(1, &[range]).unwrap(), sets[1].batch(1, &[range]).unwrap());
    }
}
