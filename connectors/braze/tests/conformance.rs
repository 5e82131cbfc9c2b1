//! What every connector promises, tried with this one.

use sluice_twins::braze::{Options, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let storage = Some("https://exports.s3.amazonaws.com".to_owned());
    let options = Options { files_named: storage, ..Options::with_key("0d5e-twin-key") };
    let twin = Twin::start(options).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
