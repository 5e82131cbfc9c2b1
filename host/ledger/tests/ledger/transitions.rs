//! Every outcome times every class: what the next run does (design section 9).

use std::collections::HashSet;

use sluice_catalog::{Code, activation::UnknownAppends, contract::Operation, manifest::RepeatClass, outcome::Word};
use sluice_ledger::{Judgement, ListedState, Place, Retry, Rules, diff, settle};

use crate::world::*;

const A: SourceRow = (1, Some("a@x.example"), Some("Ann"), Some(1));
const A2: SourceRow = (1, Some("a@x.example"), Some("Anna"), Some(1));

#[test]
fn after_a_first_attempt_the_next_run_does_what_its_outcome_says() {
    // Outcome, then what the same row and what a changed row give in the next run.
    for (word, same, changed) in [
        (Word::Accepted, vec![], vec!["upsert 1"]),
        (Word::Rejected, vec![], vec!["upsert 1"]),
        (Word::Skipped, vec![], vec!["upsert 1"]),
        (Word::Invalid, vec![], vec!["upsert 1"]),
        (Word::Expired, vec![], vec!["upsert 1"]),
        (Word::Carried, vec!["upsert 1"], vec!["upsert 1"]),
        (Word::Unknown, vec!["upsert 1"], vec!["upsert 1"]),
        (Word::Pending, vec!["upsert 1"], vec!["upsert 1"]),
    ] {
        for class in [RepeatClass::Overwrites, RepeatClass::Keyed] {
            let mut rules = mirror(START);
            rules.repeat.class = class;
            for (next, want) in [(A, &same), (A2, &changed)] {
                let mut world = World::new(layout(false, false));
                assert_eq!(world.run(&[A], &rules, word), ["upsert 1"]);
                let set = world.diff(&[next], &rules);
                assert_eq!(&offered(&set), want, "{word:?} {class:?} {next:?}");
                let still = set.counts().still_rejected + set.counts().still_skipped;
                let open = set.counts().again + still + set.counts().unchanged + set.counts().changed;
                assert_eq!(open + set.counts().added, 1);
            }
        }
    }
}

#[test]
fn a_row_that_left_is_removed_exactly_when_it_is_or_may_be_there() {
    for (word, want) in [
        (Word::Accepted, vec!["remove 1"]),
        (Word::Unknown, vec!["remove 1"]),
        (Word::Pending, vec!["remove 1"]),
        (Word::Rejected, vec![]),
        (Word::Skipped, vec![]),
        (Word::Carried, vec![]),
    ] {
        let mut world = World::new(layout(false, false));
        world.run(&[A], &mirror(START), word);
        let set = world.diff(&[], &mirror(START));
        assert_eq!(offered(&set), want, "{word:?}");
        world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap();
        assert_eq!(world.generation.rows, 0, "{word:?}: nothing is remembered of it");
    }
}

#[test]
fn a_removal_of_unknown_outcome_is_repeated_and_the_row_is_sent_again_when_it_comes_back() {
    let mut world = World::new(layout(false, false));
    let rules = mirror(START);
    world.run(&[A], &rules, Word::Accepted);
    assert_eq!(world.run(&[], &rules, Word::Unknown), ["remove 1"]);
    assert_eq!(offered(&world.diff(&[], &rules)), ["remove 1"]);
    assert_eq!(world.run(&[A], &rules, Word::Accepted), ["upsert 1"], "it may have been removed");
    assert!(world.run(&[A], &rules, Word::Accepted).is_empty());
}

#[test]
fn a_refused_removal_is_not_offered_again_and_its_row_is_unchanged_when_it_comes_back() {
    let mut world = World::new(layout(false, false));
    let rules = mirror(START);
    world.run(&[A], &rules, Word::Accepted);
    assert_eq!(world.run(&[], &rules, Word::Rejected), ["remove 1"]);
    let set = world.diff(&[], &rules);
    assert!(offered(&set).is_empty());
    assert_eq!(set.counts().still_rejected, 1);
    assert!(world.run(&[A], &rules, Word::Accepted).is_empty());
    let mut again = mirror(START);
    again.retry = Retry::All;
    assert_eq!(offered(&world.diff(&[], &again)), ["remove 1"]);
}

#[test]
fn a_removal_carries_what_may_be_there_too_in_the_form_last_sent() {
    let mut world = World::new(layout(false, false));
    let rules = mirror(START);
    world.run(&[A], &rules, Word::Accepted);
    world.run(&[(1, Some("b@x.example"), None, None)], &rules, Word::Unknown);
    let set = world.diff(&[], &rules);
    assert_eq!(offered(&set), ["remove 1", "remove 1"]);
    let rows = set.batch(0, &[(0, 2)]).unwrap();
    assert_eq!(rows.batch.columns.len(), 1, "identifier columns only");
    assert_eq!(rows.batch.columns[0].data, b"a@x.exampleb@x.example");
    // Half of it fails: what is left stays removable.
    world.settle(&set, |_, index| say(if index == 0 { Word::Carried } else { Word::Accepted })).unwrap();
    let set = world.diff(&[], &rules);
    assert_eq!(set.batch(0, &[(0, 1)]).unwrap().batch.columns[0].data, b"a@x.example");
}

#[test]
fn a_fifth_unknown_version_is_held_and_the_fourth_is_not() {
    let mut world = World::new(layout(false, false));
    let rules = mirror(START);
    for score in 1..=4 {
        let offered = world.run(&[(1, Some("a@x.example"), None, Some(score))], &rules, Word::Unknown);
        assert_eq!(offered, ["upsert 1"], "version {score}");
    }
    let set = world.diff(&[(1, Some("a@x.example"), None, Some(5))], &rules);
    assert!(offered(&set).is_empty());
    assert_eq!(set.counts().held, 1);
    assert_eq!(set.listed().next().unwrap().unwrap().state, ListedState::Held);
    let known = world.diff(&[(1, Some("a@x.example"), None, Some(2))], &rules);
    assert_eq!(offered(&known), ["upsert 1"], "a version that is already in doubt may be settled");
}

#[test]
fn a_carried_row_is_given_up_after_five_runs_or_fourteen_days_and_not_before() {
    let mut world = World::new(layout(false, false));
    for run in 1..=5 {
        assert_eq!(world.run(&[A], &mirror(START), Word::Carried), ["upsert 1"], "run {run}");
    }
    let set = world.diff(&[A], &mirror(START));
    assert_eq!((offered(&set).len(), set.counts().expired), (0, 1));
    world.settle(&set, |_, _| unreachable!()).unwrap();
    let set = world.diff(&[A], &mirror(START));
    assert_eq!((set.counts().expired, set.counts().still_rejected), (0, 1), "given up once");
    assert_eq!(offered(&world.diff(&[A2], &mirror(START))), ["upsert 1"], "new data starts anew");

    for (days, want) in [(14 * DAY - 1, 1), (14 * DAY, 0)] {
        let mut world = World::new(layout(false, false));
        world.run(&[A], &mirror(START), Word::Carried);
        assert_eq!(offered(&world.diff(&[A], &mirror(START + days))).len(), want, "{days} seconds");
    }
}

#[test]
fn what_was_carried_is_over_when_the_row_is_again_as_it_was_sent() {
    let late = mirror(START + 20 * DAY);
    for (rows, next, word, want) in [
        (vec![A2], vec![A2], Word::Carried, "upsert 1"),
        (vec![], vec![], Word::Carried, "remove 1"),
        (vec![], vec![], Word::Rejected, "remove 1"),
    ] {
        let mut world = World::new(layout(false, false));
        world.run(&[A], &mirror(START), Word::Accepted);
        assert_eq!(world.run(&rows, &mirror(START), word), [want]);
        let back = world.diff(&[A], &mirror(START));
        assert_eq!((offered(&back).len(), back.counts().unchanged), (0, 1));
        world.settle(&back, |_, _| unreachable!()).unwrap();
        let again = world.diff(&next, &late);
        assert_eq!(offered(&again), [want], "{word:?}: a new change is tried before it is given up");
        assert_eq!(again.counts().expired + again.counts().still_rejected, 0);
    }
}

#[test]
fn what_was_carried_is_over_when_the_row_leaves_and_nothing_is_sent_for_that() {
    let mut rules = mirror(START);
    rules.removed = None;
    let mut world = World::new(layout(false, false));
    world.run(&[A], &rules, Word::Accepted);
    world.run(&[A2], &rules, Word::Carried);
    assert!(world.run(&[], &rules, Word::Accepted).is_empty());
    rules.now = jiff::Timestamp::from_second(START + 20 * DAY).unwrap();
    assert_eq!(offered(&world.diff(&[A2], &rules)), ["upsert 1"]);
}

#[test]
fn refused_rows_come_again_by_new_mapping_and_by_each_kind_of_retry() {
    let mut world = World::new(layout(false, false));
    let set = world.diff(&[A, (2, Some("b@x.example"), None, None)], &mirror(START));
    let code =
        |index| Judgement { word: Word::Rejected, code: Some(if index == 0 { Code::RowRefused } else { Code::IdentifierInvalid }) };
    let first = sluice_ledger::key_text(set.batch(1, &[(0, 1)]).unwrap().keys().next().unwrap());
    let second = if first == "1" { "2" } else { "1" };
    let second_key = set.batch(1, &[(1, 1)]).unwrap().keys().next().unwrap().to_vec();
    world.settle(&set, |_, index| code(index)).unwrap();
    let rows = [A, (2, Some("b@x.example"), None, None)];
    for (retry, revision, want) in [
        (Retry::Nothing, 1, vec![]),
        (Retry::Nothing, 2, vec!["upsert 1".to_owned(), "upsert 2".to_owned()]),
        (Retry::All, 1, vec!["upsert 1".to_owned(), "upsert 2".to_owned()]),
        (Retry::Codes(HashSet::from([Code::RowRefused])), 1, vec![format!("upsert {first}")]),
        (Retry::Keys(HashSet::from([second_key])), 1, vec![format!("upsert {second}")]),
    ] {
        let mut rules = mirror(START);
        (rules.retry, rules.revision) = (retry, revision);
        assert_eq!(offered(&world.diff(&rows, &rules)), want);
    }
}

#[test]
fn what_a_full_resync_did_not_bring_is_open_afterwards() {
    let resync = || Rules { full_resync: true, ..mirror(START) };
    for (word, then) in [(Word::Carried, 1), (Word::Rejected, 0)] {
        let mut world = World::new(layout(false, false));
        world.run(&[A], &mirror(START), Word::Accepted);
        assert_eq!(world.run(&[A], &resync(), word), ["upsert 1"]);
        let set = world.diff(&[A], &mirror(START));
        assert_eq!((offered(&set).len(), set.counts().unchanged), (then, 0), "{word:?}");
        assert_eq!(set.counts().still_rejected, 1 - then as u64, "{word:?}");
        let retry = Rules { retry: Retry::All, ..mirror(START) };
        assert_eq!(world.run(&[A], &retry, Word::Accepted), ["upsert 1"], "{word:?}");
        assert_eq!(world.diff(&[A], &mirror(START)).counts().unchanged, 1, "{word:?}");
    }
}

#[test]
fn what_a_full_resync_did_not_bring_is_open_too_where_the_mode_changes_no_row() {
    let mut world = World::new(layout(false, false));
    let insert = Rules { added: Some(Operation::Insert), changed: None, ..mirror(START) };
    let resync = Rules { full_resync: true, ..insert.clone() };
    world.run(&[A], &insert, Word::Accepted);
    assert_eq!(world.run(&[A], &resync, Word::Carried), ["insert 1"]);
    assert_eq!(world.run(&[A], &insert, Word::Accepted), ["insert 1"]);
    assert!(world.run(&[A], &insert, Word::Accepted).is_empty());
}

#[test]
fn what_the_platform_did_not_know_stays_skipped_and_is_no_refusal() {
    let mut world = World::new(layout(false, false));
    world.run(&[A], &mirror(START), Word::Skipped);
    let set = world.diff(&[A], &mirror(START));
    assert_eq!((offered(&set).len(), set.counts().still_skipped, set.counts().still_rejected), (0, 1, 0));
    assert_eq!(set.listed().next().unwrap().unwrap().state, ListedState::StillSkipped);
    assert_eq!(offered(&world.diff(&[A2], &mirror(START))), ["upsert 1"], "new data is offered");
}

#[test]
fn a_full_resync_sends_every_row_and_still_removes_and_a_baseline_sends_nothing() {
    let mut world = World::new(layout(false, false));
    world.run(&[A, (2, Some("b@x.example"), None, None)], &mirror(START), Word::Accepted);
    let mut resync = mirror(START);
    resync.full_resync = true;
    assert_eq!(offered(&world.diff(&[A], &resync)), ["remove 2", "upsert 1"]);
    let mut baseline = mirror(START);
    baseline.baseline = true;
    let rows = [A2, (3, Some("c@x.example"), None, None)];
    let set = world.diff(&rows, &baseline);
    assert_eq!((offered(&set).len(), set.counts().adopted, set.counts().gone), (0, 2, 1));
    world.settle(&set, |_, _| unreachable!()).unwrap();
    assert_eq!(offered(&world.diff(&rows, &mirror(START))), ["remove 2"], "what was sent before is still ours to remove");
}

#[test]
fn a_mode_without_removals_keeps_the_row_and_sends_nothing_when_it_comes_back() {
    let mut world = World::new(layout(false, false));
    let mut rules = mirror(START);
    rules.removed = None;
    world.run(&[A], &rules, Word::Accepted);
    let set = world.diff(&[], &rules);
    assert_eq!((set.counts().gone, set.phases().len()), (1, 1));
    assert!(!world.settle(&set, |_, _| unreachable!()).unwrap());
    assert!(world.run(&[A], &rules, Word::Accepted).is_empty());
    rules.added = Some(Operation::Insert);
    rules.changed = None;
    let set = world.diff(&[A2], &rules);
    assert_eq!((offered(&set).len(), set.counts().outside_mode), (0, 1));
}

#[test]
fn duplicate_and_invalid_rows_are_never_sent_and_never_removed() {
    let mut world = World::new(layout(false, false));
    let two = (2, Some("b@x.example"), None, None);
    world.run(&[A, two], &mirror(START), Word::Accepted);
    let intake = world.intake(&[A, A2, two], &[(2, Code::BadFormat)]);
    let set = diff(&world.generation, intake, &mirror(START)).unwrap();
    assert!(offered(&set).is_empty());
    let counts = set.counts();
    assert_eq!((counts.duplicate_keys, counts.duplicate_rows, counts.removed), (1, 2, 0));
    assert_eq!(counts.invalid, [(Code::DuplicatePrimaryKey, 2), (Code::BadFormat, 1)].into());
    let listed: Vec<_> = set.listed().map(|l| l.unwrap()).collect();
    assert_eq!(listed.len(), 2);
    let bad = listed.iter().find(|l| l.code == Code::BadFormat).unwrap();
    assert_eq!((bad.field, bad.rows), (Some(1), 1));
    assert_eq!(set.find(&bad.key).unwrap(), Some(Place::Listed(bad.clone())));
    world.settle(&set, |_, _| unreachable!()).unwrap();
    // The same invalid row is no news in the next run; as it was sent it is unchanged.
    let intake = world.intake(&[A, two], &[(2, Code::BadFormat)]);
    let set = diff(&world.generation, intake, &mirror(START)).unwrap();
    assert_eq!((set.counts().still_rejected, set.counts().unchanged), (1, 1));
    assert!(world.run(&[A, two], &mirror(START), Word::Accepted).is_empty());
}

#[test]
fn only_changed_fields_are_mentioned_and_identifiers_always() {
    let mut world = World::new(layout(true, false));
    let row = |name, score| (1, Some("a@x.example"), name, score);
    world.run(&[row(Some("Ann"), Some(1))], &mirror(START), Word::Accepted);
    for (next, name, score) in
        [(row(Some("Anna"), Some(1)), "Anna", "-"), (row(Some("Ann"), Some(2)), "-", "2"), (row(None, Some(1)), "null", "-")]
    {
        let set = world.diff(&[next], &mirror(START));
        assert_eq!(texts(&set, 1, "email")["1"], "a@x.example");
        assert_eq!((texts(&set, 1, "name")["1"].as_str(), texts(&set, 1, "score")["1"].as_str()), (name, score));
    }
    // A null that is left out leaves nothing to mention.
    let set = world.diff(&[row(Some("Ann"), None)], &mirror(START));
    assert_eq!((offered(&set).len(), set.counts().skipped), (0, 1));
    world.settle(&set, |_, _| unreachable!()).unwrap();
    assert_eq!(world.diff(&[row(Some("Ann"), None)], &mirror(START)).counts().still_skipped, 1);
    // Another identifier is another record there: it gets everything.
    let set = world.diff(&[(1, Some("z@x.example"), Some("Ann"), Some(2))], &mirror(START));
    assert_eq!(texts(&set, 1, "name")["1"], "Ann");
}

#[test]
fn a_row_in_doubt_is_sent_whole() {
    let mut world = World::new(layout(true, false));
    world.run(&[A], &mirror(START), Word::Accepted);
    world.run(&[A2], &mirror(START), Word::Unknown);
    let set = world.diff(&[A], &mirror(START));
    assert_eq!((texts(&set, 1, "name")["1"].as_str(), texts(&set, 1, "score")["1"].as_str()), ("Ann", "1"));
}

#[test]
fn a_change_set_settles_only_on_the_generation_it_was_compared_with() {
    let mut world = World::new(layout(false, false));
    let set = world.diff(&[A], &mirror(START));
    let old = world.generation.clone();
    assert!(world.settle(&set, |_, _| Judgement::ACCEPTED).unwrap());
    assert!(settle(&world.generation, &set, &mut |_, _| Judgement::ACCEPTED).is_err());
    assert!(settle(&old, &set, &mut |_, _| Judgement::ACCEPTED).unwrap().is_some());
}

#[test]
fn a_keyed_row_in_doubt_counts_as_appending_after_its_window() {
    for (after, policy, want) in
        [(48 * 3600 - 1, UnknownAppends::Hold, 1), (48 * 3600, UnknownAppends::Hold, 0), (48 * 3600, UnknownAppends::Repeat, 1)]
    {
        let mut rules = mirror(START);
        rules.repeat = sluice_catalog::manifest::Repeat { class: RepeatClass::Keyed, within_hours: Some(48) };
        let mut world = World::new(layout(false, false));
        world.run(&[A], &rules, Word::Unknown);
        rules.now = jiff::Timestamp::from_second(START + after).unwrap();
        rules.unknown_appends = policy;
        let set = world.diff(&[A], &rules);
        assert_eq!(offered(&set).len(), want, "{after} {policy:?}");
    }
}
