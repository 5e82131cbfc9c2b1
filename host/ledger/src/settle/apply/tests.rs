use super::*;

const TERMS: Terms = Terms { revision: 3, now: 1_000, replaces: false };

fn version(payload: u128) -> Version {
    Version { layout: 0, payload, at: 0, fingerprints: Vec::new(), identifiers: vec![payload as u8], remote_id: None }
}

fn say(word: Word) -> Judgement {
    Judgement { word, code: None }
}

fn payloads(row: &Row) -> (Option<u128>, Vec<u128>, Option<(u128, Word)>) {
    let sent = row.sent.as_ref().map(|v| v.payload);
    (sent, row.maybe.iter().map(|v| v.payload).collect(), row.tried.as_ref().map(|t| (t.payload, t.word)))
}

/// Of a version that was removed, nothing is left.
const GONE: Rest<'static> = &|_| None;

#[test]
fn each_outcome_of_an_attempt_moves_sent_maybe_and_tried_as_the_design_says() {
    let before = Row { sent: Some(version(1)), maybe: vec![version(2)], tried: None };
    for (word, want) in [
        (Word::Accepted, (Some(9), vec![], None)),
        (Word::Unknown, (Some(1), vec![2, 9], Some((9, Word::Unknown)))),
        (Word::Pending, (Some(1), vec![2, 9], Some((9, Word::Pending)))),
        (Word::Rejected, (Some(1), vec![2], Some((9, Word::Rejected)))),
        (Word::Invalid, (Some(1), vec![2], Some((9, Word::Invalid)))),
        (Word::Skipped, (Some(1), vec![2], Some((9, Word::Skipped)))),
        (Word::Carried, (Some(1), vec![2], Some((9, Word::Carried)))),
        (Word::Expired, (Some(1), vec![2], Some((9, Word::Expired)))),
    ] {
        let after = offer(&before, version(9), say(word), &Effects::default(), GONE, &TERMS);
        assert_eq!(payloads(&after), want, "{word:?}");
    }
}

#[test]
fn each_outcome_of_a_removal_keeps_what_may_be_there() {
    let before = Row { sent: Some(version(1)), maybe: vec![version(2)], tried: None };
    for (of_sent, of_maybe, want) in [
        (Word::Accepted, Word::Accepted, (None, vec![], None)),
        (Word::Accepted, Word::Carried, (None, vec![2], Some((REMOVAL, Word::Carried)))),
        (Word::Rejected, Word::Accepted, (Some(1), vec![], Some((REMOVAL, Word::Rejected)))),
        (Word::Unknown, Word::Accepted, (None, vec![1], Some((REMOVAL, Word::Unknown)))),
        (Word::Pending, Word::Skipped, (None, vec![2, 1], Some((REMOVAL, Word::Skipped)))),
    ] {
        let mut effects = Effects::default();
        effects.set(1, say(of_sent));
        effects.set(2, say(of_maybe));
        assert_eq!(payloads(&remove(&before, &effects, &TERMS)), want, "{of_sent:?} {of_maybe:?}");
    }
}

#[test]
fn an_accepted_row_keeps_what_its_linked_removal_did_not_take_away() {
    let before = Row { sent: Some(version(1)), ..Row::default() };
    for (word, want) in [(Word::Accepted, vec![]), (Word::Unknown, vec![1]), (Word::Rejected, vec![1]), (Word::Carried, vec![1])] {
        let mut effects = Effects::default();
        effects.set(1, say(word));
        let after = offer(&before, version(9), Judgement::ACCEPTED, &effects, GONE, &TERMS);
        assert_eq!(payloads(&after), (Some(9), want, None), "{word:?}");
    }
    let mut effects = Effects::default();
    effects.set(1, Judgement::ACCEPTED);
    let after = offer(&before, version(9), say(Word::Rejected), &effects, GONE, &TERMS);
    assert_eq!(payloads(&after), (None, vec![], Some((9, Word::Rejected))), "the old is gone, the new is not there");
    let before = Row { maybe: vec![version(2)], ..before };
    effects.set(2, Judgement::ACCEPTED);
    let in_part: Rest<'_> = &|old| Some(Version { payload: old.payload + 100, ..old.clone() });
    let after = offer(&before, version(9), say(Word::Rejected), &effects, in_part, &TERMS);
    assert_eq!(payloads(&after), (Some(101), vec![102], Some((9, Word::Rejected))), "what the removal left alone is still there");
    let after = offer(&before, version(9), say(Word::Unknown), &effects, in_part, &TERMS);
    assert_eq!(payloads(&after), (None, vec![9], Some((9, Word::Unknown))), "and is a part of what may be there");
}

#[test]
fn carrying_counts_runs_whatever_the_data_became_and_a_refusal_counts_anew() {
    let mut row = offer(&Row::default(), version(1), say(Word::Carried), &Effects::default(), GONE, &TERMS);
    let later = Terms { now: 2_000, ..TERMS };
    row = offer(&row, version(2), say(Word::Carried), &Effects::default(), GONE, &later);
    let tried = row.tried.clone().unwrap();
    assert_eq!((tried.attempts, tried.first_at, tried.payload), (2, 1_000, 2));
    row = offer(&row, version(2), say(Word::Rejected), &Effects::default(), GONE, &later);
    assert_eq!((row.tried.as_ref().unwrap().attempts, row.tried.as_ref().unwrap().first_at), (1, 2_000));
}
