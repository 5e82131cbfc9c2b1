//! The connection check, and what the component can reach at all.

use serde_json::Value;
use sluice_conformance::words::{halt, outcomes};
use sluice_twins::braze::{ApiKey, Options, USERS_TRACK};
use sluice_twins::{Answer, Fault};

use crate::rig::{API_KEY, HOST, Rig, people};

fn parsed(text: &str) -> Value {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_key_is_connected_and_nothing_is_changed() {
    let rig = Rig::new().await;
    let told = parsed(&rig.stage.check().await.unwrap().unwrap());
    assert_eq!((&told["ok"], told["missing"].as_array().unwrap().len()), (&Value::Bool(true), 0));
    let seen = &rig.twin.log().entries()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.query.as_deref()), ("GET", "/segments/list", Some("page=0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_from_a_key_with_fewer_rights() {
    let rig = Rig::with(Options::with_key(API_KEY), "another-key").await;
    assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), "auth dest-auth");

    let api_keys = vec![ApiKey::with(API_KEY, &[USERS_TRACK])];
    let rig = Rig::with(Options { api_keys, ..Options::with_key(API_KEY) }, API_KEY).await;
    let told = parsed(&rig.stage.check().await.unwrap().unwrap());
    assert_eq!((&told["ok"], &told["missing"][0]), (&Value::Bool(true), &Value::from("segments.list")));
    assert_eq!(outcomes(&rig.upsert(people(["C-1"])).await, 1), ["accepted"], "the right that counts is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_trouble_is_no_connection() {
    for (answer, wanted) in [
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::Status { status: 404 }, "missing dest-object-missing"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
        (Answer::NotSuccess { message: "no".to_owned() }, "config dest-config"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on("/segments/list").answer(answer.clone())).unwrap();
        assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), wanted, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_component_reaches_the_granted_instance_alone() {
    for (settings, wanted, lines) in [
        (r#"{"rest_host":"rest.iad-01"}"#, "contract egress-host-not-listed", 1),
        (r#"{"rest_host":"files.example"}"#, "config settings-invalid", 0),
    ] {
        let Rig { twin, stage } = Rig::new().await;
        let stage = stage.settings(settings);
        assert_eq!(halt(&stage.check().await.unwrap().unwrap_err()), wanted);
        assert_eq!((twin.log().total(), stage.lines().len()), (0, lines));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_a_line_of_the_egress_ledger() {
    let rig = Rig::new().await;
    assert_eq!(outcomes(&rig.upsert(people(["C-1"])).await, 1), ["accepted"]);
    let [line] = &rig.stage.lines()[..] else { panic!("one request, one line") };
    assert_eq!((line.host.as_str(), line.method.as_str(), line.path.as_str()), (HOST, "POST", "/users/track"));
    assert_eq!((line.status, &line.credentials[..]), (Some(201), &["rest_api_key".to_owned()][..]));
    let headers = rig.twin.log().entries()[0].headers.clone();
    assert!(headers.iter().any(|h| h == "x-braze-bulk"), "{headers:?}");
}
