//! Attributes: who is written, who is made, what is sent, and what becomes of users whom Iterable does not take.

use serde_json::{Value, json};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell, Table,
    words::{halt, outcomes},
};
use sluice_twins::iterable::Project;

use crate::{
    rig::{ATTRIBUTES, BULK_UPDATE, Rig, people},
    state,
};

/// 2026-04-30T10:00:00Z.
const MORNING_US: i64 = 1_777_543_200_000_000;

fn accepted(rows: usize) -> Vec<String> {
    vec!["accepted".to_owned(); rows]
}

/// "Attributes: any JSON. Dates: string `yyyy-MM-dd HH:mm:ss ZZ` or ISO 8601."
#[tokio::test(flavor = "multi_thread")]
async fn every_type_arrives_as_what_it_is() {
    let rig = Rig::of(Project::UserId).await;
    let table = people(["u_1"])
        .with("isVip", PhysicalType::Boolean, "attribute", [true])
        .with("points", PhysicalType::Int64, "attribute", [9_007_199_254_740_993])
        .with("lifetimeValue", PhysicalType::Float64, "attribute", [Cell::Float(412.5)])
        .with("firstName", PhysicalType::Utf8, "attribute", ["Zoë \"Z\" \\ O'Neil\n"])
        .with("birthday", PhysicalType::Date32, "attribute", [7_384])
        .with("lastOrderAt", PhysicalType::TimestampMicros, "attribute", [MORNING_US])
        .with("tags", PhysicalType::Json, "attribute", [r#"["shoes","sale"]"#]);
    assert_eq!(outcomes(&rig.upsert(table).await, 1), accepted(1));
    let body = rig.twin.log().to(BULK_UPDATE)[0].json().unwrap();
    let wanted = json!({
        "isVip": true, "points": 9_007_199_254_740_993_i64, "lifetimeValue": 412.5, "firstName": "Zoë \"Z\" \\ O'Neil\n",
        "birthday": "1990-03-21", "lastOrderAt": "2026-04-30T10:00:00Z", "tags": ["shoes", "sale"],
    });
    assert_eq!(body["users"][0]["dataFields"], wanted);
    let held = state::fields(&rig.twin, "u_1").unwrap();
    for name in ["isVip", "points", "lifetimeValue", "firstName", "tags"] {
        assert_eq!(held[name], wanted[name], "{name}");
    }
    assert_eq!(rig.twin.warnings(), []);
}

/// "Omitted fields are untouched. null clears the value (inferred)."
#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_left_alone_cleared_or_set() {
    let rig = Rig::of(Project::UserId).await;
    let two = |plan: [Cell; 2], city: [Cell; 2]| {
        let table = people(["u_1", "u_2"]).with("plan", PhysicalType::Utf8, "attribute", plan);
        table.with("city", PhysicalType::Utf8, "attribute", city)
    };
    let first = two(["basic".into(), "basic".into()], ["Lyon".into(), "Nantes".into()]);
    assert_eq!(outcomes(&rig.upsert(first).await, 2), accepted(2));
    let second = two([Cell::Absent, "gold".into()], [Cell::Null, Cell::Absent]);
    assert_eq!(outcomes(&rig.upsert(second).await, 2), accepted(2));
    let sent: Vec<Value> = rig.twin.log().to(BULK_UPDATE)[1].json().unwrap()["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["dataFields"].clone())
        .collect();
    assert_eq!(sent, [json!({ "city": null }), json!({ "plan": "gold" })]);
    assert_eq!(state::fields(&rig.twin, "u_2").unwrap()["city"], "Nantes");
    let held = state::fields(&rig.twin, "u_1").unwrap();
    assert_eq!((&held["plan"], held["city"].is_null()), (&json!("basic"), true));
}

/// "mergeNestedObjects: default false: a sent top-level object replaces the stored one."
#[tokio::test(flavor = "multi_thread")]
async fn an_object_takes_the_place_of_the_stored_one_or_joins_it() {
    for (merges, wanted) in [(false, json!({ "city": "Lyon" })), (true, json!({ "city": "Lyon", "zip": "69001" }))] {
        let rig = Rig::of(Project::UserId).await;
        state::have_users(&rig.twin, json!([{ "userId": "u_1", "dataFields": { "home": { "zip": "69001" } } }]));
        let options = format!(r#"{{"merge_nested_objects":{merges}}}"#);
        let table = people(["u_1"]).with("home", PhysicalType::Json, "attribute", [r#"{"city":"Lyon"}"#]);
        let told = rig.told(ATTRIBUTES.options(&options), Operation::Upsert, table).await.unwrap().unwrap();
        assert_eq!(outcomes(&told, 1), accepted(1));
        assert_eq!(state::fields(&rig.twin, "u_1").unwrap()["home"], wanted, "merges: {merges}");
    }
}

/// "createNewFields: false drops unknown fields (`filteredOutFields`)."
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_not_to_be_made_is_dropped_and_the_rows_say_so() {
    let rig = Rig::of(Project::UserId).await;
    let table = people(["u_1", "u_2"]).with("brandNew", PhysicalType::Utf8, "attribute", ["x".into(), Cell::Absent]);
    let work = ATTRIBUTES.options(r#"{"create_new_fields":false}"#);
    let told = rig.told(work, Operation::Upsert, table).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), accepted(2));
    let notes: Vec<_> = told.receipt.notes.iter().map(|(row, reason)| (*row, reason.field.as_deref())).collect();
    assert_eq!(notes, [(0, Some("brandNew"))]);
    assert_eq!(state::fields(&rig.twin, "u_1").unwrap().get("brandNew"), None);
}

/// "In an email-based project a record with only `userId` needs `preferUserId:true` to be created."
#[tokio::test(flavor = "multi_thread")]
async fn people_are_known_by_what_the_projects_type_allows() {
    for (project, identifier, name) in [
        (Project::Email, "email", "lea@example.org"),
        (Project::Email, "userId", "u_1"),
        (Project::UserId, "userId", "u_1"),
        (Project::Hybrid, "email", "lea@example.org"),
        (Project::Hybrid, "userId", "u_1"),
    ] {
        let rig = Rig::of(project).await;
        let table = Table::by(identifier, [name]).with("tier", PhysicalType::Utf8, "attribute", ["gold"]);
        assert_eq!(outcomes(&rig.upsert(table).await, 1), accepted(1), "{project:?} {identifier}");
        assert_eq!(state::fields(&rig.twin, name).unwrap()["tier"], "gold", "{project:?} {identifier}");
    }
    let rig = Rig::of(Project::UserId).await;
    assert_eq!(halt(&rig.upsert_halts(Table::by("email", ["lea@example.org"])).await), "config dest-config");
    assert_eq!(rig.twin.log().total(), 0);
}

/// "In hybrid projects send both identifiers when known; in the others exactly one."
#[tokio::test(flavor = "multi_thread")]
async fn a_hybrid_project_gets_both_identifiers() {
    let both = || people(["u_1"]).and_by("email", ["lea@example.org"]);
    let rig = Rig::of(Project::Hybrid).await;
    assert_eq!(outcomes(&rig.upsert(both()).await, 1), accepted(1));
    assert!(state::fields(&rig.twin, "u_1").is_some() && state::fields(&rig.twin, "lea@example.org").is_some());
    assert_eq!(state::users(&rig.twin).len(), 1, "one user by two names");
    let rig = Rig::of(Project::Email).await;
    assert_eq!(halt(&rig.upsert_halts(both()).await), "config dest-config");
}

/// "Failures are reported by identifier value, not index"; "bulkUpdate's 200 with failCount>0 must not be treated as success".
#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_named_by_us_and_by_iterable_and_the_others_arrive() {
    let rig = Rig::of(Project::UserId).await;
    state::have_users(&rig.twin, json!([{ "userId": "seen", "dataFields": { "age": 30 } }]));
    let long = "x".repeat(400);
    let table = people([Cell::from("u_0"), Cell::Null, "é".into(), Cell::Text(long), "u_4".into(), "u_5".into()]).with(
        "age",
        PhysicalType::Json,
        "attribute",
        ["1", "1", "1", "1", r#""old""#, "{"],
    );
    let told = rig.upsert(table).await;
    let wanted = [
        "accepted",
        "rejected no-identifier",
        "rejected bad-format",
        "rejected identifier-invalid",
        "rejected dest-field-invalid",
        "rejected bad-format",
    ];
    assert_eq!(outcomes(&told, 6), wanted, "a field's type is that of its first value");
    assert_eq!(told.receipt.unnamed, 0);
    assert_eq!(state::users(&rig.twin), ["seen", "u_0"]);
    assert_eq!(rig.twin.log().total(), 1, "one write is one request");

    let nobody = rig.upsert(people([Cell::Null, "".into()])).await;
    assert_eq!(outcomes(&nobody, 2), ["rejected no-identifier"; 2]);
    assert_eq!(rig.twin.log().total(), 1, "nothing to send is not sent");
}

/// "Reserved names: …; writing `emailListIds` through bulkUpdate changes membership without emitting subscribe events."
#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_person_or_a_membership_is_no_attribute() {
    let rig = Rig::of(Project::Hybrid).await;
    for name in ["email", "userId", "signupDate", "emailListIds", "itblInternal", "unsubscribedChannelIds"] {
        let table = people(["u_1"]).with(name, PhysicalType::Utf8, "attribute", ["x"]);
        assert_eq!(halt(&rig.upsert_halts(table).await), "config dest-config", "{name}");
    }
    assert_eq!(rig.twin.log().total(), 0);
}
