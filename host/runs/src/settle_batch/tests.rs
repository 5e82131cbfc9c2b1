use super::*;
use sluice_catalog::contract::{Receipt, Ticket};

const NOW: i64 = 1_000_000;

fn rules(harmless: bool) -> Rules {
    Rules { repeat_is_harmless: harmless, answers: AnswerKind::PerRow, now_ms: NOW, jitter: 0.0 }
}

fn cut(rows: u32, attempt: u32) -> Cut {
    Cut { batch: 1, phase: 0, attempt, ranges: vec![(0, rows)] }
}

fn reason(code: Code) -> Reason {
    Reason::new(code, "said the platform")
}

fn receipt(all: Outcome) -> Written {
    let receipt = Receipt { all, except: vec![], notes: vec![], unnamed: 0, remote_ids: None, attrs: vec![] };
    Written { receipt, later: None, stop: None }
}

/// A short picture of where the rows go: `accepted`, `rejected:code`, `again(attempt, rows, wait)`, with `?` for in doubt.
fn picture(next: &Next) -> String {
    match next {
        Next::End(v) => match &v.why {
            Some(why) => format!("{}:{}", v.word.as_str(), why.code),
            None => v.word.as_str().to_owned(),
        },
        Next::Again(a) => format!("again({}, {}, {}){}", a.attempt, a.rows_max, a.due_ms - NOW, if a.in_doubt { "?" } else { "" }),
        Next::Pending => "pending".to_owned(),
    }
}

fn settled(landed: Landed, cut: &Cut, rules: &Rules) -> (String, Consequence) {
    let (event, consequence) = settle(cut, landed, rules);
    match event {
        Event::Settled { all, .. } => (picture(&all), consequence),
        _ => ("-".into(), consequence),
    }
}

#[test]
fn each_answer_has_one_meaning_for_rows_and_run() {
    use Consequence::{Failed, Fine, PauseUntil, Smaller, Stop, Trapped};
    let stop = |code| Stop(Why::from(reason(code)));
    let fault = |code, requests_left| Fault { code, cause: "boom".into(), requests_left };
    let mut after = reason(Code::DestRateLimited);
    after.after_ms = Some(7_000);
    let mut until = reason(Code::DestRateLimited);
    until.at_ms = Some(NOW as u64 + 3_000);
    let cases: Vec<(&str, Landed, bool, &str, Consequence)> = vec![
        ("accepted", Ok(Ok(receipt(Outcome::Accepted))), true, "accepted", Fine),
        ("refused", Ok(Ok(receipt(Outcome::Rejected(reason(Code::RowRefused))))), true, "rejected:row-refused", Fine),
        (
            "skipped",
            Ok(Ok(receipt(Outcome::Skipped(reason(Code::NotFoundInDestination))))),
            true,
            "skipped:not-found-in-destination",
            Fine,
        ),
        ("retry", Ok(Ok(receipt(Outcome::Retry(reason(Code::DestUnavailable))))), true, "again(2, 64, 500)", Failed),
        ("doubt, harmless", Ok(Ok(receipt(Outcome::Unknown(reason(Code::DestTimeout))))), true, "again(2, 64, 500)?", Failed),
        ("doubt, appends", Ok(Ok(receipt(Outcome::Unknown(reason(Code::DestTimeout))))), false, "unknown:dest-timeout", Failed),
        ("401", Ok(Err(Halt::Auth(reason(Code::DestAuth)))), true, "again(1, 64, 0)", stop(Code::DestAuth)),
        ("403", Ok(Err(Halt::Config(reason(Code::DestPermission)))), true, "again(1, 64, 0)", stop(Code::DestPermission)),
        ("404", Ok(Err(Halt::Missing(reason(Code::DestObjectMissing)))), true, "again(1, 64, 0)", stop(Code::DestObjectMissing)),
        ("429 with a wait", Ok(Err(Halt::Throttled(after))), true, "again(1, 64, 7000)", PauseUntil(NOW + 7_000)),
        ("429 until", Ok(Err(Halt::Throttled(until))), true, "again(1, 64, 3000)", PauseUntil(NOW + 3_000)),
        ("429 without", Ok(Err(Halt::Throttled(reason(Code::DestRateLimited)))), true, "again(1, 64, 500)", PauseUntil(NOW + 500)),
        ("503", Ok(Err(Halt::Unavailable(reason(Code::DestUnavailable)))), false, "again(2, 64, 500)", Failed),
        (
            "413",
            Ok(Err(Halt::SplitBatch { reason: reason(Code::DestBatchTooLarge), rows_fit: None })),
            true,
            "again(1, 32, 0)",
            Smaller(32),
        ),
        (
            "413, 50 fit",
            Ok(Err(Halt::SplitBatch { reason: reason(Code::DestBatchTooLarge), rows_fit: Some(50) })),
            true,
            "again(1, 50, 0)",
            Smaller(50),
        ),
        (
            "trap before sending",
            Err(fault(Code::ConnectorTrap, false)),
            false,
            "again(1, 32, 0)",
            Trapped(Why::ours(Code::ConnectorTrap, "boom")),
        ),
        ("trap after sending, harmless", Err(fault(Code::ConnectorTrap, true)), true, "again(2, 64, 500)?", Failed),
        ("trap after sending, appends", Err(fault(Code::ConnectorTrap, true)), false, "unknown:connector-trap", Failed),
        ("cancelled before sending", Err(fault(Code::RunCancelled, false)), false, "again(1, 64, 0)", Fine),
    ];
    for (name, landed, harmless, want, consequence) in cases {
        assert_eq!(settled(landed, &cut(64, 1), &rules(harmless)), (want.to_owned(), consequence), "{name}");
    }
}

#[test]
fn a_row_alone_that_poisons_or_does_not_fit_is_ended() {
    let split = || Ok(Err(Halt::SplitBatch { reason: reason(Code::DestBatchTooLarge), rows_fit: None }));
    assert_eq!(settled(split(), &cut(1, 1), &rules(true)).0, "invalid:too-large");
    let trap = || Err(Fault { code: Code::ConnectorTrap, cause: "boom".into(), requests_left: false });
    assert_eq!(settled(trap(), &cut(1, 1), &rules(true)).0, "rejected:connector-trap");
}

#[test]
fn a_first_row_that_does_not_fit_ends_alone_and_its_neighbours_stay_as_many() {
    let split = Halt::SplitBatch { reason: reason(Code::TooLarge), rows_fit: Some(0) };
    let (event, consequence) = settle(&cut(64, 1), Ok(Err(split)), &rules(true));
    let Event::Settled { all, except, .. } = event else { panic!("{event:?}") };
    assert_eq!((picture(&all).as_str(), consequence), ("again(1, 64, 0)", Consequence::Fine));
    let ended: Vec<_> = except.iter().map(|(row, next)| (*row, picture(next))).collect();
    assert_eq!(ended, [(0, "invalid:too-large".to_owned())]);
}

#[test]
fn what_was_accepted_in_part_or_in_doubt_says_so() {
    let mut written = receipt(Outcome::Accepted);
    written.receipt.unnamed = 2;
    written.receipt.except = vec![(7, Outcome::Rejected(reason(Code::RowRefused)))];
    written.receipt.notes = vec![(3, reason(Code::DestFieldInvalid)), (7, reason(Code::DestFieldInvalid))];
    let (event, _) = settle(&cut(64, 1), Ok(Ok(written)), &rules(true));
    let Event::Settled { all, except, .. } = event else { panic!("{event:?}") };
    assert_eq!(picture(&all), "accepted:refused-unnamed");
    let named: Vec<_> = except.iter().map(|(row, next)| (*row, picture(next))).collect();
    assert_eq!(named, [(3, "accepted:dest-field-invalid".to_owned()), (7, "rejected:row-refused".to_owned())]);
}

#[test]
fn a_receipt_that_does_not_cover_each_row_once_makes_the_batch_unknown() {
    for except in [vec![(64, Outcome::Accepted)], vec![(3, Outcome::Accepted), (3, Outcome::Accepted)]] {
        let mut written = receipt(Outcome::Accepted);
        written.receipt.except = except;
        assert_eq!(settled(Ok(Ok(written)), &cut(64, 1), &rules(false)).0, "unknown:connector-outcome-count");
    }
}

#[test]
fn a_whole_refusal_without_names_is_halved_and_a_named_one_is_not() {
    let refused = || receipt(Outcome::Rejected(reason(Code::RowRefused)));
    let whole = Rules { answers: AnswerKind::Whole, ..rules(true) };
    assert_eq!(settled(Ok(Ok(refused())), &cut(64, 1), &whole).0, "again(1, 32, 0)");
    assert_eq!(settled(Ok(Ok(refused())), &cut(1, 1), &whole).0, "rejected:row-refused");
    let mut said = refused();
    said.receipt.attrs = vec![("scope".into(), "batch".into())];
    assert_eq!(settled(Ok(Ok(said)), &cut(64, 1), &rules(true)).0, "again(1, 32, 0)");
}

#[test]
fn attempts_end_with_the_run_and_what_is_in_doubt_stays_in_doubt() {
    let unavailable = || Ok(Err(Halt::Unavailable(reason(Code::DestUnavailable))));
    assert_eq!(settled(unavailable(), &cut(64, 4), &rules(true)).0, "again(5, 64, 4000)");
    assert_eq!(settled(unavailable(), &cut(64, 5), &rules(true)).0, "carried:dest-unavailable");
    let doubt = || Ok(Ok(receipt(Outcome::Unknown(reason(Code::DestTimeout)))));
    assert_eq!(settled(doubt(), &cut(64, 5), &rules(true)).0, "unknown:dest-timeout");
}

#[test]
fn retries_are_spread_and_bounded() {
    let late = Rules { jitter: 1.0, ..rules(true) };
    let unavailable = || Ok(Err(Halt::Unavailable(reason(Code::DestUnavailable))));
    assert_eq!(settled(unavailable(), &cut(64, 1), &late).0, "again(2, 64, 250)");
    let mut lying = reason(Code::DestRateLimited);
    lying.after_ms = Some(u64::MAX);
    assert_eq!(settled(Ok(Err(Halt::Throttled(lying))), &cut(64, 1), &rules(true)).0, "again(1, 64, 3600000)");
}

fn ticket(bytes: usize) -> Ticket {
    Ticket { token: vec![7; bytes], poll_after_ms: 1_000, give_up_after_ms: 60_000 }
}

#[test]
fn rows_that_the_platform_works_on_wait_with_their_ticket_and_the_others_are_settled() {
    let mut written = receipt(Outcome::Pending);
    written.receipt.except = vec![(2, Outcome::Rejected(reason(Code::RowRefused)))];
    written.later = Some(ticket(TOKEN_BYTES_MAX));
    let (event, consequence) = settle(&cut(64, 1), Ok(Ok(written)), &rules(true));
    let Event::Waiting { all, except, ticket, at_ms, .. } = event else { panic!("{event:?}") };
    assert_eq!((picture(&all).as_str(), picture(&except[0].1).as_str(), at_ms), ("pending", "rejected:row-refused", NOW));
    assert_eq!((ticket.token.len(), consequence), (TOKEN_BYTES_MAX, Consequence::Fine));
}

#[test]
fn a_ticket_is_needed_where_rows_wait_and_ignored_where_none_does() {
    let mut none = receipt(Outcome::Accepted);
    none.later = Some(ticket(1));
    assert_eq!(settled(Ok(Ok(none)), &cut(64, 1), &rules(false)).0, "accepted");
    let without = receipt(Outcome::Pending);
    let mut long = receipt(Outcome::Pending);
    long.later = Some(ticket(TOKEN_BYTES_MAX + 1));
    for written in [without, long] {
        assert_eq!(settled(Ok(Ok(written)), &cut(64, 1), &rules(false)).0, "unknown:connector-protocol");
    }
}

#[test]
fn a_question_that_fails_says_nothing_about_the_rows() {
    let ask = |landed: Landed, broken: u32| asked(&cut(64, 1), landed, &rules(true), broken);
    let again = |wait_ms, broken| Asked::Again { wait_ms, broken };
    let mut slow = reason(Code::DestRateLimited);
    slow.after_ms = Some(9_000);
    assert_eq!(ask(Ok(Err(Halt::Throttled(slow))), 0), again(9_000, false));
    assert_eq!(ask(Ok(Err(Halt::Unavailable(reason(Code::DestUnavailable)))), 100), again(500, false));
    assert_eq!(ask(Ok(Err(Halt::Auth(reason(Code::DestAuth)))), 0), Asked::Stop(reason(Code::DestAuth).into()));
    let trap = || Err(Fault { code: Code::ConnectorTrap, cause: "boom".into(), requests_left: true });
    assert_eq!(ask(trap(), 0), again(500, true));
    assert_eq!(ask(trap(), BROKEN_POLLS_MAX - 2), again(4_000, true));
    let Asked::Answered(event, Consequence::Failed) = ask(trap(), BROKEN_POLLS_MAX - 1) else { panic!() };
    let Event::Settled { all, .. } = *event else { panic!() };
    assert_eq!(picture(&all), "unknown:connector-trap", "not sent again by this run, whatever a repeat does");
}
