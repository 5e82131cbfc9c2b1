//! What every connector promises, tried with this one.

use sluice_twins::batch::{Options, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let app_api_keys = vec!["5FE1A2IOS".to_owned(), "7C03B9ANDROID".to_owned()];
    let options = Options { project_key: "project_0664hxvw".to_owned(), app_api_keys, ..Options::with_key("0d5e-twin-key") };
    let twin = Twin::start(options).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
