//! What every connector promises, tried with this one.

use sluice_twins::google_ads::{Options, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let twin = Twin::start(Options::with_key("GOCSPX-twin-twin-twin1")).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
