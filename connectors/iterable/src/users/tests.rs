use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, failure, null, outcomes as rows};
use sluice_sdk::{Destination, Operation, PhysicalType, code};

use super::*;
use crate::Iterable;

const FINE: &str = r#"{"successCount":1,"failCount":0}"#;

fn script(service: &str, mode: &str, project: &str) -> Script {
    let settings = format!(r#"{{"data_center":"EU","project_type":"{project}"}}"#);
    Script::new().service(service).mode(mode).settings(&settings).options(r#"{"list":"VIP"}"#)
}

fn by(name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn write(script: &Script, operation: Operation, rows: &Made) -> Result<Written, Halt> {
    script.rows(operation, rows, Iterable::write)
}

#[test]
fn an_upsert_is_one_bulk_update_of_what_changed() {
    let made = by("email", ["lea@example.org".into(), null()])
        .column("tier", PhysicalType::Utf8, ["gold".into(), "x".into()])
        .column("age", PhysicalType::Int64, [absent(), 3.into()])
        .column("city", PhysicalType::Utf8, [null(), "x".into()])
        .column("lastOrderAt", PhysicalType::TimestampMicros, [1_777_543_200_000_000.into(), 0.into()]);
    let script = script("attributes", "upsert", "email").answers(answer(200, FINE));
    let told = write(&script, Operation::Upsert, &made).expect("sent");
    assert_eq!(rows(&told, 2), ["accepted", "rejected no-identifier"]);
    let user = json!({
        "email": "lea@example.org", "mergeNestedObjects": false,
        "dataFields": { "tier": "gold", "city": null, "lastOrderAt": "2026-04-30T10:00:00Z" },
    });
    assert_eq!(script.bodies(), [json!({ "createNewFields": true, "users": [user] })]);
    let sent = &script.requests()[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "https://api.eu.iterable.com/api/users/bulkUpdate"));
    assert_eq!((&sent.credentials[..], &sent.pace[..]), (&["api_key".to_owned()][..], &["bulk-update".to_owned()][..]));
}

#[test]
fn options_say_whether_fields_are_made_and_objects_joined() {
    let made = by("userId", ["u_1".into()]).column("home", PhysicalType::Json, [r#"{"city":"Lyon"}"#.into()]);
    let script = script("attributes", "upsert", "userId")
        .options(r#"{"create_new_fields":false,"merge_nested_objects":true}"#)
        .answers(answer(200, FINE));
    write(&script, Operation::Upsert, &made).expect("sent");
    let user = json!({ "userId": "u_1", "mergeNestedObjects": true, "dataFields": { "home": { "city": "Lyon" } } });
    assert_eq!(script.bodies(), [json!({ "createNewFields": false, "users": [user] })]);
}

#[test]
fn update_only_goes_through_a_list_where_the_projects_type_leaves_strangers_alone() {
    for project in ["userId", "hybrid"] {
        let made = by("userId", ["u_1".into(), "u_2".into()]).column("tier", PhysicalType::Utf8, ["gold".into(), "gold".into()]);
        let reply = r#"{"successCount":1,"failCount":1,"failedUpdates":{"notFoundUserIds":["u_2"]}}"#;
        let script = script("attributes", "update-only", project).keep(b"77").answers(answer(200, reply));
        let told = write(&script, Operation::Update, &made).expect("sent");
        assert_eq!(rows(&told, 2), ["accepted", "skipped not-found-in-destination"]);
        assert_eq!(told.receipt.unnamed, 0);
        let user = |id| json!({ "userId": id, "mergeNestedObjects": false, "dataFields": { "tier": "gold" } });
        let body = json!({ "listId": 77, "updateExistingUsersOnly": true, "subscribers": [user("u_1"), user("u_2")] });
        assert_eq!(script.bodies(), [body]);
        assert!(script.requests()[0].url.ends_with("/api/lists/subscribe"));
    }
}

#[test]
fn update_only_asks_after_each_user_in_a_project_by_address() {
    let people = ["a/b@example.com", "new@example.com", "odd@example.com", "bad@", "known@example.com"];
    let made = by("email", people.map(Input::from)).column("tier", PhysicalType::Utf8, people.map(Input::from));
    let script = script("attributes", "update-only", "email")
        .answers(answer(200, r#"{"user":{"email":"a/b@example.com"}}"#))
        .answers(answer(200, "{}"))
        .answers(answer(400, r#"{"code":"InvalidEmailAddressError","msg":"Invalid email: odd"}"#))
        .answers(answer(200, r#"{"user":{"email":"known@example.com"}}"#))
        .answers(answer(200, FINE));
    let told = write(&script, Operation::Update, &made).expect("sent");
    let wanted = ["accepted", "skipped not-found-in-destination", "rejected identifier-invalid", "rejected bad-format", "accepted"];
    assert_eq!(rows(&told, 5), wanted);
    let urls: Vec<String> = script.requests().iter().map(|r| r.url.replace("https://api.eu.iterable.com/api/users/", "")).collect();
    let asked = |email: &str| format!("getByEmail?email={email}");
    assert_eq!(urls[..2], [asked("a%2Fb%40example.com"), asked("new%40example.com")], "a slash cannot stand in a path");
    assert_eq!((urls.len(), urls[4].as_str()), (5, "bulkUpdate"));
    let emails: Vec<_> = script.bodies()[4]["users"].as_array().expect("users").iter().map(|u| u["email"].clone()).collect();
    assert_eq!(emails, ["a/b@example.com", "known@example.com"]);
}

#[test]
fn nothing_is_written_where_a_question_has_no_answer_or_nobody_is_known() {
    let one = || by("email", ["a@example.com".into()]).column("tier", PhysicalType::Utf8, ["gold".into()]);
    let silent = script("attributes", "update-only", "email").fails(failure("egress-timeout", true));
    let told = write(&silent, Operation::Update, &one());
    assert!(matches!(told, Err(Halt::Unavailable(_))), "{told:?}");
    let strangers = script("attributes", "update-only", "email").answers(answer(200, "{}"));
    let told = write(&strangers, Operation::Update, &one()).expect("nothing to send");
    assert_eq!((rows(&told, 1), strangers.requests().len()), (vec!["skipped not-found-in-destination".to_owned()], 1));
    let many = by("email", (0..201).map(|n| Input::Text(format!("{n}@example.com"))));
    let told = write(&script("attributes", "update-only", "email"), Operation::Update, &many);
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(200)), "{told:?}");
}

#[test]
fn names_that_iterable_keeps_for_itself_are_no_attributes() {
    let kept = RESERVED.iter().copied().chain(["unsubscribedChannelIds", "unsubscribed"]);
    for name in kept {
        let made = by("userId", ["u_1".into()]).column(name, PhysicalType::Utf8, ["x".into()]);
        let script = script("attributes", "upsert", "hybrid");
        let told = write(&script, Operation::Upsert, &made);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::DEST_CONFIG && r.message.contains(name)), "{told:?}");
        assert_eq!(script.requests().len(), 0);
    }
    let made = by("userId", ["u_1".into()]).column("phoneNumber", PhysicalType::Utf8, ["+33612345678".into()]);
    let phone = script("attributes", "upsert", "hybrid").answers(answer(200, FINE));
    assert!(write(&phone, Operation::Upsert, &made).is_ok());
}

#[test]
fn a_body_that_would_be_too_large_is_cut_before_it_is_sent() {
    let made =
        by("userId", ["u_1".into(), "u_2".into()]).column("bio", PhysicalType::Utf8, ["x".repeat(100).as_str().into(), "y".into()]);
    let script = script("attributes", "upsert", "userId").attr("unit-bytes", "230");
    let told = write(&script, Operation::Upsert, &made);
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(1)), "{told:?}");
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn operations_that_a_service_does_not_have_are_refused() {
    let made = by("userId", ["u_1".into()]);
    for (service, operation) in [("attributes", Operation::Remove), ("attributes", Operation::Append), ("lists", Operation::Upsert)]
    {
        let told = write(&script(service, "upsert", "userId"), operation, &made);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{service}: {told:?}");
    }
    let told = write(&script("events", "append", "userId"), Operation::Append, &made);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN), "{told:?}");
}
