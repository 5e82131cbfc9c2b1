//! A new build of a connector that is in use: within the reach of the old one it takes its place, beyond it somebody has to accept.

use serde_json::json;
use sluice_sandbox::component::Component;

use crate::rig::{Answer, Rig, Sluice, careless};

const HOST: &[u8] = br#"host = "api.careless.example""#;
const METHODS: &[u8] = br#"methods = ["GET", "POST"]"#;

/// The component with a text of its manifest replaced by one of the same length.
fn rebuilt(from: &[u8], to: &[u8]) -> (Vec<u8>, String) {
    assert_eq!(from.len(), to.len(), "sections keep their length");
    let mut bytes = careless().to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    let digest = Component::read(&bytes).unwrap().digest().to_string();
    (bytes, digest)
}

async fn install(sluice: &Sluice, bytes: &[u8], accept: &str) -> Answer {
    let request = sluice.http.post(format!("{}/connectors{accept}", sluice.base)).header("content-type", "application/wasm");
    sluice.send(request.body(bytes.to_vec())).await
}

async fn active(sluice: &Sluice) -> String {
    sluice.get("/connectors/careless").await.ok()["digest"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_build_that_asks_for_more_is_installed_when_its_digest_is_accepted_and_not_before() {
    let rig = Rig::new().await;
    let sluice = Sluice::start(&rig.state()).await;
    sluice.install(careless()).await;
    let first = active(&sluice).await;
    let (wider, digest) = rebuilt(HOST, br#"host = "evi.careless.example""#);
    let other = format!("?accept={first}");
    for accept in ["", other.as_str(), "?accept=", "?accept=all"] {
        let refused = install(&sluice, &wider, accept).await;
        assert_eq!((refused.status, refused.code()), (409, "connector-wider-reach"), "{accept}: {:#}", refused.json);
        let cause = refused.json["detail"].as_str().unwrap();
        assert!(cause.contains(&digest) && cause.contains("\n  - GET, POST to evi.careless.example"), "{cause}");
        assert_eq!(active(&sluice).await, first, "{accept}");
    }
    install(&sluice, &wider, &format!("?accept={digest}")).await.ok();
    assert_eq!(active(&sluice).await, digest);
    let log = sluice.get(&format!("/audit?subject={digest}")).await.ok();
    assert_eq!(log["items"][0]["details"]["accepted"], json!(["GET, POST to evi.careless.example"]));
    // The first one reaches what the second does not.
    assert_eq!(install(&sluice, careless(), "").await.code(), "connector-wider-reach");
    assert_eq!(install(&sluice, &wider, "").await.status, 201, "the same bytes again");
    sluice.stop().await;
}

#[tokio::test]
async fn a_build_within_the_reach_of_the_one_in_use_needs_nobody() {
    let rig = Rig::new().await;
    let sluice = Sluice::start(&rig.state()).await;
    sluice.install(careless()).await;
    let renamed = rebuilt(br#"title = "Careless""#, br#"title = "Carefree""#);
    let narrower = rebuilt(METHODS, br#"methods = ["POST"       ]"#);
    for (bytes, digest) in [renamed, narrower] {
        install(&sluice, &bytes, "").await.ok();
        assert_eq!(active(&sluice).await, digest);
    }
    let refused = install(&sluice, careless(), "").await;
    assert!(refused.json["detail"].as_str().unwrap().contains("GET to api.careless.example"), "{:#}", refused.json);
    sluice.stop().await;
}
