//! "Connection check: get a token", then a question that takes the permission to read.

use sluice_conformance::words;

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_good_secret_connects_and_a_strange_one_is_told() {
    let told = Rig::new().await.stage.check().await.unwrap().unwrap();
    assert!(told.contains(r#""ok":true"#), "{told}");
    let strange = Rig::with_secret("of-somebody-else").await;
    let told = strange.stage.check().await.unwrap().unwrap_err();
    assert_eq!(words::halt(&told), "auth dest-client-refused");
}
