//! The connection check, and what the component can reach at all.

use serde_json::Value;
use sluice_conformance::words::{halt, outcomes};
use sluice_twins::iterable::{Options, Project};
use sluice_twins::{Answer, Fault};

use crate::rig::{API_KEY, BULK_UPDATE, HOST, Rig, people};

/// `GET /api/lists` -> 200.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_key_is_connected_and_nothing_is_changed() {
    let rig = Rig::of(Project::Hybrid).await;
    let told: Value = rig.stage.check().await.unwrap().unwrap().parse().unwrap();
    assert_eq!(told["ok"], true);
    let seen = &rig.twin.log().entries()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.query.as_deref()), ("GET", "/api/lists", None));
}

/// "Bad key: 401, code BadApiKey or Unauthorized (body text inferred)".
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told() {
    let rig = Rig::with(Options::with_key(API_KEY), "another-key").await;
    assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), "auth dest-auth");
    assert_eq!(halt(&rig.upsert_halts(people(["u_1"])).await), "auth dest-auth");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_trouble_is_no_connection() {
    for (answer, wanted) in [
        (Answer::Status { status: 403 }, "config dest-permission"),
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
        (Answer::Truncated, "unavailable egress-cut"),
    ] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(Fault::on("/api/lists").answer(answer.clone())).unwrap();
        assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), wanted, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_read_reach_nobody() {
    for settings in [r#"{"data_center":"MOON","project_type":"email"}"#, r#"{"data_center":"EU","project_type":"phone"}"#, "{}"] {
        let Rig { twin, stage } = Rig::of(Project::Hybrid).await;
        let stage = stage.settings(settings);
        assert_eq!(halt(&stage.check().await.unwrap().unwrap_err()), "config settings-invalid");
        assert_eq!((twin.log().total(), stage.lines()), (0, vec![]));
    }
}

/// Header `Api-Key`.
#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_a_line_of_the_egress_ledger() {
    let rig = Rig::of(Project::UserId).await;
    assert_eq!(outcomes(&rig.upsert(people(["u_1"])).await, 1), ["accepted"]);
    let [line] = &rig.stage.lines()[..] else { panic!("one request, one line") };
    assert_eq!((line.host.as_str(), line.method.as_str(), line.path.as_str()), (HOST, "POST", BULK_UPDATE));
    assert_eq!((line.status, &line.credentials[..]), (Some(200), &["api_key".to_owned()][..]));
    let headers = rig.twin.log().entries()[0].headers.clone();
    assert!(headers.iter().any(|h| h == "api-key"), "{headers:?}");
}
