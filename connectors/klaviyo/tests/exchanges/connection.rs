//! "Connection check: `GET /api/accounts` -> 200 with `data[0].id`; 401 = bad key."

use sluice_conformance::words;

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_good_key_names_its_account_and_a_strange_one_is_told() {
    let rig = Rig::new().await;
    let account = rig.shows("/accounts").await["data"][0]["id"].as_str().unwrap().to_owned();
    let told = rig.stage.check().await.unwrap().unwrap();
    assert!(told.contains(r#""ok":true"#) && told.contains(&account), "{told}");
    let strange = Rig::with_key("pk_of_somebody_else").await;
    let told = strange.stage.check().await.unwrap().unwrap_err();
    assert_eq!(words::halt(&told), "auth dest-auth");
}
