//! What generations are made of: a delta per touched partition, bases written anew above ten percent, partitions that split.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{Field as ArrowField, Schema},
};
use sluice_catalog::{columnar::PhysicalType, contract::Operation, outcome::Word};
use sluice_ledger::{Judgement, Layout, NullMeans, diff};

use crate::world::*;

type Scores = BTreeMap<i64, i64>;

fn rows(scores: &Scores) -> Vec<SourceRow> {
    scores.iter().map(|(key, score)| (*key, Some("a@x.example"), Some("n"), Some(*score))).collect()
}

fn thousand() -> Scores {
    (0..1000).map(|key| (key, 0)).collect()
}

fn accepted(world: &mut World, scores: &Scores) -> usize {
    world.run(&rows(scores), &mirror(START), Word::Accepted).len()
}

/// Bases and deltas of rows on disk.
fn kinds(world: &World) -> (usize, usize) {
    let count = |start: &str| world.state().iter().filter(|name| name.starts_with(start)).count();
    (count("rows-"), count("delta-"))
}

#[test]
fn a_delta_holds_what_changed_and_more_than_ten_percent_make_a_new_base() {
    let (mut world, mut scores) = (World::new(layout(false, false)), thousand());
    assert_eq!((accepted(&mut world, &scores), kinds(&world)), (1000, (1, 0)));
    let base = world.generation.bytes();
    assert_eq!((accepted(&mut world, &scores), kinds(&world)), (0, (1, 0)), "nothing changed, no file");
    // 100 rows of deltas are ten percent, and one more is too many.
    for (changes, want) in [(60, (1, 1)), (40, (1, 2)), (1, (1, 0))] {
        scores.values_mut().take(changes).for_each(|score| *score += 1);
        assert_eq!((accepted(&mut world, &scores), kinds(&world)), (changes, want), "{changes}");
        assert_eq!(accepted(&mut world, &scores), 0);
    }
    assert_eq!(world.generation.bytes(), base, "the new base holds every row once");
}

#[test]
fn sixteen_deltas_are_kept_and_the_next_change_makes_a_new_base() {
    let (mut world, mut scores) = (World::new(layout(false, false)), thousand());
    accepted(&mut world, &scores);
    for change in 1..=17 {
        scores.insert(500, change);
        assert_eq!(accepted(&mut world, &scores), 1);
        assert_eq!(kinds(&world), if change <= 16 { (1, change as usize) } else { (1, 0) });
        assert_eq!(accepted(&mut world, &scores), 0);
    }
}

#[test]
fn rows_removed_in_a_delta_stay_away_and_leave_no_trace_in_the_next_base() {
    let (mut world, mut scores) = (World::new(layout(false, false)), thousand());
    accepted(&mut world, &scores);
    scores.retain(|key, _| *key >= 50);
    assert_eq!((accepted(&mut world, &scores), kinds(&world), world.generation.rows), (50, (1, 1), 950));
    assert_eq!(accepted(&mut world, &scores), 0);
    scores.insert(7, 3);
    assert_eq!((accepted(&mut world, &scores), world.generation.rows), (1, 951), "it comes back as a new row");
    scores.retain(|key, _| *key >= 900);
    accepted(&mut world, &scores);
    assert_eq!((kinds(&world), world.generation.rows), ((1, 0), 100));
    let mut fresh = World::new(layout(false, false));
    accepted(&mut fresh, &scores);
    assert_eq!(world.generation.bytes(), fresh.generation.bytes());
    scores.clear();
    accepted(&mut world, &scores);
    assert_eq!((world.state(), world.generation.rows), (vec![], 0));
    assert_eq!(accepted(&mut world, &thousand()), 1000);
}

#[test]
fn a_base_with_deltas_compares_like_a_base_written_at_once() {
    let (mut steps, mut once) = (World::new(layout(true, false)), World::new(layout(true, false)));
    let mut scores = thousand();
    accepted(&mut steps, &scores);
    for step in 0..3 {
        scores.values_mut().skip(step * 7).take(11).for_each(|score| *score += 1);
        scores.remove(&(900 + step as i64));
        scores.insert(2000 + step as i64, 1);
        accepted(&mut steps, &scores);
    }
    accepted(&mut once, &scores);
    assert_eq!((kinds(&steps), kinds(&once)), ((1, 3), (1, 0)));
    scores.values_mut().step_by(3).for_each(|score| *score -= 1);
    scores.retain(|key, _| key % 10 != 0);
    let sets = [&mut steps, &mut once].map(|world| world.diff(&rows(&scores), &mirror(START)));
    assert_eq!(sets[0].diff_hash(), sets[1].diff_hash());
    assert_eq!(sets[0].counts(), sets[1].counts());
    for (at, phase) in sets[0].phases().iter().enumerate() {
        let all = [(0, phase.rows as u32)];
        assert!(phase.rows > 0);
        assert_eq!(sets[0].batch(at as u8, &all).unwrap(), sets[1].batch(at as u8, &all).unwrap());
    }
}

#[test]
fn partitions_split_when_they_grow_too_large_and_every_row_is_found_again() {
    // 250 fingerprints a row: some 8,000 rows are 16 MB.
    let mut fields = vec![field("email", "identifier", PhysicalType::Utf8, NullMeans::Absent)];
    fields.extend((0..250).map(|i| field(&format!("f{i:03}"), "attribute", PhysicalType::Int64, NullMeans::Absent)));
    let mut world = World::new(Layout::new(integer_key(), fields, true, false).unwrap());
    let source = |count: i64, score: i64| {
        let key: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
        let value: ArrayRef = Arc::new(Int64Array::from_iter_values((0..count).map(|i| i + score)));
        let email: ArrayRef = Arc::new(StringArray::from_iter_values((0..count).map(|i| i.to_string())));
        let columns = [vec![key, email], vec![value; 250]].concat();
        let fields: Vec<_> =
            columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    };
    for (count, score, sent, partitions) in
        [(4_000, 0, 4_000, 1), (9_000, 0, 5_000, 2), (9_000, 1, 9_000, 2), (17_000, 1, 8_000, 4)]
    {
        for want in [sent, 0] {
            let intake = world.intake_of(&source(count, score));
            let set = diff(&world.generation, intake, &mirror(START)).unwrap();
            assert_eq!(set.counts().added + set.counts().changed, want, "{count} rows");
            assert_eq!(set.counts().unchanged, count as u64 - want);
            world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
        }
        assert_eq!((kinds(&world).0, world.generation.rows), (partitions, count as u64));
    }
    let largest = files(&world.dir.join("state")).iter().map(|f| f.metadata().unwrap().len()).max().unwrap();
    assert!(largest < 17 << 20, "{largest} bytes");
}

#[test]
fn the_index_of_members_splits_and_still_knows_every_holder() {
    const ROWS: i64 = 60_000;
    let identifier = |i: usize| field(&format!("i{i}"), "identifier", PhysicalType::Int64, NullMeans::Absent);
    let mut world = World::new(Layout::new(integer_key(), (0..5).map(identifier).collect(), false, true).unwrap());
    let mut rules = mirror(START);
    (rules.added, rules.changed) = (Some(Operation::Add), Some(Operation::Add));
    // Row n and row n + 1 share an identifier; four more are its own.
    let source = |keys: std::ops::Range<i64>| {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(keys.clone()))];
        columns.push(Arc::new(Int64Array::from_iter_values(keys.clone().map(|k| k / 2))));
        columns.extend((1..5).map(|i| Arc::new(Int64Array::from_iter_values(keys.clone().map(|k| k + i * ROWS))) as ArrayRef));
        let fields: Vec<_> =
            columns.iter().enumerate().map(|(i, c)| ArrowField::new(format!("c{i}"), c.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    };
    let mut step = |keys: std::ops::Range<i64>| {
        let intake = world.intake_of(&source(keys));
        let set = diff(&world.generation, intake, &rules).unwrap();
        let shared = cells(&set, 0, "i0").iter().filter(|(_, value)| value != "-").count();
        world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
        let index = world.state().iter().filter(|name| name.starts_with("members-")).count();
        (set.counts().added, set.counts().removed, shared, index)
    };
    // 4.5 identifiers a row: 262,144 of them fit one partition.
    assert_eq!(step(0..40_000), (40_000, 0, 0, 1));
    assert_eq!(step(0..ROWS), (20_000, 0, 0, 2));
    // Of each pair that is cut in two, the shared identifier stays; of each that goes whole, it goes once.
    assert_eq!(step(3..ROWS - 3), (0, 6, 2, 4));
    assert_eq!(step(3..ROWS - 3), (0, 0, 0, 4));
}
