use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, failure, null};
use sluice_sdk::{Destination, Outcome, PhysicalType, Written, code};

use super::*;
use crate::Batch;

const TAKEN: &str = r#"{"token":"f0e1"}"#;

fn script(apps: &str) -> Script {
    Script::new().service("contacts").mode("update-only").settings(&format!(r#"{{"app_api_keys":{apps}}}"#))
}

fn by_id<const N: usize>(ids: [&str; N]) -> Made {
    let made = Made::new().column("custom_id", PhysicalType::Utf8, ids.map(Input::from));
    made.attr("role", "identifier").attr("identifier", "custom_id")
}

fn write(script: &Script, made: &Made) -> Result<Written, Halt> {
    script.rows(Operation::Update, made, Batch::write)
}

#[test]
fn the_same_data_goes_to_each_app() {
    let made = by_id(["C-10293", "C-2"])
        .column("city", PhysicalType::Utf8, ["Nice".into(), null()])
        .column("points", PhysicalType::Int64, [1250.into(), absent()])
        .column("last_order", PhysicalType::TimestampMicros, [1_770_802_200_000_000.into(), absent()])
        .column("interests", PhysicalType::Json, [r#"["trail","yoga"]"#.into(), absent()]);
    let script = script(r#"["IOS","ANDROID"]"#).answers(answer(202, TAKEN)).answers(answer(202, TAKEN));
    let told = write(&script, &made).expect("sent");
    assert_eq!((told.receipt.all, told.receipt.except.len()), (Outcome::Accepted, 0));
    let values = json!({
        "u.city": "Nice", "u.points": 1250, "date(u.last_order)": "2026-02-11T09:30:00Z", "ut.interests": ["trail", "yoga"],
    });
    let user = |id: &str, values| json!({ "id": id, "update": { "overwrite": false, "values": values } });
    let body = json!([user("C-10293", values), user("C-2", json!({ "u.city": null }))]);
    assert_eq!(script.bodies(), [body.clone(), body]);
    let urls: Vec<String> = script.requests().into_iter().map(|request| request.url).collect();
    assert_eq!(urls, ["IOS", "ANDROID"].map(|app| format!("https://api.batch.com/1.0/{app}/data/users")));
}

#[test]
fn the_first_app_that_refuses_is_the_last_that_is_asked_and_nothing_was_written() {
    let script = script(r#"["A","B"]"#).answers(answer(404, "{}"));
    let Err(Halt::Config(reason)) = write(&script, &by_id(["C-1"])) else { panic!("not refused") };
    assert_eq!((reason.field.as_deref(), reason.message.contains("app 1")), (Some("app_api_keys"), true), "{reason:?}");
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn what_one_app_took_and_another_did_not_is_in_doubt() {
    let bad = r#"{"error_code":"MALFORMED_PARAMETER","error_message":""}"#;
    for (answered, wanted, stops) in [
        (Ok(answer(404, "{}")), "unknown dest-config", true),
        (Ok(answer(401, "{}")), "unknown dest-auth", true),
        (Ok(answer(429, "{}")), "unknown dest-rate-limited", true),
        (Ok(answer(413, "{}")), "unknown dest-batch-too-large", true),
        (Ok(answer(500, "{}")), "unknown dest-unavailable", true),
        (Err(failure("egress-connect-failed", false)), "unknown egress-connect-failed", true),
        (Err(failure("egress-timeout", true)), "unknown dest-timeout", false),
        (Ok(answer(400, bad)), "rejected row-refused", false),
    ] {
        let made = by_id(["C-1", ""]);
        let script = script(r#"["A","B"]"#).answers(answer(202, TAKEN));
        let script = match answered.clone() {
            Ok(answer) => script.answers(answer),
            Err(failure) => script.fails(failure),
        };
        let told = write(&script, &made).expect("a receipt");
        let word = match &told.receipt.all {
            Outcome::Unknown(reason) => format!("unknown {}", reason.code),
            Outcome::Rejected(reason) => format!("rejected {}", reason.code),
            other => panic!("{other:?}"),
        };
        assert_eq!((word.as_str(), told.stop.is_some()), (wanted, stops), "{answered:?}");
        let halves = told.receipt.attrs.iter().any(|(key, value)| key == "scope" && value == "batch");
        assert_eq!((told.receipt.except.len(), halves), if wanted.starts_with("rejected") { (0, true) } else { (1, false) });
    }
}

#[test]
fn a_success_without_a_token_is_not_batches() {
    for body in ["", "{}", "[]", r#"{"code":"SUCCESS"}"#, "<html>log in</html>"] {
        let script = script(r#"["A"]"#).answers(answer(200, body));
        let told = write(&script, &by_id(["C-1"])).expect("a receipt");
        assert!(matches!(&told.receipt.all, Outcome::Unknown(r) if r.code == code::DEST_PROTOCOL), "{body}: {told:?}");
        assert!(matches!(told.stop, Some(Halt::Unavailable(_))), "{body}");
    }
}

#[test]
fn a_service_needs_an_app_and_has_no_removals() {
    let nothing = script("[]");
    let told = write(&nothing, &by_id(["C-1"]));
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("app_api_keys")), "{told:?}");
    for operation in [Operation::Append, Operation::Remove, Operation::Add] {
        let told = script(r#"["A"]"#).rows(operation, &by_id(["C-1"]), Batch::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{operation:?}: {told:?}");
    }
}

#[test]
fn the_check_asks_the_project_and_every_app() {
    let check = |settings: &str, script: Script| script.settings(settings).call(Batch::check);
    let both = r#"{"project_key":"project_1","app_api_keys":["A","B"]}"#;
    let list = || answer(200, r#"{"orchestrations":[],"count":0}"#);
    let told = check(both, Script::new().answers(list()).answers(answer(202, TAKEN)).answers(answer(202, TAKEN)));
    assert!(told.as_ref().is_ok_and(|told| told.contains("the project and 2 apps")), "{told:?}");
    let told = check(r#"{"app_api_keys":["A"]}"#, Script::new().answers(answer(202, TAKEN)));
    assert!(told.as_ref().is_ok_and(|told| told.contains("Connected: 1 app.")), "{told:?}");
    let told = check(both, Script::new().answers(list()).answers(answer(202, TAKEN)).answers(answer(404, "{}")));
    assert!(matches!(&told, Err(Halt::Config(r)) if r.message.contains("app 2")), "{told:?}");
    let told = check(both, Script::new().answers(answer(404, r#"{"error_code":"PROJECT_NOT_FOUND","error_message":""}"#)));
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("project_key")), "{told:?}");
    let told = check(both, Script::new().answers(answer(200, r#"{"code":"SUCCESS"}"#)));
    assert!(matches!(&told, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{told:?}");
    let told = check("{}", Script::new());
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::SETTINGS_INVALID), "{told:?}");
}
