//! What every connector promises, tried with this one.

use sluice_twins::mailchimp::{Options, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let twin = Twin::start(Options::with_key("5e1f-us19")).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
