//! Contacts: custom data of the users of two apps.

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Written},
};
use sluice_conformance::{Cell, Table, words};

use crate::rig::{ANDROID, IOS, KEY, Rig, contacts, data_users, people, row};

async fn update(rig: &Rig, table: Table) -> Written {
    rig.write(contacts(), Operation::Update, table).await.unwrap()
}

/// The example of "Synchronize contacts (MEP)"; "the same payload must be posted once per key".
#[tokio::test(flavor = "multi_thread")]
async fn the_same_data_arrives_at_each_app() {
    let rig = Rig::new().await;
    let table = people(["C-10293"])
        .with("city", PhysicalType::Utf8, "attribute", ["Nice"])
        .with("points", PhysicalType::Int64, "attribute", [1250])
        .with("is_vip", PhysicalType::Boolean, "attribute", [true])
        .with("last_order", PhysicalType::TimestampMicros, "attribute", [1_770_802_200_000_000])
        .with("interests", PhysicalType::Json, "attribute", [r#"["trail","yoga"]"#]);
    assert_eq!(words::outcomes(&update(&rig, table).await, 1), ["accepted"]);
    let values = json!({
        "u.city": "Nice", "u.points": 1250, "u.is_vip": true, "date(u.last_order)": "2026-02-11T09:30:00Z",
        "ut.interests": ["trail", "yoga"],
    });
    let body = json!([{ "id": "C-10293", "update": { "overwrite": false, "values": values } }]);
    for app in [IOS, ANDROID] {
        assert_eq!(rig.bodies(&data_users(app)), std::slice::from_ref(&body));
        assert_eq!(rig.twin.log().to(&data_users(app))[0].tally.refused, 0);
        assert!(rig.app(app).await.to_string().contains("C-10293"), "{app}");
    }
    assert_eq!(rig.twin.warnings(), []);
}

/// "Any key with null: removed (third party)"; `overwrite` is false, so what is not mentioned stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_left_alone_erased_or_set() {
    let rig = Rig::new().await;
    let two = |city: Cell, plan: Cell| {
        people(["C-1"]).with("city", PhysicalType::Utf8, "attribute", [city]).with("plan", PhysicalType::Utf8, "attribute", [plan])
    };
    update(&rig, two("Lyon".into(), "basic".into())).await;
    assert_eq!(words::outcomes(&update(&rig, two(Cell::Null, Cell::Absent)).await, 1), ["accepted"]);
    for app in [IOS, ANDROID] {
        let held = rig.app(app).await.to_string();
        assert!(!held.contains("Lyon") && held.contains("basic"), "{held}");
    }
}

/// "String (1-64 chars each)"; "array of strings (64 chars each; up to 50 items)".
#[tokio::test(flavor = "multi_thread")]
async fn values_that_batch_would_refuse_are_refused_alone() {
    let rig = Rig::new().await;
    let texts = ["x".repeat(64), "x".repeat(65), String::new()].map(Cell::Text);
    let table = people(["1", "2", "3"]).with("city", PhysicalType::Utf8, "attribute", texts);
    assert_eq!(words::outcomes(&update(&rig, table).await, 3), ["accepted", "rejected too-long", "rejected bad-format"]);
    assert_eq!(rig.bodies(&data_users(IOS))[0].as_array().unwrap().len(), 1);
}

/// "404 = bad app key (inferred)": one app took the data, so the rows are in doubt, and a repeat does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_not_known_leaves_what_the_others_took_in_doubt() {
    let rig = Rig::of(json!({ "app_api_keys": [IOS, "0000OTHER", ANDROID] }), KEY).await;
    let told = update(&rig, row("C-1", "city", "Nice")).await;
    assert_eq!(words::outcomes(&told, 1), ["unknown dest-config"]);
    let Some(Halt::Config(reason)) = &told.stop else { panic!("{told:?}") };
    assert!(reason.message.contains("app 2"), "{reason:?}");
    assert_eq!((rig.bodies(&data_users(IOS)).len(), rig.bodies(&data_users(ANDROID)).len()), (1, 0));
}
