//! Sessions that take the place of everything: all or nothing is sent, and what is not in a session that came to its end is gone.

use sluice_catalog::{Code, contract::Operation, outcome::Word};
use sluice_ledger::{ChangeSet, Judgement, Rules, diff};

use crate::world::*;

fn replace(now: i64) -> Rules {
    let mut rules = mirror(now);
    (rules.added, rules.changed, rules.removed) = (Some(Operation::Replace), Some(Operation::Replace), None);
    rules
}

fn row(key: i64, score: i64) -> SourceRow {
    (key, Some("a@x"), None, Some(score))
}

/// added, changed, again, removed, unchanged; and the rows that are sent.
fn told(set: &ChangeSet) -> ([u64; 5], u64) {
    let c = set.counts();
    ([c.added, c.changed, c.again, c.removed, c.unchanged], set.phases().iter().map(|phase| phase.rows).sum())
}

#[test]
fn any_change_sends_everybody_and_none_sends_nobody() {
    let mut world = World::new(layout(false, false));
    let all = [row(1, 1), row(2, 1), row(3, 1)];
    let set = world.diff(&all, &replace(START));
    assert_eq!((told(&set), set.phases()[0].operation), (([3, 0, 0, 0, 0], 3), Operation::Replace));
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    let quiet = world.diff(&all, &replace(START + DAY));
    assert_eq!(told(&quiet), ([0, 0, 0, 0, 3], 0));
    assert!(!world.settle(&quiet, |_, _| unreachable!("nothing was sent")).unwrap());
    for (rows, want) in [
        (&[row(1, 2), row(2, 1), row(3, 1)][..], ([0, 1, 0, 0, 2], 3)),
        (&[row(1, 2), row(2, 1)], ([0, 0, 0, 1, 2], 2)),
        (&[row(1, 2), row(2, 1), row(4, 1)], ([1, 0, 0, 0, 2], 3)),
        (&[], ([0, 0, 0, 3, 0], 0)),
    ] {
        let set = world.diff(rows, &replace(START + DAY));
        assert_eq!(told(&set), want);
        world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
        assert_eq!(world.diff(rows, &replace(START + DAY)).counts().unchanged, rows.len() as u64, "it is what is there now");
    }
}

#[test]
fn what_a_session_that_broke_off_may_have_done_is_not_forgotten() {
    let mut world = World::new(layout(false, false));
    let set = world.diff(&[row(1, 1), row(2, 1)], &replace(START));
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    // Row 2 leaves, row 3 comes, and the session breaks off behind the first of its rows.
    let set = world.diff(&[row(1, 1), row(3, 1)], &replace(START + DAY));
    world.settle(&set, |_, at| say(if at == 0 { Word::Unknown } else { Word::Carried })).unwrap();
    let set = world.diff(&[row(1, 1), row(3, 1)], &replace(START + DAY));
    let ([added, changed, again, removed, unchanged], sent) = told(&set);
    assert_eq!((added + changed + again + unchanged, removed, sent), (2, 1, 2), "row 2 is still held");
    assert!(again == 1, "the one in doubt is open: {again}");
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    assert_eq!(told(&world.diff(&[row(1, 1), row(3, 1)], &replace(START + DAY))), ([0, 0, 0, 0, 2], 0));
}

#[test]
fn doubt_after_doubt_keeps_nobody_out_of_the_next_session() {
    let mut world = World::new(layout(false, false));
    for score in 1..10 {
        let set = world.diff(&[row(1, score)], &replace(START + score * DAY));
        assert_eq!(told(&set).1, 1, "{score}");
        world.settle(&set, |_, _| say(Word::Unknown)).unwrap();
    }
    let set = world.diff(&[row(1, 9)], &replace(START + 10 * DAY));
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    assert_eq!(told(&world.diff(&[row(1, 9)], &replace(START + 11 * DAY))), ([0, 0, 0, 0, 1], 0));
}

#[test]
fn a_row_that_is_left_out_of_a_session_is_not_there_any_more() {
    let mut world = World::new(layout(false, false));
    let set = world.diff(&[row(1, 1), row(2, 1)], &replace(START));
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    // Row 1 cannot be sent as it is now, and row 2 has changed.
    let intake = world.intake(&[row(1, 7), row(2, 2)], &[(1, Code::TooLong)]);
    let set = diff(&world.generation, intake, &replace(START + DAY)).unwrap();
    assert_eq!((told(&set), set.counts().invalid_rows()), (([0, 1, 0, 0, 0], 1), 1));
    world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
    let set = world.diff(&[row(1, 1), row(2, 2)], &replace(START + 2 * DAY));
    assert_eq!(told(&set), ([1, 0, 0, 0, 1], 2), "as it was once, and not there");
    // The platform refuses it: it stays out, and does not call for a session by itself.
    world.settle(&set, |_, _| say(Word::Rejected)).unwrap();
    let set = world.diff(&[row(1, 1), row(2, 2)], &replace(START + 3 * DAY));
    assert_eq!((set.counts().still_rejected, told(&set).1), (2, 0));
}
