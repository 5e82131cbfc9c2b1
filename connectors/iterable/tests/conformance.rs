//! What every connector promises, tried with this one.

use sluice_twins::iterable::{Options, Project, Twin};

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms() {
    let options = Options { project: Project::UserId, ..Options::with_key("5e1f-twin-key") };
    let twin = Twin::start(options).await.expect("a twin");
    sluice_conformance::hold(env!("CARGO_MANIFEST_DIR"), twin.url()).await;
}
