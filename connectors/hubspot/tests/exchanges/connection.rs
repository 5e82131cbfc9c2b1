//! "Connection check: `GET /account-info/…/details` -> 200 with `portalId`; 401 = bad or expired token."

use sluice_conformance::words;

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_names_its_account_and_a_strange_one_is_told() {
    let rig = Rig::new().await;
    let account = rig.asked("GET", "/account-info/2026-03/details", None).await["portalId"].to_string();
    let told = rig.stage.check().await.unwrap().unwrap();
    assert!(told.contains(r#""ok":true"#) && told.contains(&account), "{told}");
    let strange = Rig::with_token("pat-na1-of-somebody-else").await;
    assert_eq!(words::halt(&strange.stage.check().await.unwrap().unwrap_err()), "auth dest-auth");
}
