//! Events: sent once, never changed, never removed, and never repeated without the operator's word.

use sluice_catalog::{activation::UnknownAppends, contract::Operation, manifest::RepeatClass, outcome::Word};
use sluice_ledger::Rules;

use crate::world::*;

const E: SourceRow = (1, Some("a@x.example"), Some("order"), Some(1));

fn events(now: i64, policy: UnknownAppends) -> Rules {
    let mut rules = mirror(now);
    (rules.added, rules.changed, rules.removed) = (Some(Operation::Append), None, None);
    rules.repeat.class = RepeatClass::Appends;
    rules.unknown_appends = policy;
    rules
}

#[test]
fn an_accepted_event_is_never_sent_again_whatever_becomes_of_its_row() {
    let mut world = World::new(layout(false, false));
    let rules = events(START, UnknownAppends::Hold);
    assert_eq!(world.run(&[E], &rules, Word::Accepted), ["append 1"]);
    for rows in [vec![E], vec![(1, None, None, Some(9))], vec![]] {
        assert!(world.run(&rows, &rules, Word::Accepted).is_empty(), "{rows:?}");
    }
}

#[test]
fn an_event_of_unknown_outcome_follows_the_operators_policy() {
    for (policy, offered_again, held, assumed) in
        [(UnknownAppends::Hold, 0, 1, 0), (UnknownAppends::AssumeSent, 0, 0, 1), (UnknownAppends::Repeat, 1, 0, 0)]
    {
        let mut world = World::new(layout(false, false));
        world.run(&[E], &events(START, policy), Word::Unknown);
        let set = world.diff(&[E], &events(START, policy));
        let counts = set.counts();
        assert_eq!((offered(&set).len(), counts.held, counts.assumed), (offered_again, held, assumed), "{policy:?}");
        world.settle(&set, |_, _| say(Word::Accepted)).unwrap();
        let set = world.diff(&[E], &events(START, policy));
        assert_eq!(set.counts().unchanged, 1 - held, "{policy:?}: settled");
    }
}

#[test]
fn keys_of_events_are_kept_for_thirty_days_after_they_left() {
    for (outcome, age, kept, late) in [
        (Word::Accepted, 30 * DAY - 1, 1, 0),
        (Word::Accepted, 30 * DAY, 0, 0),
        (Word::Unknown, 30 * DAY - 1, 1, 0),
        (Word::Unknown, 30 * DAY, 0, 1),
        (Word::Carried, 30 * DAY, 0, 1),
    ] {
        let mut world = World::new(layout(false, false));
        world.run(&[E], &events(START, UnknownAppends::Hold), outcome);
        let set = world.diff(&[], &events(START + age, UnknownAppends::Hold));
        assert_eq!(set.counts().late_unsent, late, "{outcome:?} {age}");
        world.settle(&set, |_, _| unreachable!()).unwrap();
        assert_eq!(world.generation.rows, kept, "{outcome:?} {age}");
    }
}
