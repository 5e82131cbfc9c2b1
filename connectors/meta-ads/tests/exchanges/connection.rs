//! The connection check, and what the component can reach at all.

use serde_json::Value;
use sluice_conformance::words::{halt, outcomes};
use sluice_twins::{Answer, Fault};

use crate::rig::{CONVERSIONS, EVENTS, HOST, Rig, TOKEN};
use sluice_catalog::contract::Operation;

/// `GET /act_<id>?fields=id,name,account_status`, `GET /<pixel_id>?fields=id,name`.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_is_connected_and_nothing_is_changed() {
    let rig = Rig::with_token(TOKEN).await;
    let told: Value = rig.stage.check().await.unwrap().unwrap().parse().unwrap();
    assert_eq!(told["ok"], true);
    let asked: Vec<_> = rig.twin.log().entries().into_iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    assert_eq!(asked, ["GET /v25.0/act_1234567890", "GET /v25.0/987654321012345"]);
}

/// "code 190": "Invalid OAuth access token".
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told() {
    let rig = Rig::with_token("EAAB-another").await;
    assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), "auth dest-auth");
    assert_eq!(halt(&rig.events(rig.purchases(&[("o-1", 1.0)])).await.unwrap_err()), "auth dest-auth");
}

/// "code 100 subcode 33 = object missing or token lacks access".
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_there_is_told() {
    let rig = Rig::new().await;
    let stage = rig.stage.settings(r#"{"ad_account_id":"999"}"#);
    assert_eq!(halt(&stage.check().await.unwrap().unwrap_err()), "missing dest-object-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_trouble_is_no_connection() {
    for (answer, wanted) in [
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
        (Answer::Truncated, "unavailable egress-cut"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on("/v25.0/act_1234567890").answer(answer.clone())).unwrap();
        assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), wanted, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_a_line_of_the_egress_ledger() {
    let rig = Rig::new().await;
    let told = rig.told(CONVERSIONS, Operation::Append, rig.purchases(&[("o-1", 1.0)])).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    let [line] = &rig.stage.lines()[..] else { panic!("one request, one line") };
    assert_eq!((line.host.as_str(), line.method.as_str(), line.path.as_str()), (HOST, "POST", EVENTS));
    assert_eq!((line.status, &line.credentials[..]), (Some(200), &["access_token".to_owned()][..]));
}
