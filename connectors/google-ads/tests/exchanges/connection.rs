//! The connection check: `GET /v1/accountTypes/GOOGLE_ADS/accounts/{id}/userLists`.

use sluice_conformance::words::halt;
use sluice_twins::{Answer, Fault, Pick};

use crate::rig::{KEY, Rig};

#[tokio::test(flavor = "multi_thread")]
async fn a_good_sign_in_is_connected_and_nothing_is_changed() {
    let rig = Rig::new().await;
    let told = rig.stage.check().await.unwrap().unwrap();
    assert!(told.contains("Connected to the account 1234567890."), "{told}");
    assert!(rig.twin.log().entries().iter().all(|asked| asked.method == "GET" || asked.path == "/token"), "a token is asked for");
}

/// "403 PERMISSION_DENIED no access."
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_ones_own_is_told() {
    let rig = Rig::of("999-999-9999", KEY).await;
    assert_eq!(halt(&rig.stage.check().await.unwrap().unwrap_err()), "config dest-permission");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_trouble_is_no_connection() {
    let path = "/v1/accountTypes/GOOGLE_ADS/accounts/1234567890/userLists";
    for (answer, wanted) in [
        (Answer::Status { status: 401 }, "auth dest-auth"),
        (Answer::Status { status: 403 }, "config dest-permission"),
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on(path).pick(Pick::Next(2)).answer(answer.clone())).unwrap();
        let told = rig.stage.check().await.unwrap();
        assert_eq!(told.as_ref().err().map(halt).as_deref(), Some(wanted), "{answer:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_read_reach_nobody() {
    for settings in [r#"{"customer_id":"12","sign_in":"oauth"}"#, r#"{"customer_id":"1234567890","sign_in":"key"}"#, "{}"] {
        let Rig { twin, stage } = Rig::new().await;
        assert_eq!(halt(&stage.settings(settings).check().await.unwrap().unwrap_err()), "config settings-invalid");
        assert!(twin.log().entries().iter().all(|asked| asked.path == "/token"));
    }
}
