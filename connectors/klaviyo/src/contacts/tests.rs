use sluice_sdk::testing::{Rows as Made, Script, answer};
use sluice_sdk::{Destination, Outcome, PhysicalType, code};

use super::*;
use crate::Klaviyo;

fn script() -> Script {
    Script::new().service("contacts").mode("update-only")
}

fn people() -> Made {
    let emails = ["a@x.example".into(), "new@x.example".into(), "bad@".into()];
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier").attr("identifier", "email").column(
        "tier",
        PhysicalType::Utf8,
        ["gold".into(), "gold".into(), "gold".into()],
    )
}

const FOUND: &str = r#"{"data":[{"type":"profile","id":"01A","attributes":{"email":"A@x.example"}}],"links":{"self":"x"}}"#;
const TAKEN: &str = r#"{"data":{"type":"profile-bulk-import-job","id":"J1","attributes":{"status":"queued"}}}"#;

#[test]
fn update_only_sends_whom_klaviyo_knows_by_its_own_id() {
    let script = script().answers(answer(200, FOUND)).answers(answer(202, TAKEN));
    let told = script.rows(Operation::Update, &people(), Klaviyo::write).expect("sent");
    assert_eq!(told.receipt.all, Outcome::Pending);
    let of = |at: u32| told.receipt.except.iter().find(|(row, _)| *row == at).map(|(_, outcome)| outcome);
    assert!(matches!(of(1), Some(Outcome::Skipped(r)) if r.code == code::NOT_FOUND_IN_DESTINATION), "{told:?}");
    assert!(matches!(of(2), Some(Outcome::Rejected(r)) if r.code == code::BAD_FORMAT), "{told:?}");
    let profiles = &script.bodies()[1]["data"]["attributes"]["profiles"]["data"];
    assert_eq!((profiles.as_array().map(Vec::len), &profiles[0]["id"]), (Some(1), &sluice_sdk::serde_json::json!("01A")));
}

#[test]
fn nothing_is_sent_where_nobody_is_known_or_the_question_has_no_answer() {
    let strangers = script().answers(answer(200, r#"{"data":[],"links":{}}"#));
    let told = strangers.rows(Operation::Update, &people(), Klaviyo::write).expect("a receipt");
    assert_eq!((told.receipt.except.len(), strangers.requests().len()), (3, 1));
    for reply in [answer(503, ""), answer(200, "<html>"), answer(200, r#"{"data":[]}"#)] {
        let script = script().answers(reply);
        let told = script.rows(Operation::Update, &people(), Klaviyo::write);
        assert!(matches!(told, Err(Halt::Unavailable(_))), "{told:?}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn operations_and_services_that_there_are_not_are_refused() {
    for operation in [Operation::Remove, Operation::Append, Operation::Add] {
        let told = script().rows(operation, &people(), Klaviyo::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{told:?}");
    }
    let told = Script::new().service("events").rows(Operation::Append, &people(), Klaviyo::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN), "{told:?}");
}
