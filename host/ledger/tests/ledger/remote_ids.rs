//! The platform's own ids: kept with the record that they are of, and handed back whenever that record is spoken of.

use std::collections::BTreeMap;

use sluice_catalog::{columnar::PhysicalType, contract::Operation, outcome::Word};
use sluice_ledger::{ChangeSet, Judgement, Layout, NullMeans, settle_with_ids};

use crate::world::*;

fn with_ids(members: bool) -> World {
    World::new(layout(false, members).with_remote_ids("remote"))
}

/// Accepts every row; the platform tells an id for those that `ids` names by their index in a phase.
fn accept(world: &mut World, set: &ChangeSet, ids: &[(u8, u64, &str)]) {
    let mut ids = |phase: u8, row: u64| ids.iter().find(|(p, r, _)| (*p, *r) == (phase, row)).map(|(_, _, id)| (*id).into());
    if let Some(next) = settle_with_ids(&world.generation, set, &mut |_, _| Judgement::ACCEPTED, &mut ids).unwrap() {
        world.generation = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap();
    }
}

fn remote(set: &ChangeSet, phase: u8) -> BTreeMap<String, String> {
    texts(set, phase, "remote")
}

fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, id)| ((*key).to_owned(), (*id).to_owned())).collect()
}

/// The place of a key among the rows of a phase.
fn at(set: &ChangeSet, phase: u8, key: &str) -> u64 {
    cells(set, phase, "remote").iter().position(|(k, _)| k == key).unwrap() as u64
}

#[test]
fn an_id_is_handed_back_with_a_change_and_with_the_removal_and_stays_until_another_is_told() {
    let mut world = with_ids(false);
    let row = |key, score| (key, Some(if key == 1 { "a@x" } else { "b@x" }), None, Some(score));
    let set = world.diff(&[row(1, 1), row(2, 1)], &mirror(START));
    assert_eq!(remote(&set, 1), of(&[("1", "-"), ("2", "-")]));
    let field = set.phases()[1].schema.last().unwrap();
    assert_eq!((field.name.as_str(), field.attr("role")), ("remote", Some("remote-id")));
    let (one, two) = (at(&set, 1, "1"), at(&set, 1, "2"));
    accept(&mut world, &set, &[(1, one, "R-1"), (1, two, "R-2")]);

    let set = world.diff(&[row(1, 2), row(2, 1)], &mirror(START + DAY));
    assert_eq!(remote(&set, 1), of(&[("1", "R-1")]));
    accept(&mut world, &set, &[]);
    let set = world.diff(&[row(1, 3), row(2, 2)], &mirror(START + 2 * DAY));
    assert_eq!(remote(&set, 1), of(&[("1", "R-1"), ("2", "R-2")]), "told once, kept for as long as the record");
    let two = at(&set, 1, "2");
    accept(&mut world, &set, &[(1, two, "R-3")]);
    let set = world.diff(&[], &mirror(START + 3 * DAY));
    assert_eq!(remote(&set, 0), of(&[("1", "R-1"), ("2", "R-3")]));
}

#[test]
fn another_identifier_is_another_record_and_has_no_id_yet() {
    let mut world = with_ids(false);
    let set = world.diff(&[(1, Some("a@x"), None, Some(1))], &mirror(START));
    accept(&mut world, &set, &[(1, 0, "R-1")]);
    let set = world.diff(&[(1, Some("new@x"), None, Some(1))], &mirror(START + DAY));
    assert_eq!(remote(&set, 1), of(&[("1", "-")]));
    // Nobody knows whether it arrived: the id is still that of the old one.
    world.settle(&set, |_, _| say(Word::Unknown)).unwrap();
    let set = world.diff(&[], &mirror(START + 2 * DAY));
    let mut pairs: Vec<_> = cells(&set, 0, "email").into_iter().zip(cells(&set, 0, "remote")).map(|(e, r)| (e.1, r.1)).collect();
    pairs.sort();
    assert_eq!(pairs, [("a@x".to_owned(), "R-1".to_owned()), ("new@x".to_owned(), "-".to_owned())]);
}

#[test]
fn whom_another_row_still_holds_is_not_removed_by_the_id_of_the_whole_record() {
    let identifier = |name: &str| field(name, "identifier", PhysicalType::Utf8, NullMeans::Absent);
    let fields = vec![identifier("email"), identifier("name"), field("score", "attribute", PhysicalType::Int64, NullMeans::Absent)];
    let mut world = World::new(Layout::new(integer_key(), fields, false, true).unwrap().with_remote_ids("remote"));
    let mut list = mirror(START);
    (list.added, list.changed) = (Some(Operation::Add), Some(Operation::Add));
    let (one, two) = ((1, Some("a@x"), Some("shared"), None), (2, Some("b@x"), Some("shared"), None));
    let set = world.diff(&[one, two], &list);
    let (first, second) = (at(&set, 1, "1"), at(&set, 1, "2"));
    accept(&mut world, &set, &[(1, first, "R-1"), (1, second, "R-2")]);
    let set = world.diff(&[two], &list);
    assert_eq!((texts(&set, 0, "email"), texts(&set, 0, "name")), (of(&[("1", "a@x")]), of(&[("1", "-")])));
    assert_eq!(remote(&set, 0), of(&[("1", "-")]));
    accept(&mut world, &set, &[]);
    let set = world.diff(&[], &list);
    assert_eq!(remote(&set, 0), of(&[("2", "R-2")]));
}

#[test]
fn without_the_column_nothing_is_different() {
    let mut world = World::new(layout(false, false));
    let set = world.diff(&[(1, Some("a@x"), None, Some(1))], &mirror(START));
    assert!(set.phases().iter().all(|phase| phase.schema.iter().all(|field| field.attr("role") != Some("remote-id"))));
    assert_ne!(layout(false, false).id(), layout(false, false).with_remote_ids("remote").id());
}
