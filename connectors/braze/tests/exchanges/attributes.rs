//! Attributes: who is written, who is created, and that nothing is sent but what is said.

use serde_json::{Value, json};
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation},
};
use sluice_conformance::{
    Cell, Table, Work,
    words::{halt, outcomes},
};
use sluice_twins::braze::{ObjectsPerRequest, Options};

use crate::rig::{API_KEY, ATTRIBUTES, Rig, TRACK, people};

/// 2026-11-24T16:00:00Z.
const NOON_US: i64 = 1_795_536_000_000_000;

fn accepted(rows: usize) -> Vec<String> {
    vec!["accepted".to_owned(); rows]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_arrives_as_what_it_is() {
    let rig = Rig::new().await;
    let table = people(["C-1"])
        .with("is_vip", PhysicalType::Boolean, "attribute", [true])
        .with("points", PhysicalType::Int64, "attribute", [9_007_199_254_740_993])
        .with("score", PhysicalType::Float64, "attribute", [Cell::Float(0.1)])
        .with("first_name", PhysicalType::Utf8, "attribute", ["Zoë \"Z\" \\ O'Neil\n"])
        .with("dob", PhysicalType::Date32, "attribute", [7_384])
        .with("last_order_at", PhysicalType::TimestampMicros, "attribute", [NOON_US])
        .with("interests", PhysicalType::Json, "attribute", [r#"["trail","yoga"]"#]);
    assert_eq!(outcomes(&rig.upsert(table).await, 1), accepted(1));
    let held = Value::Object(rig.twin.profile("C-1").unwrap().attributes);
    let wanted = json!({
        "is_vip": true, "points": 9_007_199_254_740_993_i64, "score": 0.1, "first_name": "Zoë \"Z\" \\ O'Neil\n",
        "dob": "1990-03-21", "last_order_at": "2026-11-24T16:00:00Z", "interests": ["trail", "yoga"],
    });
    assert_eq!(held, wanted);
    assert_eq!(rig.twin.warnings(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_left_alone_removed_or_set() {
    let rig = Rig::new().await;
    let first = people(["C-1", "C-2"]).with("plan", PhysicalType::Utf8, "attribute", ["basic", "basic"]).with(
        "city",
        PhysicalType::Utf8,
        "attribute",
        ["Lyon", "Nantes"],
    );
    assert_eq!(outcomes(&rig.upsert(first).await, 2), accepted(2));
    let second = people(["C-1", "C-2"]).with("plan", PhysicalType::Utf8, "attribute", [Cell::Absent, "gold".into()]).with(
        "city",
        PhysicalType::Utf8,
        "attribute",
        [Cell::Null, Cell::Absent],
    );
    assert_eq!(outcomes(&rig.upsert(second).await, 2), accepted(2));
    let held = |id: &str| Value::Object(rig.twin.profile(id).unwrap().attributes);
    assert_eq!((held("C-1"), held("C-2")), (json!({ "plan": "basic" }), json!({ "plan": "gold", "city": "Nantes" })));
    let body = rig.twin.log().to(TRACK)[1].json().unwrap();
    let wanted = json!({ "attributes": [
        { "external_id": "C-1", "_update_existing_only": false, "city": null },
        { "external_id": "C-2", "_update_existing_only": false, "plan": "gold" },
    ] });
    assert_eq!(body, wanted, "what did not change is not billed");
}

#[tokio::test(flavor = "multi_thread")]
async fn update_only_leaves_strangers_alone() {
    let rig = Rig::new().await;
    let one = people(["C-1"]).with("plan", PhysicalType::Utf8, "attribute", ["basic"]);
    assert_eq!(outcomes(&rig.upsert(one).await, 1), accepted(1));
    let two = people(["C-1", "C-2"]).with("plan", PhysicalType::Utf8, "attribute", ["gold", "gold"]);
    let told = rig.told(Work::of("attributes", "update-only"), Operation::Update, two).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), accepted(2), "Braze takes an object of a stranger and drops it in silence");
    assert_eq!(rig.twin.profile("C-1").unwrap().attributes["plan"], "gold");
    assert_eq!(rig.twin.profile("C-2"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_known_by_any_of_the_identifiers() {
    let rig = Rig::new().await;
    assert_eq!(outcomes(&rig.upsert(people(["C-1"])).await, 1), accepted(1));
    let braze_id = rig.twin.profile("C-1").unwrap().braze_id;
    let cases = [
        ("braze_id", braze_id.as_str(), "{}"),
        ("email", "omar@example.com", "{}"),
        ("phone", "+33612345678", "{}"),
        ("user_alias_name", "lea", r#"{"user_alias_label":"crm"}"#),
    ];
    for (identifier, value, options) in cases {
        let table = Table::by(identifier, [value]).with("seen_as", PhysicalType::Utf8, "attribute", [identifier]);
        let told = rig.told(ATTRIBUTES.options(options), Operation::Upsert, table).await.unwrap().unwrap();
        assert_eq!(outcomes(&told, 1), accepted(1), "{identifier}");
    }
    let seen = rig.twin.with_state(|state| {
        let seen = |p: &sluice_twins::braze::Profile| (p.attributes["seen_as"].as_str().unwrap().to_owned(), p.alias.clone());
        state.profiles().iter().map(seen).collect::<Vec<_>>()
    });
    let plain = |text: &str| (text.to_owned(), None);
    let alias = ("user_alias_name".to_owned(), Some(("crm".to_owned(), "lea".to_owned())));
    assert_eq!(seen, [plain("braze_id"), plain("email"), plain("phone"), alias]);

    let unlabelled = Table::by("user_alias_name", ["lea"]);
    assert_eq!(halt(&rig.upsert_halts(unlabelled).await), "config dest-config");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_named_by_us_and_by_braze_and_the_others_arrive() {
    let rig = Rig::new().await;
    // Row 1 is left out by us, so Braze's positions are one short from there on. `null` is on Braze's list of junk ids.
    let table = people([Cell::from("C-0"), Cell::Null, "C-2".into(), "null".into(), "".into(), "C-5".into()]).with(
        "score",
        PhysicalType::Float64,
        "attribute",
        [Cell::Float(1.0), Cell::Float(1.0), Cell::Float(f64::NAN), Cell::Float(1.0), Cell::Float(1.0), Cell::Float(1.5)],
    );
    let told = rig.upsert(table).await;
    let wanted = [
        "accepted",
        "rejected no-identifier",
        "rejected bad-format",
        "rejected identifier-invalid",
        "rejected no-identifier",
        "accepted",
    ];
    assert_eq!(outcomes(&told, 6), wanted);
    assert_eq!(told.receipt.unnamed, 0);
    let held = rig.twin.with_state(|s| s.profiles().iter().filter_map(|p| p.external_id.clone()).collect::<Vec<_>>());
    assert_eq!(held, ["C-0", "C-5"]);
    assert_eq!(rig.twin.log().total(), 1, "one write is one request");

    let nobody = rig.upsert(people([Cell::Null, "".into()])).await;
    assert_eq!(outcomes(&nobody, 2), ["rejected no-identifier"; 2]);
    assert_eq!(rig.twin.log().total(), 1, "nothing to send is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_bad_rows_only_is_refused_row_by_row() {
    let rig = Rig::new().await;
    let told = rig.upsert(people(["null", "undefined"])).await;
    assert_eq!(outcomes(&told, 2), ["rejected identifier-invalid"; 2]);
    assert_eq!(told.receipt.attrs, [], "the host has nothing to halve");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_of_fewer_objects_gets_fewer() {
    for (contract, rows, fits) in [
        (ObjectsPerRequest::Fifty, 75, false),
        (ObjectsPerRequest::Fifty, 51, false),
        (ObjectsPerRequest::Fifty, 50, true),
        (ObjectsPerRequest::SeventyFive, 75, true),
    ] {
        let rig = Rig::with(Options { contract, ..Options::with_key(API_KEY) }, API_KEY).await;
        let table = people((0..rows).map(|n| Cell::Text(format!("C-{n}"))));
        let told = rig.told(ATTRIBUTES, Operation::Upsert, table).await.unwrap();
        match told {
            Ok(written) => assert_eq!((fits, outcomes(&written, rows)), (true, accepted(rows as usize))),
            Err(told) => {
                assert_eq!((fits, halt(&told).as_str()), (false, "split-batch dest-batch-too-large"));
                let Halt::SplitBatch { rows_fit, .. } = told else { panic!("{told:?}") };
                assert_eq!(rows_fit, Some(50));
                assert_eq!(rig.twin.with_state(|s| s.profiles().len()), 0);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_person_is_no_attribute() {
    let rig = Rig::new().await;
    for (identifier, attribute) in [
        ("external_id", "external_id"),
        ("external_id", "braze_id"),
        ("external_id", "user_alias"),
        ("external_id", "_update_existing_only"),
        ("email", "email"),
        ("phone", "phone"),
    ] {
        let table = Table::by(identifier, ["+33612345678"]).with(attribute, PhysicalType::Utf8, "attribute", ["+33687654321"]);
        assert_eq!(halt(&rig.upsert_halts(table).await), "config dest-config", "{attribute}");
    }
    let two = people(["C-1"]).and_by("email", ["a@example.com"]);
    assert_eq!(halt(&rig.upsert_halts(two).await), "config dest-config");
    assert_eq!(rig.twin.log().total(), 0);
    // An e-mail address beside an external id is an attribute.
    let both = people(["C-1"]).with("email", PhysicalType::Utf8, "attribute", ["a@example.com"]);
    assert_eq!(outcomes(&rig.upsert(both).await, 1), accepted(1));
    assert_eq!(rig.twin.profile("C-1").unwrap().attributes["email"], "a@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_cannot_slip_members_in_or_count_twice() {
    let rig = Rig::new().await;
    let cells = [r#"1,"external_id":"C-9""#, r#"{"inc":5}"#, r#"{"add":["x"]}"#, r#"{"inc":"a word"}"#, "{"];
    let table = people(["C-0", "C-1", "C-2", "C-3", "C-4"]).with("tags", PhysicalType::Json, "attribute", cells);
    let told = outcomes(&rig.upsert(table).await, 5);
    assert_eq!(told[0], "rejected bad-format");
    assert_eq!(told[1], "rejected bad-format");
    assert_eq!(told[2], "accepted");
    assert_eq!(told[4], "rejected bad-format");
    assert_eq!(rig.twin.profile("C-9"), None);
    assert_eq!(rig.twin.profile("C-1"), None);
}

/// "Object / array of objects: one invalid or null value inside drops ALL nested updates of that object".
#[tokio::test(flavor = "multi_thread")]
async fn a_nested_attribute_that_braze_would_drop_is_refused_by_name() {
    let rig = Rig::new().await;
    let long = format!(r#"{{"note":"{}"}}"#, "x".repeat(256));
    let sizes = [r#"{"shoe":42}"#, r#"{"shoe":42,"shirt":null}"#, long.as_str(), r#"[{"shoe":42},{"shoe":null}]"#];
    let table = people(["C-0", "C-1", "C-2", "C-3"]).with("sizes", PhysicalType::Json, "attribute", sizes);
    let told = outcomes(&rig.upsert(table).await, 4);
    assert_eq!(told, ["accepted", "rejected bad-format", "rejected too-long", "rejected bad-format"]);
    assert_eq!(rig.twin.profile("C-0").unwrap().attributes["sizes"], json!({ "shoe": 42 }));
    assert_eq!(rig.twin.warnings(), [], "Braze drops nothing in silence");
}

/// "Several objects for one user in one request may be applied in any order: merge them first".
#[tokio::test(flavor = "multi_thread")]
async fn of_two_rows_of_one_user_the_second_follows_in_another_request() {
    let rig = Rig::new().await;
    let table = people(["C-1", "C-2", "C-1"]).with("plan", PhysicalType::Utf8, "attribute", ["basic", "basic", "gold"]);
    assert_eq!(outcomes(&rig.upsert(table).await, 3), ["accepted", "accepted", "retry dest-batch-too-large"]);
    let body = rig.twin.log().to(TRACK)[0].json().unwrap();
    assert_eq!((body["attributes"].as_array().unwrap().len(), rig.twin.log().total()), (2, 1));
    assert_eq!(rig.twin.profile("C-1").unwrap().attributes["plan"], "basic");
    assert_eq!(rig.twin.warnings(), []);
}
