use sluice_sdk::Outcome;
use sluice_sdk::testing::{Answer, answer, halted};

use super::*;

/// What the host is told of a batch of two members or events, in a word and a code.
fn told(written: Result<Written, Halt>) -> String {
    match written {
        Err(ended) => halted(&ended),
        Ok(written) => {
            let row = match &written.receipt.all {
                Outcome::Rejected(reason) => format!("rejected {}", reason.code),
                Outcome::Unknown(reason) => format!("unknown {}", reason.code),
                Outcome::Accepted => format!("accepted, {} not", written.receipt.unnamed),
                other => format!("{other:?}"),
            };
            let whole = written.receipt.attrs.iter().any(|(key, value)| key == "scope" && value == "batch");
            let stop = written.stop.as_ref().map(|stop| format!(", stop {}", halted(stop))).unwrap_or_default();
            format!("{row}{}{stop}", if whole { " (some)" } else { "" })
        }
    }
}

fn error(status: u16, code: i64, subcode: Option<i64>) -> Answer {
    let subcode = subcode.map_or_else(String::new, |subcode| format!(r#","error_subcode":{subcode}"#));
    answer(
        status,
        &format!(r#"{{"error":{{"message":"(#{code}) no","type":"OAuthException","code":{code}{subcode},"fbtrace_id":"A"}}}}"#),
    )
}

fn members(answer: Answer) -> String {
    told(of_members(&Places::all(2), Ok(answer.response())))
}

fn events(answer: Answer) -> String {
    told(of_events(&Places::all(2), Ok(answer.response())))
}

/// The table "Errors" of the sheet, whatever the status.
#[test]
fn each_code_has_its_meaning_whatever_the_status() {
    let down = "unknown dest-unavailable, stop unavailable dest-unavailable";
    let throttled = "throttled dest-rate-limited";
    let mut lines = vec![
        (1, None, down),
        (2, None, down),
        (5000, None, down),
        (21_009, None, down),
        (4, None, throttled),
        (17, None, throttled),
        (17, Some(2_446_079), throttled),
        (32, None, throttled),
        (341, None, throttled),
        (613, None, throttled),
        (613, Some(1_487_742), throttled),
        (10, None, "config dest-permission"),
        (200, None, "config dest-permission"),
        (294, None, "config dest-permission"),
        (100, None, "config dest-config"),
        (100, Some(33), "missing dest-object-missing"),
        (100, Some(1_713_230), "config dest-config"),
        (102, None, "auth dest-auth"),
        (190, None, "auth dest-auth"),
        (190, Some(460), "auth dest-auth"),
        (190, Some(463), "auth dest-auth"),
        (190, Some(999), "auth dest-auth"),
        (105, None, "split dest-batch-too-large"),
        (368, None, "unavailable dest-unavailable"),
        (100, Some(1_487_301), "config dest-config"),
        (1_487_301, None, "config dest-config"),
        (100, Some(1_487_366), "missing dest-object-missing"),
        (1_487_366, None, "missing dest-object-missing"),
        (2650, Some(1_870_034), "config dest-config"),
        (1_870_034, None, "config dest-config"),
        (2650, None, "config dest-config"),
        (200, Some(1_870_090), "config dest-config"),
        (2650, Some(1_870_145), "unavailable dest-unavailable"),
        (2650, Some(1_870_147), "unknown dest-unavailable, stop unavailable dest-unavailable"),
        (2650, Some(1_870_158), "unknown dest-unavailable, stop unavailable dest-unavailable"),
        (2650, Some(1_870_159), "accepted, 0 not"),
        (2655, None, "config dest-config"),
        (7777, None, "config dest-config"),
    ];
    lines.extend((80_000..=80_014).map(|code| (code, None, throttled)));
    for (code, subcode, wanted) in lines {
        assert_eq!(members(error(400, code, subcode)), wanted, "{code} {subcode:?}");
        // Rows of a dataset are spoiled by one of them.
        let wanted = if (code, subcode) == (100, None) { "rejected row-refused (some)" } else { wanted };
        assert_eq!(events(error(400, code, subcode)), wanted, "{code} {subcode:?}");
        for status in [200, 401, 403, 404, 413, 429] {
            if code != 7777 {
                assert_eq!(
                    members(error(status, code, subcode)),
                    members(error(400, code, subcode)),
                    "{code} {subcode:?} with {status}"
                );
            }
        }
    }
    for code in [79_999, 80_015] {
        assert_eq!(members(error(400, code, None)), "config dest-config", "{code}");
    }
    assert_eq!(events(error(400, 100, Some(2_804_003))), "rejected row-refused (some)");
}

#[test]
fn what_passes_by_itself_is_in_doubt_but_throttling_stays_throttling() {
    let transient = |code: i64| answer(400, &format!(r#"{{"error":{{"code":{code},"is_transient":true}}}}"#));
    assert_eq!(members(transient(100)), "unknown dest-unavailable, stop unavailable dest-unavailable");
    assert_eq!(members(transient(9999)), "unknown dest-unavailable, stop unavailable dest-unavailable");
    assert_eq!(members(transient(80_003)), "throttled dest-rate-limited");
    assert_eq!(members(error(503, 190, None)), "unknown dest-unavailable, stop unavailable dest-unavailable");
    assert_eq!(members(error(500, 17, None)), "throttled dest-rate-limited");
}

#[test]
fn the_codes_of_meta_and_its_words_are_kept() {
    let Err(Halt::Auth(reason)) = of_members(&Places::all(1), Ok(error(400, 190, Some(460)).response())) else { panic!("no halt") };
    assert_eq!(reason.vendor_code.as_deref(), Some("190/460"));
    assert!(reason.attrs.iter().any(|(key, said)| key == "said" && said.contains("(#190) no")), "{reason:?}");
    assert!(!reason.message.contains("(#190) no"), "what Meta said may hold a value of a row");
}

#[test]
fn an_answer_without_a_code_is_judged_by_its_status() {
    for (status, body, wanted) in [
        (400, "", "config dest-config"),
        (400, r#"{"error":"no"}"#, "config dest-config"),
        (401, "", "auth dest-auth"),
        (403, "<html>", "config dest-permission"),
        (404, "", "missing dest-object-missing"),
        (413, "", "split dest-batch-too-large"),
        (429, "", "throttled dest-rate-limited"),
        (502, "<html>", "unknown dest-unavailable, stop unavailable dest-unavailable"),
        (200, "<html>log in</html>", "unknown dest-protocol, stop unavailable dest-protocol"),
        (200, r#"{"data":[]}"#, "unknown dest-protocol, stop unavailable dest-protocol"),
        (200, r#"{"error":{"code":7777}}"#, "unknown dest-protocol, stop unavailable dest-protocol"),
    ] {
        assert_eq!(members(answer(status, body)), wanted, "{status} {body}");
    }
    assert_eq!(events(answer(400, "")), "rejected row-refused (some)");
    assert_eq!(events(answer(400, "<html>")), "unavailable dest-protocol");
}

#[test]
fn the_wait_is_the_one_that_the_usage_headers_tell() {
    let business = "X-Business-Use-Case-Usage";
    let two = r#"{"17":[{"type":"ads_management","call_count":3,"estimated_time_to_regain_access":0},
        {"type":"custom_audience","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":7}]}"#;
    let account = r#"{"acc_id_util_pct":100,"reset_time_duration":42}"#;
    for (headers, ms) in [
        (vec![], 60_000),
        (vec![(business, two)], 7 * 60_000),
        (vec![(business, r#"{"17":[{"type":"custom_audience","estimated_time_to_regain_access":0}]}"#)], 60_000),
        (vec![(business, r#"{"17":[{"type":"custom_audience","call_count":100}]}"#), ("x-ad-account-usage", account)], 42_000),
        (vec![(business, two), ("x-ad-account-usage", account)], 7 * 60_000),
        (vec![(business, "soon"), ("x-ad-account-usage", "[]")], 60_000),
        (vec![("X-App-Usage", r#"{"call_count":100,"total_cputime":25,"total_time":25}"#)], 60_000),
        (vec![("Retry-After", "5"), (business, two)], 5000),
    ] {
        let answer = headers.iter().fold(error(400, 80_003, None), |answer, (name, value)| answer.with_header(name, value));
        let Err(Halt::Throttled(reason)) = of_members(&Places::all(1), Ok(answer.response())) else { panic!("not throttled") };
        assert_eq!(reason.after_ms, Some(ms), "{headers:?}");
    }
}

#[test]
fn members_that_meta_counts_as_bad_are_told_without_a_name() {
    let said = |received: u64, invalid: u64| {
        members(answer(
            200,
            &format!(
                r#"{{"audience_id":"238","session_id":"1","num_received":{received},"num_invalid_entries":{invalid},"invalid_entry_samples":{{"0":"x"}}}}"#
            ),
        ))
    };
    assert_eq!(said(2, 0), "accepted, 0 not");
    assert_eq!(said(2, 1), "accepted, 1 not");
    assert_eq!(said(1, 0), "accepted, 1 not", "fewer than were sent");
    assert_eq!(said(2, 2), "rejected identifier-invalid", "all of them are bad, so each is named");
    assert_eq!(said(0, 0), "rejected identifier-invalid");
    assert_eq!(said(20, 1), "accepted, 1 not", "a session may count what it has so far");
    assert_eq!(said(u64::MAX, u64::MAX), "rejected identifier-invalid");
    let nobody = of_members(&Places::all(0), Ok(answer(200, r#"{"num_received":0,"num_invalid_entries":0}"#).response()));
    assert_eq!(told(nobody), "accepted, 0 not", "a session of nobody was taken");
}

#[test]
fn events_that_meta_did_not_count_are_told() {
    let said = |received: u64| events(answer(200, &format!(r#"{{"events_received":{received},"messages":[],"fbtrace_id":"A"}}"#)));
    assert_eq!(said(2), "accepted, 0 not");
    assert_eq!(said(1), "accepted, 1 not");
    assert_eq!(said(0), "rejected row-refused");
}
