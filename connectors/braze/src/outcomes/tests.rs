use sluice_sdk::Outcome;
use sluice_sdk::testing::{Answer, answer, failure, outcomes as rows};

use super::*;

fn all_of(count: usize) -> Places {
    Places::all(count)
}

fn attributes(count: usize, answer: Answer) -> Result<Written, Halt> {
    of_track(Array::Attributes, &all_of(count), Ok(answer.response()))
}

#[test]
fn a_success_is_read_row_by_row() {
    let named = |array: &str, index: &str| {
        format!(r#"{{"message":"success","errors":[{{"type":"'plan' is not valid","input_array":"{array}"{index}}}]}}"#)
    };
    let refused = ["accepted", "rejected row-refused", "accepted"];
    for (body, wanted, unnamed) in [
        (r#"{"message":"success","attributes_processed":3}"#.to_owned(), ["accepted"; 3], 0),
        (r#"{"message":"Success"}"#.to_owned(), ["accepted"; 3], 0),
        (named("attributes", r#","index":1"#), refused, 0),
        // Of another array, without a position, with one that is not there: bad, and nobody knows which.
        (named("events", r#","index":1"#), ["accepted"; 3], 1),
        (named("attributes", ""), ["accepted"; 3], 1),
        (named("attributes", r#","index":3"#), ["accepted"; 3], 1),
        (r#"{"message":"success","errors":["something"]}"#.to_owned(), ["accepted"; 3], 1),
        (r#"{"message":"success","attributes_processed":1}"#.to_owned(), ["accepted"; 3], 2),
        // Named twice is refused once.
        (
            r#"{"message":"success","attributes_processed":2,"errors":[
                {"type":"a","input_array":"attributes","index":1},{"type":"b","input_array":"attributes","index":1}]}"#
                .to_owned(),
            refused,
            0,
        ),
    ] {
        let told = attributes(3, answer(201, &body)).expect("an answer");
        assert_eq!((rows(&told, 3), told.receipt.unnamed), (wanted.map(str::to_owned).to_vec(), unnamed), "{body}");
        assert_eq!(told.stop, None, "{body}");
    }
}

#[test]
fn positions_count_the_rows_that_were_sent() {
    let places = Places::new(4, vec![(0, Reason::new(code::NO_IDENTIFIER, "")), (2, Reason::new(code::BAD_FORMAT, ""))]);
    let body =
        r#"{"message":"success","events_processed":1,"errors":[{"type":"'time' is required","input_array":"events","index":1}]}"#;
    let told = of_track(Array::Events, &places, Ok(answer(201, body).response())).expect("an answer");
    assert_eq!(rows(&told, 4), ["rejected no-identifier", "accepted", "rejected bad-format", "rejected row-refused"]);
    assert_eq!(told.receipt.unnamed, 0);
}

#[test]
fn the_words_of_a_refusal_give_its_code_and_reach_the_operator() {
    for (words, code) in [
        ("provided external_id is blacklisted and disallowed", code::IDENTIFIER_INVALID),
        ("'external_id' is required", code::IDENTIFIER_INVALID),
        ("User_Alias must have a label", code::IDENTIFIER_INVALID),
        ("'country' is not valid", code::ROW_REFUSED),
        ("", code::ROW_REFUSED),
    ] {
        let reason = refused(words);
        assert_eq!(reason.code, code, "{words}");
        let said = reason.attrs.iter().find(|(key, _)| key == "said").map_or("", |(_, said)| said);
        assert_eq!(said, words);
    }
}

#[test]
fn a_refused_request_with_named_rows_refuses_those_and_sends_the_others_again() {
    let body = r#"{"message":"no","errors":[{"type":"'external_id' is required","input_array":"attributes","index":2}]}"#;
    let told = attributes(3, answer(400, body)).expect("nothing stops the run");
    assert_eq!(rows(&told, 3), ["retry row-refused", "retry row-refused", "rejected identifier-invalid"]);
    assert_eq!(told.receipt.attrs, []);
}

#[test]
fn a_refused_request_with_every_row_named_leaves_nothing_to_send_again() {
    let refusal = |index| format!(r#"{{"type":"'external_id' is required","input_array":"attributes","index":{index}}}"#);
    let body = format!(r#"{{"message":"no","errors":[{},{}]}}"#, refusal(1), refusal(0));
    let places = Places::new(3, vec![(0, Reason::new(code::BAD_FORMAT, ""))]);
    let told = of_track(Array::Attributes, &places, Ok(answer(400, &body).response())).expect("nothing stops the run");
    assert_eq!(rows(&told, 3), ["rejected bad-format", "rejected identifier-invalid", "rejected identifier-invalid"]);
    // A platform that judges each row works: nothing in the receipt may look like a request that failed.
    assert!(matches!(told.receipt.all, Outcome::Rejected(_)), "{told:?}");
}

#[test]
fn rows_that_were_left_out_do_not_keep_the_host_from_halving() {
    let places = Places::new(3, vec![(1, Reason::new(code::NO_IDENTIFIER, ""))]);
    let refused = || Ok(answer(400, r#"{"message":"no"}"#).response());
    for told in [of_track(Array::Attributes, &places, refused()), of_subscriptions(&places, refused())] {
        let told = told.expect("nothing stops the run");
        assert_eq!((told.receipt.except.len(), &told.receipt.attrs[..]), (0, &[("scope".to_owned(), "batch".to_owned())][..]));
    }
}

#[test]
fn a_refused_request_without_names_is_for_the_host_to_halve() {
    for (status, body) in [(400, r#"{"message":"no"}"#), (400, "no JSON"), (201, r#"{"message":"not today"}"#)] {
        let told = attributes(2, answer(status, body)).expect("nothing stops the run");
        assert_eq!(rows(&told, 2), ["rejected row-refused"; 2], "{body}");
        assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())], "{body}");
    }
}

#[test]
fn a_group_in_a_cell_is_the_rows_fault_and_a_group_in_the_options_the_operators() {
    let body = r#"{"message":"'subscription_group_id' is not valid"}"#;
    let told = attributes(1, answer(400, body)).expect("a row");
    assert_eq!(rows(&told, 1), ["rejected row-refused"]);
    let halt = of_subscriptions(&all_of(1), Ok(answer(400, body).response())).expect_err("an option");
    assert!(matches!(&halt, Halt::Config(reason) if reason.code == code::DEST_CONFIG), "{halt:?}");
}

#[test]
fn a_contract_of_fewer_objects_splits_at_fifty_and_then_in_halves() {
    for (sent, fit) in [(75, 50), (51, 50), (50, 25), (3, 1), (1, 1)] {
        let halt = attributes(sent, answer(400, r#"{"message":"Max input length exceeded."}"#)).expect_err("a split");
        let Halt::SplitBatch(split) = halt else { panic!("{halt:?}") };
        assert_eq!((split.rows_fit, split.reason.code.as_str()), (Some(fit), code::DEST_BATCH_TOO_LARGE), "{sent}");
    }
}

#[test]
fn an_answer_that_is_not_brazes_leaves_the_rows_in_doubt() {
    for (status, body) in [
        (201, ""),
        (200, r#"{"ok":true}"#),
        (202, r#"{"message":"queued"}"#),
        (201, "<html>maintenance</html>"),
        (201, r#"{"message":"success","errors":7}"#),
    ] {
        let told = attributes(2, answer(status, body)).expect("a receipt");
        assert!(rows(&told, 2).iter().all(|row| row.starts_with("unknown ")), "{body}: {told:?}");
        assert!(matches!(told.stop, Some(Halt::Unavailable(_))), "{body}: {told:?}");
    }
    // Before the rows are looked at, a page in place of a refusal says that somebody else has spoken.
    let page = attributes(2, answer(400, "<html>proxy</html>")).expect_err("nothing was written");
    assert!(matches!(&page, Halt::Unavailable(reason) if reason.code == code::DEST_PROTOCOL), "{page:?}");
}

#[test]
fn a_403_names_the_permission_that_the_request_needs() {
    let track = attributes(1, answer(403, "{}")).expect_err("a halt");
    let set = of_subscriptions(&all_of(1), Ok(answer(403, "{}").response())).expect_err("a halt");
    for (halt, permission) in [(track, "users.track"), (set, "subscription.status.set")] {
        let Halt::Config(reason) = halt else { panic!("{halt:?}") };
        assert!(reason.code == code::DEST_PERMISSION && reason.message.contains(&format!("`{permission}`")), "{reason:?}");
    }
}

#[test]
fn a_request_that_never_left_is_not_in_doubt() {
    for (sent, doubt) in [(false, false), (true, true)] {
        let told = of_track(Array::Events, &all_of(2), Err(failure("egress-timeout", sent)));
        assert_eq!(told.is_ok(), doubt, "{told:?}");
        let set = of_subscriptions(&all_of(2), Err(failure("egress-timeout", sent)));
        assert_eq!(set.is_ok(), doubt, "{set:?}");
    }
}

#[test]
fn rows_that_were_left_out_stay_refused_when_the_others_are_in_doubt() {
    let places = Places::new(2, vec![(1, Reason::new(code::NO_IDENTIFIER, ""))]);
    let told = of_track(Array::Attributes, &places, Ok(answer(500, "{}").response())).expect("a receipt");
    assert_eq!(rows(&told, 2), ["unknown dest-unavailable", "rejected no-identifier"]);
    let told = of_subscriptions(&places, Ok(answer(201, r#"{"message":"success"}"#).response())).expect("a receipt");
    assert_eq!(rows(&told, 2), ["accepted", "rejected no-identifier"]);
}
