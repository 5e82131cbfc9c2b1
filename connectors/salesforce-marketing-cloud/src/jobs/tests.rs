use sluice_sdk::serde_json::Value as Json;
use sluice_sdk::testing::{Answer, Rows as Made, Script, answer, outcomes};
use sluice_sdk::{Destination, Operation, PhysicalType};

use super::*;
use crate::MarketingCloud;

const FIELDS: &str = r#"{"id":"D1","fields":[{"name":"Id","type":"Text","isPrimaryKey":true,"length":5}]}"#;
const TOKEN: &[u8] = br#"{"job":"J1","page":0,"read":0}"#;

fn script() -> Script {
    Script::new().service("data-extensions").settings(r#"{"rest_tenant":"mc1"}"#).keep(b"D1").state(FIELDS.as_bytes())
}

fn rows(keys: &[&str]) -> Made {
    Made::new().column("key", PhysicalType::Utf8, keys.iter().map(|key| (*key).into())).attr("role", "identifier")
}

fn state_(request: &str, result: &str) -> Answer {
    let status = json!({ "requestStatus": request, "resultStatus": result, "hasErrors": result != "OK", "requestId": "J1" });
    answer(200, &json!({ "requestId": "other", "status": status, "resultMessages": [] }).to_string())
}

fn ok() -> Json {
    json!({ "status": "OK" })
}

fn error(message: &str) -> Json {
    json!({ "status": "Error", "errorCode": 2, "message": message })
}

fn page(page: u64, count: usize, items: &[Json]) -> Answer {
    answer(200, &json!({ "page": page, "pageSize": 50, "count": count, "items": items, "requestId": "J1" }).to_string())
}

fn asked_after(script: &Script, operation: Operation, made: &Made, token: &[u8]) -> Result<Written, Halt> {
    script.rows(operation, made, |call, rows| MarketingCloud::poll(call, rows, token))
}

fn polled(script: &Script, made: &Made) -> Written {
    asked_after(script, Operation::Upsert, made, TOKEN).expect("an answer")
}

#[test]
fn a_job_that_is_not_done_or_not_known_is_waited_for() {
    let missing =
        r#"{"requestId":"J1","resultMessages":[{"resultType":"Error","resultCode":"NotFound","message":"no such request"}]}"#;
    for answer in [state_("Pending", "OK"), state_("Executing", "OK"), answer(200, missing), answer(404, "{}")] {
        let script = script().answers(answer);
        let told = polled(&script, &rows(&["a"]));
        assert_eq!(outcomes(&told, 1), ["pending"]);
        assert_eq!(told.later.expect("a ticket").token, TOKEN, "the deadline of the first ticket ends it");
        assert_eq!(script.requests()[0].url, "https://mc1.rest.marketingcloudapis.com/data/v1/async/J1/status");
    }
}

#[test]
fn a_job_without_errors_is_done_and_one_that_failed_leaves_doubt() {
    let script_ = script().answers(state_("Complete", "OK"));
    assert_eq!(outcomes(&polled(&script_, &rows(&["a", "b"])), 2), ["accepted", "accepted"]);
    assert_eq!(script_.requests().len(), 1, "no results are asked for");
    let failed = polled(&script().answers(state_("Error", "Has Errors")), &rows(&["a"]));
    assert_eq!((outcomes(&failed, 1), failed.later), (vec!["unknown dest-unavailable".to_owned()], None));
    for strange in [answer(200, "<html>"), answer(200, "[1]"), state_("Sleeping", "OK"), answer(500, "")] {
        let told = asked_after(&script().answers(strange), Operation::Upsert, &rows(&["a"]), TOKEN);
        assert!(matches!(told, Err(Halt::Unavailable(_))), "{told:?}");
    }
}

/// "Items are in submission order (index = row)"; rows that were not sent have no place in it.
#[test]
fn each_row_has_the_word_at_its_own_place() {
    let made = rows(&["a", "", "c", "d", "too-long"]);
    let deadlock = error("Transaction was deadlocked on lock resources. Rerun the transaction.");
    let script = script().answers(state_("Complete", "Has Errors")).answers(page(1, 3, &[ok(), deadlock, error("bad value")]));
    let told = polled(&script, &made);
    let wanted = ["accepted", "rejected no-identifier", "retry dest-unavailable", "rejected row-refused", "rejected too-long"];
    assert_eq!((outcomes(&told, 5), told.later), (wanted.map(str::to_owned).to_vec(), None));
    let asked = &script.requests()[1].url;
    assert!(asked.ends_with("/async/J1/results?$page=1&page=1"), "{asked}");
}

#[test]
fn an_insert_of_a_key_that_is_there_is_noted() {
    let there = error("Violation of PRIMARY KEY constraint 'PK_C1'.");
    let script = script().answers(state_("Complete", "Has Errors")).answers(page(1, 2, &[there, ok()]));
    let told = asked_after(&script, Operation::Insert, &rows(&["a", "b"]), TOKEN).expect("an answer");
    assert_eq!(outcomes(&told, 2), ["accepted", "accepted"]);
    assert_eq!(told.receipt.notes.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [0]);
}

#[test]
fn many_results_are_read_in_several_polls_and_none_is_lost_between_them() {
    let count = PAGES_MAX + 2;
    let keys = vec!["a"; count];
    let made = rows(&keys);
    let mut first = script().answers(state_("Complete", "Has Errors"));
    for at in 1..=PAGES_MAX as u64 {
        first = first.answers(page(at, count, &[if at == 2 { error("bad") } else { ok() }]));
    }
    let told = polled(&first, &made);
    let said = outcomes(&told, count as u32);
    assert_eq!((said[0].as_str(), said[1].as_str()), ("accepted", "rejected row-refused"));
    assert_eq!(said[PAGES_MAX..], ["pending", "pending"]);
    let token = told.later.expect("a ticket").token;
    assert_eq!(String::from_utf8_lossy(&token), format!(r#"{{"job":"J1","page":{},"read":{PAGES_MAX}}}"#, PAGES_MAX + 1));
    let rest = script().answers(page(PAGES_MAX as u64 + 1, count, &[error("bad"), ok()]));
    let told = asked_after(&rest, Operation::Upsert, &made, &token).expect("the rest");
    assert_eq!(outcomes(&told, count as u32)[PAGES_MAX..], ["rejected row-refused", "accepted"]);
    assert_eq!((rest.requests().len(), told.later), (1, None), "how far the job is is not asked again");
}

/// Another page, or other rows, would put one row's word on another.
#[test]
fn results_that_are_not_those_of_the_rows_are_not_believed() {
    let asked = |page| {
        let script = script().answers(state_("Complete", "Has Errors")).answers(page);
        asked_after(&script, Operation::Upsert, &rows(&["a", "b"]), TOKEN)
    };
    for other in [page(1, 3, &[ok()]), page(1, 1, &[ok()]), page(1, 2, &[ok(), ok(), ok()])] {
        assert_eq!(outcomes(&asked(other).expect("a receipt"), 2), ["unknown dest-protocol"; 2]);
    }
    for other in [page(2, 2, &[ok(), ok()]), page(1, 2, &[]), answer(200, "{}"), answer(200, "<html>"), answer(500, "")] {
        assert!(matches!(asked(other), Err(Halt::Unavailable(_))));
    }
    assert_eq!(outcomes(&asked(answer(404, "{}")).expect("gone"), 2), ["unknown dest-object-missing"; 2]);
}

#[test]
fn a_token_of_somebody_else_is_refused() {
    for token in [&b""[..], b"J1", b"{}", br#"{"job":"../x","page":0,"read":0}"#, br#"{"job":"J1","page":-1,"read":0}"#, b"\xff"] {
        assert!(matches!(asked_after(&script(), Operation::Upsert, &rows(&["a"]), token), Err(Halt::Contract(_))), "{token:?}");
    }
}
