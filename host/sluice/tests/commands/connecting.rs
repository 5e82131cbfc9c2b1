//! `sluice destinations`: how credentials stand, and connecting one without a platform at hand. With a real provider it is connected in the
//! end-to-end tests.

use std::path::Path;

use crate::rig::{Done, Process, Rig, sluice};

const DATA: &str = r#"
destinations:
  - name: ads
    connector: consented
    settings: { client_id: sluice }
    credentials: { account: "${SECRET}" }
"#;

fn rig() -> Rig {
    let rig = Rig::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/consented");
    let component = sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().path;
    say(&rig, &["connector", "install", component.to_str().unwrap()]).ended(0);
    std::fs::create_dir(rig.path("workspace")).unwrap();
    std::fs::write(rig.path("workspace/ads.yaml"), DATA).unwrap();
    say(&rig, &["apply", "workspace"]).ended(0);
    rig
}

fn say(rig: &Rig, args: &[&str]) -> Done {
    Done::of(&rig.command().args(args).env("SECRET", "hush").output().unwrap())
}

#[test]
fn a_refresh_token_is_entered_from_a_file_and_forgotten_again() {
    let rig = rig();
    let listed = say(&rig, &["destinations", "list"]).ended(0);
    assert!(listed.contains("ads") && listed.contains("account: not-connected"), "{listed}");
    std::fs::write(rig.path("token.txt"), "a-refresh-token\n").unwrap();
    let told = say(&rig, &["destinations", "connect", "ads", "account", "--refresh-token-file", "token.txt"]).ended(0);
    assert!(told.starts_with("Connected account; account: consent-soon (until 20"), "{told}");
    let json = say(&rig, &["--json", "destinations", "list"]).json(0);
    assert_eq!(json[0]["credentials"][0]["connection"]["state"], "consent-soon");
    // What is applied once more keeps the connection.
    say(&rig, &["apply", "workspace"]).ended(0);
    assert!(say(&rig, &["destinations", "list"]).ended(0).contains("account: consent-soon"));
    assert_eq!(say(&rig, &["destinations", "disconnect", "ads", "account"]).ended(0), "Disconnected account of ads.\n");
    assert!(say(&rig, &["destinations", "list"]).ended(0).contains("account: not-connected"));
    for (args, code) in [
        (&["nothing", "account"], "api-not-found"),
        (&["ads", "nothing"], "api-not-found"),
        (&["ads", "account", "--refresh-token-file", "nowhere.txt"][..], "api-invalid"),
    ] as [(&[&str], &str); 3]
    {
        let refused = say(&rig, &[&["destinations", "connect"], args].concat()).refused();
        assert!(refused.contains(code), "{args:?}: {refused}");
    }
}

#[test]
fn a_link_is_printed_first_and_leads_to_the_page_that_says_what_is_connected() {
    let rig = rig();
    let args = ["--url", rig.server.url(), "--api-key", rig.key(), "--no-browser"];
    let waiting = Process::start(&[&["destinations", "connect", "ads", "account"], &args[..]].concat());
    let link = waiting.url();
    assert!(link.starts_with(&format!("{}/v1/oauth/connect/", rig.server.url())), "{link}");
    assert!(waiting.said["until"].is_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let page = runtime.block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::get(link).await.unwrap().text().await.unwrap()
    });
    assert!(page.contains("<dd>ads</dd>") && page.contains("https://id.consented.example/auth?"), "{page}");
}

#[test]
fn an_address_for_browsers_is_https_or_on_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    for url in [
        "http://sluice.example",
        "ftp://sluice.example",
        "https://u@sluice.example",
        "https://sluice.example/?a=b",
        "https://sluice.example/a;b",
        "sluice.example",
    ] {
        let args = ["serve", "--listen", "127.0.0.1:0", "--state", state.to_str().unwrap(), "--public-url", url];
        let said = Done::of(&sluice().args(args).output().unwrap());
        assert!(said.refused().contains("api-invalid"), "{url}");
    }
    let behind = crate::rig::serve(&state, &["--public-url", "https://sluice.example/cdp/"]);
    drop(behind);
}
