//! What every connector promises, tried with this one.

use sluice_twins::salesforce_marketing_cloud::{Options, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let twin = Twin::start(Options::with_client("client-7c1e", "client-secret-7c1e")).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
