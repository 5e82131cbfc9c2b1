//! List modes: members are identifiers, and an identifier leaves the list when its last holder does.

use sluice_catalog::{Code, contract::Operation, outcome::Word};
use sluice_ledger::{Judgement, ListedState, Place, Rules};

use crate::world::*;

fn list() -> Rules {
    let mut rules = mirror(START);
    (rules.added, rules.changed) = (Some(Operation::Add), Some(Operation::Add));
    rules
}

const A: SourceRow = (1, Some("same@x.example"), None, None);
const B: SourceRow = (2, Some("same@x.example"), None, None);
const C: SourceRow = (3, Some("c@x.example"), None, None);

#[test]
fn an_identifier_stays_while_another_row_holds_it_and_goes_with_the_last() {
    let mut world = World::new(layout(false, true));
    world.run(&[A, B, C], &list(), Word::Accepted);
    let set = world.diff(&[B, C], &list());
    assert!(offered(&set).is_empty());
    assert_eq!((set.counts().removed, set.counts().still_held_by_another), (1, 1));
    let listed = set.listed().next().unwrap().unwrap();
    assert_eq!((listed.state, listed.code), (ListedState::StillHeldByAnother, Code::StillHeldByAnother));
    assert_eq!(set.find(&listed.key).unwrap(), Some(Place::Sent(vec![])), "accepted without a request");
    world.settle(&set, |_, _| unreachable!("no request")).unwrap();
    assert_eq!(world.run(&[C], &list(), Word::Accepted), ["remove 2"]);
    assert_eq!(world.generation.rows, 1);
}

#[test]
fn two_holders_that_leave_together_take_the_identifier_away_once() {
    let mut world = World::new(layout(false, true));
    world.run(&[A, B, C], &list(), Word::Accepted);
    let set = world.diff(&[C], &list());
    assert_eq!((offered(&set).len(), set.counts().removed, set.counts().still_held_by_another), (1, 2, 1));
    // It fails: one row still holds the identifier, so the next run removes it.
    world.settle(&set, |_, _| say(Word::Carried)).unwrap();
    assert_eq!(world.run(&[C], &list(), Word::Accepted).len(), 1);
    assert!(world.run(&[C], &list(), Word::Accepted).is_empty());
}

#[test]
fn a_changed_identifier_is_a_removal_of_the_old_and_an_addition_of_the_new() {
    let mut world = World::new(layout(false, true));
    world.run(&[C], &list(), Word::Accepted);
    let moved = (3, Some("new@x.example"), None, None);
    let set = world.diff(&[moved], &list());
    assert_eq!(offered(&set), ["add 3", "remove 3"]);
    assert!(set.phases()[0].removal, "removals come first");
    assert_eq!(texts(&set, 0, "email")["3"], "c@x.example");
    assert_eq!(texts(&set, 1, "email")["3"], "new@x.example");
    let key = set.batch(0, &[(0, 1)]).unwrap().keys().next().unwrap().to_vec();
    assert_eq!(set.find(&key).unwrap(), Some(Place::Sent(vec![(0, 0), (1, 0)])));
    // The removal fails and the addition does not: both may be there, and both are taken away when the row leaves.
    world.settle(&set, |phase, _| say(if phase == 0 { Word::Carried } else { Word::Accepted })).unwrap();
    let set = world.diff(&[], &list());
    assert_eq!(offered(&set), ["remove 3", "remove 3"]);
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    assert_eq!(world.generation.rows, 0);
}

#[test]
fn an_identifier_that_moves_to_another_row_is_removed_before_it_is_added() {
    let mut world = World::new(layout(false, true));
    world.run(&[C], &list(), Word::Accepted);
    let set = world.diff(&[(4, Some("c@x.example"), None, None)], &list());
    assert_eq!(offered(&set), ["add 4", "remove 3"]);
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    assert_eq!(offered(&world.diff(&[], &list())), ["remove 4"]);
}

#[test]
fn an_unchanged_identifier_of_a_changed_row_is_not_removed() {
    let mut world = World::new(layout(false, true));
    world.run(&[C], &list(), Word::Accepted);
    assert_eq!(offered(&world.diff(&[(3, Some("c@x.example"), Some("Cleo"), None)], &list())), ["add 3"]);
}

#[test]
fn a_list_that_only_grows_removes_nothing() {
    let mut world = World::new(layout(false, true));
    let mut rules = list();
    rules.removed = None;
    world.run(&[C], &rules, Word::Accepted);
    assert_eq!(offered(&world.diff(&[(3, Some("new@x.example"), None, None)], &rules)), ["add 3"]);
    assert!(offered(&world.diff(&[], &rules)).is_empty());
}
