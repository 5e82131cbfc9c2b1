//! The connection check, and keys that stand in the settings.

use serde_json::json;
use sluice_catalog::contract::{Halt, Operation};
use sluice_conformance::words;

use crate::rig::{ANDROID, IOS, KEY, PROJECT, Rig, contacts, profiles, row};

/// "Cheaper read-only: `GET /2.11/orchestrations/list`"; "MEP: no read call; post an empty update to a dummy custom id (inferred)".
#[tokio::test(flavor = "multi_thread")]
async fn the_check_asks_the_project_and_each_app_and_leaves_nothing() {
    let rig = Rig::new().await;
    let told = rig.check().await.unwrap();
    assert!(told.contains("Connected: the project and 2 apps."), "{told}");
    let asked: Vec<_> = rig.twin.log().entries().into_iter().map(|entry| (entry.method, entry.path)).collect();
    let wanted = [
        ("GET", "/2.11/orchestrations/list".to_owned()),
        ("POST", format!("/1.0/{IOS}/data/users")),
        ("POST", format!("/1.0/{ANDROID}/data/users")),
    ];
    assert_eq!(asked, wanted.map(|(method, path)| (method.to_owned(), path)));
    assert_eq!(rig.twin.warnings(), []);
}

/// "401 AUTHENTICATION_INVALID: REST key wrong", on both platforms.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told() {
    for settings in [json!({ "project_key": PROJECT }), json!({ "app_api_keys": [IOS] })] {
        let rig = Rig::of(settings, "another-key").await;
        assert_eq!(words::halt(&rig.check().await.unwrap_err()), "auth dest-auth");
        let work = if rig.twin.log().entries()[0].method == "GET" { profiles("{}") } else { contacts() };
        assert_eq!(
            words::halt(&rig.write(work, Operation::Update, row("C-1", "city", "Nice")).await.unwrap_err()),
            "auth dest-auth"
        );
    }
}

/// "403, 404 (project not found, route): project key wrong: configuration"; "404 = bad app key (inferred)".
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_project_or_app_is_told_by_its_setting() {
    for (settings, field) in [
        (json!({ "project_key": "project_other" }), "project_key"),
        (json!({ "app_api_keys": [IOS, "0000OTHER"] }), "app_api_keys"),
    ] {
        let rig = Rig::of(settings, KEY).await;
        let halt = rig.check().await.unwrap_err();
        assert!(matches!(&halt, Halt::Config(reason) if reason.field.as_deref() == Some(field)), "{field}: {halt:?}");
    }
}

/// "CEP: config value `project_key`; MEP: config is a list of `app_api_key`s".
#[tokio::test(flavor = "multi_thread")]
async fn a_service_asks_for_the_setting_that_it_needs() {
    let rig = Rig::of(json!({ "app_api_keys": [IOS] }), KEY).await;
    let halt = rig.write(profiles("{}"), Operation::Upsert, row("C-1", "city", "Nice")).await.unwrap_err();
    assert!(matches!(&halt, Halt::Config(reason) if reason.field.as_deref() == Some("project_key")), "{halt:?}");
    let rig = Rig::of(json!({ "project_key": PROJECT }), KEY).await;
    let halt = rig.write(contacts(), Operation::Update, row("C-1", "city", "Nice")).await.unwrap_err();
    assert!(matches!(&halt, Halt::Config(reason) if reason.field.as_deref() == Some("app_api_keys")), "{halt:?}");
    assert_eq!(rig.twin.log().total(), 0);
}
