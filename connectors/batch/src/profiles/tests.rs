use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null, outcome};
use sluice_sdk::{Destination, Outcome, PhysicalType, code};

use super::*;
use crate::Batch;

const SUCCESS: &str = r#"{"code":"SUCCESS"}"#;

fn script() -> Script {
    Script::new().service("profiles").settings(r#"{"project_key":"project_1"}"#)
}

fn by_id(ids: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column("custom_id", PhysicalType::Utf8, ids).attr("role", "identifier").attr("identifier", "custom_id")
}

fn many(rows: usize) -> Made {
    by_id((0..rows).map(|n| Input::Text(format!("C-{n}"))))
}

fn total(rows_total: Option<u64>) -> Part {
    Part { key: "part-1".into(), number: 1, last: true, rows_total, attempt: 1 }
}

#[test]
fn an_upsert_is_one_update_of_what_changed() {
    let made = by_id(["C-10293".into(), "C-2".into()])
        .column("$email_address", PhysicalType::Utf8, ["lea.martin@example.com".into(), absent()])
        .column("$email_marketing", PhysicalType::Utf8, ["subscribed".into(), null()])
        .column("loyalty_points", PhysicalType::Int64, [1250.into(), absent()])
        .column("is_vip", PhysicalType::Boolean, [true.into(), absent()])
        .column("last_order_at", PhysicalType::TimestampMicros, [1_770_802_200_000_000.into(), absent()])
        .column("birthdate", PhysicalType::Date32, [7_140.into(), absent()])
        .column("interests", PhysicalType::Json, [r#"["trail","yoga"]"#.into(), absent()])
        .column("old_flag", PhysicalType::Utf8, [null(), absent()])
        .column("website", PhysicalType::Utf8, ["https://example.com".into(), absent()]);
    let script = script().options(r#"{"url_attributes":["website"]}"#).answers(answer(202, SUCCESS));
    let told = script.rows(Operation::Upsert, &made, Batch::write).expect("sent");
    assert_eq!((told.receipt.all, told.receipt.except.len()), (Outcome::Accepted, 0));
    let first = json!({
        "$email_address": "lea.martin@example.com", "$email_marketing": "subscribed", "loyalty_points": 1250, "is_vip": true,
        "date(last_order_at)": "2026-02-11T09:30:00Z", "date(birthdate)": "1989-07-20T00:00:00Z", "interests": ["trail", "yoga"],
        "old_flag": null, "url(website)": "https://example.com",
    });
    let operation = |id: &str, attributes| json!({ "identifiers": { "custom_id": id }, "attributes": attributes });
    let body = json!([operation("C-10293", first), operation("C-2", json!({ "$email_marketing": null }))]);
    assert_eq!(script.bodies(), [body]);
    let sent = &script.requests()[0];
    assert_eq!((sent.url.as_str(), sent.effect), ("https://api.batch.com/2.11/profiles/update", Effect::Repeatable));
    assert_eq!((&sent.pace[..], &sent.attrs[..]), (&["profile-updates".to_owned()][..], &[("rows".into(), "2".into())][..]));
}

#[test]
fn large_loads_go_to_the_endpoint_that_is_made_for_them() {
    for (rows, rows_total, wanted) in [
        (200, Some(5_000), Ok(Endpoint::Update)),
        (201, Some(5_000), Err(Some(200))),
        (1, Some(5_001), Ok(Endpoint::MassUpdate)),
        (10_000, Some(10_000), Ok(Endpoint::MassUpdate)),
        (200, None, Ok(Endpoint::Update)),
        (5_000, None, Err(Some(200))),
        (5_001, None, Ok(Endpoint::MassUpdate)),
    ] {
        let got = endpoint(&total(rows_total), rows).map_err(|halt| match halt {
            Halt::SplitBatch(split) => split.rows_fit,
            other => panic!("{other:?}"),
        });
        assert_eq!(got, wanted, "{rows} of {rows_total:?}");
    }
    let script = script().part(total(Some(5_001))).answers(answer(202, SUCCESS));
    assert!(script.rows(Operation::Upsert, &many(201), Batch::write).is_ok());
    let sent = &script.requests()[0];
    assert_eq!(sent.url, "https://api.batch.com/2.11/profiles/mass-update");
    assert_eq!((&sent.pace[..], &sent.attrs[..]), (&["mass-updates".to_owned()][..], &[("rows".into(), "201".into())][..]));
}

fn words(told: &Written) -> Vec<(u32, String)> {
    told.receipt.except.iter().map(|(row, end)| (*row, outcome(end))).collect()
}

#[test]
fn rows_of_one_custom_id_merge_as_if_one_had_followed_the_other() {
    let ids = ["C-1".into(), "c-1".into(), "C-1".into(), null(), Input::Text("é".repeat(513)), Input::Text("é".repeat(512))];
    let made = by_id(ids)
        .column("city", PhysicalType::Utf8, ["Nice".into(), "Lyon".into(), absent(), "x".into(), "x".into(), "x".into()])
        .column("plan", PhysicalType::Utf8, ["basic".into(), absent(), null(), absent(), absent(), absent()]);
    let script = script().answers(answer(202, SUCCESS));
    let told = script.rows(Operation::Upsert, &made, Batch::write).expect("sent");
    assert_eq!(words(&told), [(3, "rejected no-identifier".into()), (4, "rejected identifier-invalid".into())]);
    let body = &script.bodies()[0];
    let sent: Vec<_> = body.as_array().expect("operations").iter().map(|operation| operation["attributes"].clone()).collect();
    assert_eq!(sent, [json!({ "city": "Nice", "plan": null }), json!({ "city": "Lyon" }), json!({ "city": "x" })]);
}

#[test]
fn a_row_that_changes_a_list_is_not_merged_and_those_after_it_wait_as_well() {
    let (whole, change) = (r#"["a"]"#, r#" {"$add":["b"]}"#);
    let made = by_id(["1", "1", "1", "2", "2"].map(Input::from)).column(
        "tags",
        PhysicalType::Json,
        [whole, change, whole, change, whole].map(Input::from),
    );
    let script = script().answers(answer(202, SUCCESS));
    let told = script.rows(Operation::Upsert, &made, Batch::write).expect("sent");
    assert_eq!(words(&told), [1, 2].map(|row| (row, "retry dest-batch-too-large".to_owned())));
    let tags: Vec<_> = script.bodies()[0]
        .as_array()
        .expect("operations")
        .iter()
        .map(|operation| operation["attributes"]["tags"].clone())
        .collect();
    assert_eq!(tags, [json!(["a"]), json!(["a"])]);
}

#[test]
fn nothing_to_send_is_not_sent_and_other_operations_are_refused() {
    let nobody = script();
    let told = nobody.rows(Operation::Upsert, &by_id([null(), "".into()]), Batch::write).expect("a receipt");
    assert_eq!((told.receipt.except.len(), nobody.requests().len()), (2, 0));
    for operation in [Operation::Append, Operation::Remove, Operation::Insert] {
        let told = script().rows(operation, &many(1), Batch::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{operation:?}: {told:?}");
    }
    let told = script().service("audiences").rows(Operation::Upsert, &many(1), Batch::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::SERVICE_UNKNOWN), "{told:?}");
}

#[test]
fn who_leaves_has_their_attributes_erased() {
    let made = by_id(["C-1".into()]).column("city", PhysicalType::Utf8, [null()]);
    let script = script().answers(answer(202, SUCCESS));
    assert!(script.rows(Operation::Update, &made, Batch::write).is_ok());
    assert_eq!(script.bodies(), [json!([{ "identifiers": { "custom_id": "C-1" }, "attributes": { "city": null } }])]);
}

#[test]
fn a_body_that_would_be_too_large_is_cut_before_it_is_sent() {
    let made = by_id(["C-1".into(), "C-2".into()]).column("bio", PhysicalType::Utf8, ["x".repeat(100).as_str().into(), "y".into()]);
    let script = script().attr("unit-bytes", "200");
    let told = script.rows(Operation::Upsert, &made, Batch::write);
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(1)), "{told:?}");
    assert_eq!(script.requests().len(), 0);
}
