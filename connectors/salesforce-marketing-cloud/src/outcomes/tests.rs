use sluice_sdk::serde_json::{self, json};
use sluice_sdk::status::Ended;
use sluice_sdk::testing::{Answer, answer};
use sluice_sdk::{Halt, Written};

use super::*;

fn item(item: sluice_sdk::serde_json::Value) -> Item {
    serde_json::from_str(&item.to_string()).expect("an item")
}

#[test]
fn a_row_is_judged_by_its_words_and_not_by_its_code() {
    let deadlock = "Transaction (Process ID 78) was deadlocked on lock resources. Rerun the transaction.";
    let there = "Violation of PRIMARY KEY constraint 'PK_C1'. Cannot insert duplicate key in object 'C1.MCDE_1'.";
    for (told, operation, wanted) in [
        (json!({ "status": "OK" }), Operation::Upsert, "accepted"),
        (json!({ "status": "Error", "errorCode": 2, "message": deadlock }), Operation::Upsert, "retry dest-unavailable 2"),
        (
            json!({ "status": "Error", "errorCode": "UnexpectedError", "message": deadlock }),
            Operation::Insert,
            "retry dest-unavailable UnexpectedError",
        ),
        (
            json!({ "status": "Error", "errorCode": "UnexpectedError", "message": there }),
            Operation::Insert,
            "noted row-refused UnexpectedError",
        ),
        (json!({ "status": "Error", "errorCode": 2, "message": there }), Operation::Upsert, "rejected row-refused 2"),
        (json!({ "status": "Error", "errorCode": 2, "message": "too long" }), Operation::Insert, "rejected row-refused 2"),
        (json!({ "status": "Error" }), Operation::Upsert, "rejected row-refused "),
        (json!({ "status": "Perhaps" }), Operation::Upsert, "unknown dest-protocol "),
    ] {
        let code = |reason: Reason| format!("{} {}", reason.code, reason.vendor_code.unwrap_or_default());
        let word = match of_row(&item(told.clone()), operation) {
            (Outcome::Accepted, None) => "accepted".to_owned(),
            (Outcome::Accepted, Some(note)) => format!("noted {}", code(note)),
            (Outcome::Rejected(reason), None) => format!("rejected {}", code(reason)),
            (Outcome::Retry(reason), None) => format!("retry {}", code(reason)),
            (Outcome::Unknown(reason), None) => format!("unknown {}", code(reason)),
            other => format!("{other:?}"),
        };
        assert_eq!(word, wanted, "{told}");
    }
}

#[test]
fn the_platforms_words_are_kept_apart_from_ours() {
    let (outcome, _) = of_row(&item(json!({ "status": "Error", "errorCode": 2, "message": "secret value" })), Operation::Upsert);
    let Outcome::Rejected(reason) = outcome else { panic!("{outcome:?}") };
    assert!(!reason.message.contains("secret") && reason.attrs == [("said".to_owned(), "secret value".to_owned())], "{reason:?}");
}

fn write(answer: Answer) -> String {
    let of = |halt: &Halt| {
        let reason = halt.reason().expect("a reason");
        let own = reason.vendor_code.as_deref().unwrap_or_default();
        let wait = reason.after_ms.map_or(String::new(), |ms| format!(" after {ms}"));
        match halt {
            Halt::Auth(_) => format!("auth {own}"),
            Halt::Config(_) => format!("config {} {own}", reason.code),
            Halt::Missing(_) => "missing".to_owned(),
            Halt::Throttled(_) => format!("throttled{wait}"),
            Halt::SplitBatch(_) => "split".to_owned(),
            other => format!("{other:?}"),
        }
    };
    match MARKETING_CLOUD.of_write(Ok(answer.response())) {
        Ok(answer) => answer.status().to_string(),
        Err(Ended::Halt(halt)) => of(&halt),
        Err(Ended::Written(Written { receipt, stop, .. })) => match (receipt.all, stop) {
            (Outcome::Unknown(_), Some(_)) => "unknown, stop".to_owned(),
            other => format!("{other:?}"),
        },
    }
}

#[test]
fn refusals_of_the_whole_have_the_meaning_of_the_vendors_codes() {
    let said = r#"{"requestId":"r-1","resultMessages":[{"resultType":"Error","resultClass":"Validation","resultCode":"InvalidColumn","message":"no such column"}]}"#;
    let lacks = r#"{"message":"Insufficient privileges","errorcode":20002}"#;
    for (answer, wanted) in [
        (answer(202, "{}"), "202"),
        (answer(400, said), "config dest-config 400"),
        (answer(401, r#"{"message":"Not Authorized","errorcode":0}"#), "auth 401"),
        (answer(403, "{}"), "config dest-permission 403"),
        (answer(403, lacks), "config dest-permission 20002"),
        (answer(400, lacks), "config dest-permission 20002"),
        (answer(400, &lacks.replace("20002", "\"20002\"")), "config dest-permission 20002"),
        (answer(404, "{}"), "missing"),
        (answer(413, "{}"), "split"),
        (
            answer(429, r#"{"message":"Rate limit exceeded","errorcode":50100,"retryAfter":5}"#).with_header("Retry-After", "5"),
            "throttled after 5000",
        ),
        (answer(429, r#"{"errorcode":50200,"message":"Your requests are temporarily blocked."}"#), "throttled"),
        (answer(500, r#"{"message":"Internal","errorcode":0}"#), "unknown, stop"),
        (answer(503, ""), "unknown, stop"),
    ] {
        assert_eq!(write(answer), wanted);
    }
}
