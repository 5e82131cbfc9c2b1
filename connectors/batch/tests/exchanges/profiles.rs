//! Profiles: what becomes of attributes, of values that Batch drops, and which endpoint takes them.

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Written},
};
use sluice_conformance::{Cell, Table, words};

use crate::rig::{MASS_UPDATE, Rig, UPDATE, people, profiles, row};

fn accepted(rows: usize) -> Vec<String> {
    vec!["accepted".to_owned(); rows]
}

async fn upsert(rig: &Rig, table: Table) -> Written {
    rig.write(profiles(r#"{"url_attributes":["website"]}"#), Operation::Upsert, table).await.unwrap()
}

/// The example of "Synchronize profiles (CEP)", and "URL with key `url(website)`".
#[tokio::test(flavor = "multi_thread")]
async fn every_type_arrives_as_what_it_is() {
    let rig = Rig::new().await;
    let table = people(["C-10293"])
        .with("$email_address", PhysicalType::Utf8, "attribute", ["lea.martin@example.com"])
        .with("$email_marketing", PhysicalType::Utf8, "attribute", ["subscribed"])
        .with("$phone_number", PhysicalType::Utf8, "attribute", ["+33612345678"])
        .with("$sms_marketing", PhysicalType::Utf8, "attribute", ["unsubscribed"])
        .with("$language", PhysicalType::Utf8, "attribute", ["fr"])
        .with("$region", PhysicalType::Utf8, "attribute", ["FR"])
        .with("$timezone", PhysicalType::Utf8, "attribute", ["Europe/Paris"])
        .with("$topic_preferences", PhysicalType::Json, "attribute", [r#"["news_2"]"#])
        .with("loyalty_points", PhysicalType::Int64, "attribute", [1250])
        .with("score", PhysicalType::Float64, "attribute", [Cell::Float(0.5)])
        .with("is_vip", PhysicalType::Boolean, "attribute", [true])
        .with("last_order_at", PhysicalType::TimestampMicros, "attribute", [1_770_802_200_000_000])
        .with("birthdate", PhysicalType::Date32, "attribute", [7_140])
        .with("interests", PhysicalType::Json, "attribute", [r#"["trail","yoga"]"#])
        .with("website", PhysicalType::Utf8, "attribute", ["https://example.com/lea"])
        .with("nickname", PhysicalType::Utf8, "attribute", ["Léa \"L\" \\\n"]);
    let told = upsert(&rig, table).await;
    assert_eq!((words::outcomes(&told, 1), told.receipt.notes), (accepted(1), vec![]));
    let profile = rig.profile("C-10293").await.unwrap();
    for (name, value) in [
        ("$email_address", json!("lea.martin@example.com")),
        ("$email_marketing", json!("subscribed")),
        ("$phone_number", json!("+33612345678")),
        ("$language", json!("fr")),
        ("$region", json!("FR")),
        ("$timezone", json!("Europe/Paris")),
        ("loyalty_points", json!(1250)),
        ("score", json!(0.5)),
        ("is_vip", json!(true)),
        ("interests", json!(["trail", "yoga"])),
        ("nickname", json!("Léa \"L\" \\\n")),
    ] {
        assert!(holds(&profile, name, &value), "{name} in {profile}");
    }
    for text in ["2026-02-11T09:30:00Z", "1989-07-20T00:00:00Z", "https://example.com/lea"] {
        assert!(profile.to_string().contains(text), "{text} in {profile}");
    }
    assert_eq!(rig.twin.warnings(), []);
}

/// Whether a name has a value, anywhere in what the twin tells of a profile.
fn holds(value: &serde_json::Value, name: &str, wanted: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(members) => members.iter().any(|(key, value)| {
            let own = key == name || key.contains(&format!("({name})"));
            own && (value == wanted || value.get("value") == Some(wanted)) || holds(value, name, wanted)
        }),
        serde_json::Value::Array(items) => items.iter().any(|item| holds(item, name, wanted)),
        _ => false,
    }
}

/// "Null erases, absence leaves untouched"; "an unknown custom_id creates the profile"; "case-sensitive".
#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_left_alone_erased_or_set() {
    let rig = Rig::new().await;
    let two = |city: [Cell; 2], plan: [Cell; 2]| {
        let table = people(["C-1", "c-1"]).with("city", PhysicalType::Utf8, "attribute", city);
        table.with("plan", PhysicalType::Utf8, "attribute", plan)
    };
    let first = two(["Lyon".into(), "Nantes".into()], ["basic".into(), "basic".into()]);
    assert_eq!(words::outcomes(&upsert(&rig, first).await, 2), accepted(2));
    let second = two([Cell::Null, Cell::Absent], [Cell::Absent, "gold".into()]);
    assert_eq!(words::outcomes(&upsert(&rig, second).await, 2), accepted(2));
    let (upper, lower) = (rig.profile("C-1").await.unwrap(), rig.profile("c-1").await.unwrap());
    assert!(!upper.to_string().contains("Lyon") && holds(&upper, "plan", &json!("basic")), "{upper}");
    assert!(holds(&lower, "city", &json!("Nantes")) && holds(&lower, "plan", &json!("gold")), "{lower}");
}

/// "Partial array `{"$add":[..],"$remove":[..]}`"; "set operations, safe too".
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_replaced_or_changed() {
    let rig = Rig::new().await;
    let tags = |json: &str| people(["C-1"]).with("segments", PhysicalType::Json, "attribute", [json]);
    for (json, wanted) in [
        (r#"["new","trail"]"#, json!(["new", "trail"])),
        (r#"{"$add":["vip"],"$remove":["new"]}"#, json!(["trail", "vip"])),
        (r#"{"$add":["vip"],"$remove":["new"]}"#, json!(["trail", "vip"])),
        (r#"["yoga"]"#, json!(["yoga"])),
    ] {
        assert_eq!(words::outcomes(&upsert(&rig, tags(json)).await, 1), accepted(1));
        let profile = rig.profile("C-1").await.unwrap();
        assert!(holds(&profile, "segments", &wanted), "{json}: {profile}");
    }
}

/// "202 SUCCESS_WITH_PARTIAL_ERRORS … only that attribute is lost, the rest of the profile is applied"; "e-mail and phone are
/// validated, an invalid one is a partial error".
#[tokio::test(flavor = "multi_thread")]
async fn what_batch_drops_is_noted_at_its_row_and_the_rest_is_applied() {
    let rig = Rig::new().await;
    let table = people(["C-1", "", "C-3"])
        .with("$email_address", PhysicalType::Utf8, "attribute", ["lea@example.com", "x", "no address"])
        .with("city", PhysicalType::Utf8, "attribute", ["Nice", "Nice", "Lyon"]);
    let told = upsert(&rig, table).await;
    assert_eq!(words::outcomes(&told, 3), ["accepted", "rejected no-identifier", "accepted"]);
    let [(2, reason)] = &told.receipt.notes[..] else { panic!("{told:?}") };
    assert_eq!((reason.code.as_str(), reason.field.as_deref()), ("dest-field-invalid", Some("$email_address")));
    assert_eq!(told.receipt.unnamed, 0);
    let profile = rig.profile("C-3").await.unwrap();
    assert!(holds(&profile, "city", &json!("Lyon")) && !profile.to_string().contains("no address"), "{profile}");
}

/// "Max 200 operations per call"; "choose mass-update when the run has more than about 5,000 rows (inferred threshold)".
#[tokio::test(flavor = "multi_thread")]
async fn a_large_load_is_one_mass_update_and_a_delta_is_cut_to_200() {
    let rig = Rig::new().await;
    let many = |rows: usize| Table::by("custom_id", (0..rows).map(|n| Cell::Text(format!("C-{n}"))));
    let halt = rig.write(profiles("{}"), Operation::Upsert, many(201)).await.unwrap_err();
    assert!(matches!(halt, Halt::SplitBatch { rows_fit: Some(200), .. }), "{halt:?}");
    assert_eq!(rig.twin.log().total(), 0);
    assert_eq!(words::outcomes(&upsert(&rig, many(200)).await, 200), accepted(200));
    assert_eq!(words::outcomes(&upsert(&rig, many(5_001)).await, 5_001), accepted(5_001));
    assert_eq!((rig.twin.log().to(UPDATE).len(), rig.twin.log().to(MASS_UPDATE).len()), (1, 1));
    assert!(rig.profile("C-5000").await.is_some());
}

/// "The same custom_id twice in one call: avoid, merge first."
#[tokio::test(flavor = "multi_thread")]
async fn one_custom_id_stands_once_in_a_call() {
    let rig = Rig::new().await;
    let table = people(["C-1", "C-2", "C-1"]).with("city", PhysicalType::Utf8, "attribute", ["Nice", "Lyon", "Paris"]);
    assert_eq!(words::outcomes(&upsert(&rig, table).await, 3), accepted(3));
    assert_eq!(rig.bodies(UPDATE)[0].as_array().unwrap().len(), 2);
    assert!(holds(&rig.profile("C-1").await.unwrap(), "city", &json!("Paris")));
    assert_eq!(rig.twin.warnings(), []);
}

/// "A user who left a segment is handled by writing an attribute (false / null)."
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_has_their_attributes_erased() {
    let rig = Rig::new().await;
    upsert(&rig, row("C-1", "city", "Nice")).await;
    let leaves = people(["C-1"]).with("city", PhysicalType::Utf8, "attribute", [Cell::Null]);
    let told = rig.write(profiles("{}"), Operation::Update, leaves).await.unwrap();
    assert_eq!(words::outcomes(&told, 1), accepted(1));
    assert!(!rig.profile("C-1").await.unwrap().to_string().contains("Nice"));
}
