use sluice_sdk::Object;
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Answer, Script, answer, failure, halted, outcome as word, outcomes};

use super::*;

/// Three objects: of the rows 0 and 2, of the row 1, of the row 4. Row 3 is not sent.
struct Rows;

impl Object for Rows {
    fn id(&self, row: usize) -> Result<&str, Reason> {
        ["a", "b", "a", "", "c"].get(row).copied().filter(|id| !id.is_empty()).ok_or_else(|| Reason::new(code::NO_IDENTIFIER, ""))
    }

    fn check(&self, _row: usize) -> Result<(), Reason> {
        Ok(())
    }

    fn joins(&self, _inside: &[u32], _row: usize) -> bool {
        true
    }

    fn write(&self, _body: &mut Writer, _id: &str, _rows: &[u32]) {}
}

fn told(answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let groups = Script::new().call(|call| call.grouped(&mut Writer::default(), 5, &Rows)).expect("it fits");
    of_operations(&groups, answer)
}

fn answered(status: u16, body: &str) -> Result<Written, Halt> {
    told(Ok(answer(status, body).response()))
}

fn rows(told: &Written) -> Vec<String> {
    outcomes(told, 5)
}

#[test]
fn every_code_of_a_refusal_has_its_meaning() {
    for (status, own, wanted) in [
        (400, "MALFORMED_JSON_BODY", "halve row-refused"),
        (400, "MALFORMED_PARAMETER", "halve row-refused"),
        (400, "MISSING_PARAMETER", "halve row-refused"),
        (400, "AUTHENTICATION_INVALID", "auth dest-auth"),
        (400, "PROJECT_NOT_MIGRATED", "config dest-config"),
        (401, "AUTHENTICATION_INVALID", "auth dest-auth"),
        (401, "", "auth dest-auth"),
        (402, "", "quota dest-quota"),
        (403, "AUTHENTICATION_INVALID", "auth dest-auth"),
        (403, "PROJECT_FORBIDDEN", "config dest-config"),
        (403, "", "config dest-config"),
        (404, "PROJECT_NOT_FOUND", "config dest-config"),
        (404, "", "config dest-config"),
        (413, "", "split dest-batch-too-large"),
        (429, "TOO_MANY_REQUESTS", "throttled dest-rate-limited"),
        (429, "", "throttled dest-rate-limited"),
        // Refused whole where Batch says so; by nobody's word, not even that is known.
        (500, "SERVER_ERROR", "unavailable dest-unavailable"),
        (503, "MAINTENANCE_MODE", "unavailable dest-unavailable"),
        (500, "", "unknown dest-unavailable, stop"),
        (503, "", "unknown dest-unavailable, stop"),
        (502, "SERVER_ERROR", "unknown dest-unavailable, stop"),
        (504, "", "unknown dest-timeout, stop"),
        // Of no sheet.
        (400, "SOMETHING_NEW", "halve row-refused"),
        (400, "", "halve row-refused"),
        (415, "", "config dest-config"),
        (307, "", "config dest-config"),
    ] {
        let got = match answered(status, &json!({ "error_code": own, "error_message": "words" }).to_string()) {
            Ok(written) if written.receipt.attrs == [("scope".to_owned(), "batch".to_owned())] => {
                word(&written.receipt.all).replace("rejected", "halve")
            }
            Ok(written) => format!("{}{}", word(&written.receipt.all), if written.stop.is_some() { ", stop" } else { "" }),
            Err(halt) => halted(&halt),
        };
        assert_eq!(got, wanted, "{status} {own}");
    }
}

#[test]
fn a_wrong_project_or_app_is_named_by_its_setting() {
    let field = |halt: Halt| halt.reason().and_then(|reason| Some((reason.field.clone()?, reason.vendor_code.clone()?)));
    let body = r#"{"error_code":"PROJECT_NOT_FOUND","error_message":"no such project"}"#;
    let Err(halt) = answered(404, body) else { panic!("taken") };
    assert_eq!(field(halt), Some(("project_key".into(), "PROJECT_NOT_FOUND".into())));
    for status in [403, 404] {
        let Err(Ended::Halt(halt)) = of_custom_data(2, Ok(answer(status, "").response())) else { panic!("taken") };
        assert!(halt.reason().is_some_and(|reason| reason.message.contains("app 3")), "{halt:?}");
        assert_eq!(field(halt), Some(("app_api_keys".into(), status.to_string())));
    }
}

#[test]
fn a_429_says_when_to_come_back_only_where_batch_says_so() {
    let wait = |answer: Answer| match told(Ok(answer.response())) {
        Err(Halt::Throttled(reason)) => (reason.after_ms, reason.at_ms),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(answer(429, "{}")), (None, None));
    assert_eq!(wait(answer(429, "{}").with_header("retry-after", "3")), (Some(3000), None));
}

#[test]
fn a_success_says_what_was_refused_of_it() {
    let fine = ["accepted", "accepted", "accepted", "rejected no-identifier", "accepted"].map(str::to_owned).to_vec();
    let refused = |row: usize| {
        let mut rows = fine.clone();
        rows[row] = "rejected row-refused".to_owned();
        rows
    };
    let attribute = |index: usize| json!({ "category": "ATTRIBUTE", "bulk_index": index, "attribute": "city", "reason": "x" });
    for (errors, rows_wanted, notes_wanted, unnamed) in [
        (json!([]), fine.clone(), vec![], 1),
        (json!([attribute(1)]), fine.clone(), vec![1], 0),
        (json!([attribute(2), attribute(2)]), fine.clone(), vec![4, 4], 0),
        (json!([attribute(0)]), fine.clone(), vec![0, 2], 0),
        (json!([{ "category": "attribute", "bulk_index": 1, "reason": "x" }]), fine.clone(), vec![1], 0),
        (json!([{ "category": "EVENT", "bulk_index": 2, "reason": "x" }]), refused(4), vec![], 0),
        (json!([{ "category": "EVENT", "bulk_index": 0, "reason": "x" }]), fine.clone(), vec![], 1),
        (json!([{ "category": "NEW", "bulk_index": 1 }, { "category": "NEW", "bulk_index": 1 }]), refused(1), vec![], 0),
        // Positions that were not sent.
        (json!([attribute(3)]), fine.clone(), vec![], 1),
        (json!([{ "category": "ATTRIBUTE", "reason": "x" }, { "bulk_index": 9 }]), fine.clone(), vec![], 2),
        (json!([{}, {}, {}, {}, {}, {}]), fine.clone(), vec![], 4),
        (json!([{ "bulk_index": 2 }, {}, {}, {}, {}, {}]), refused(4), vec![], 3),
    ] {
        let body = json!({ "code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": errors }).to_string();
        let written = answered(202, &body).expect("a receipt");
        let notes: Vec<u32> = written.receipt.notes.iter().map(|(row, _)| *row).collect();
        assert_eq!((rows(&written), notes, written.receipt.unnamed), (rows_wanted, notes_wanted, unnamed), "{errors}");
    }
    let written = answered(202, r#"{"code":"SUCCESS"}"#).expect("a receipt");
    assert_eq!((rows(&written), written.receipt.unnamed), (fine, 0));
}

#[test]
fn batchs_words_are_kept_apart_from_ours() {
    let error = json!({ "category": "ATTRIBUTE", "bulk_index": 1, "attribute": "city", "reason": "not Nice" });
    let body = json!({ "code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error] }).to_string();
    let written = answered(202, &body).expect("a receipt");
    let [(1, reason)] = &written.receipt.notes[..] else { panic!("{written:?}") };
    assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::DEST_FIELD_INVALID, Some("city")));
    assert_eq!(reason.vendor_code.as_deref(), Some("ATTRIBUTE"));
    assert!(!reason.message.contains("Nice"), "{reason:?}");
    assert_eq!(reason.attrs, [("said".to_owned(), "not Nice".to_owned())]);
}

#[test]
fn an_answer_that_is_not_batchs_leaves_the_rows_in_doubt() {
    for body in ["", "{}", "[]", r#"{"code":"OK"}"#, r#"{"token":"f0e1"}"#, r#"{"code":"SUCCESS""#, "<html>log in</html>"] {
        for status in [200, 202] {
            let written = answered(status, body).expect("a receipt");
            let mut wanted = vec!["unknown dest-protocol"; 5];
            wanted[3] = "rejected no-identifier";
            assert_eq!(rows(&written), wanted, "{body}");
            assert!(matches!(written.stop, Some(Halt::Unavailable(_))), "{body}");
        }
    }
    let page = answered(400, "<html>proxy</html>");
    assert!(matches!(&page, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{page:?}");
    for (sent, doubt) in [(false, false), (true, true)] {
        assert_eq!(told(Err(failure("egress-timeout", sent))).is_ok(), doubt);
    }
}
