//! The server as a process: one per state folder, ended in order, found again as it was left.

use crate::{
    rig::{Done, serve, sluice},
    shop::Shop,
};

#[test]
fn the_first_start_gives_a_key_and_later_ones_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let first = serve(&state, &[]);
    let key = first.said["api_key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("slk_"));
    assert_eq!(first.terminate(), (Some(0), String::new()));

    let second = serve(&state, &[]);
    assert!(second.said["api_key"].is_null(), "{}", second.said);
    // The key of the first start goes on.
    let listed = sluice().args(["workspaces", "list", "--url", second.url(), "--api-key", &key]).output().unwrap();
    assert!(Done::of(&listed).ended(0).contains("main"));
    assert_eq!(second.terminate().0, Some(0));
    let third = serve(&state, &["--new-key"]);
    assert!(third.said["api_key"].as_str().is_some_and(|another| another != key));
}

#[test]
fn a_second_server_on_a_state_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let first = serve(&state, &[]);
    let second = || sluice().args(["serve", "--listen", "127.0.0.1:0", "--state"]).arg(&state).output().unwrap();
    let refused = Done::of(&second()).refused();
    assert!(refused.starts_with("error  state-in-use: ") && refused.contains("--state"), "{refused}");
    // The first one is not disturbed, and its folder is free when it has ended.
    assert_eq!(first.terminate().0, Some(0));
    drop(serve(&state, &[]));
}

#[test]
fn an_address_that_is_taken_is_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = sluice().args(["serve", "--listen", &address, "--state"]).arg(dir.path().join("state")).output().unwrap();
    let refused = Done::of(&refused).refused();
    assert!(refused.starts_with("error  listen-failed: ") && refused.contains(&address), "{refused}");
}

#[test]
fn the_address_and_the_key_are_each_said_once_to_people() {
    use std::io::Read;
    let dir = tempfile::tempdir().unwrap();
    let args = ["serve", "--listen", "127.0.0.1:0", "--state"];
    let mut child = sluice().args(args).arg(dir.path().join("state")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let (mut out, mut said) = (child.stdout.take().unwrap(), Vec::new());
    let mut byte = [0];
    while !String::from_utf8_lossy(&said).contains("Ctrl-C ends it") {
        assert_eq!(out.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = String::from_utf8(said).unwrap();
    assert_eq!((said.matches("listens on http://127.0.0.1:").count(), said.matches("slk_").count()), (1, 1), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_is_remembered_over_a_restart() {
    let mut shop = Shop::applied().await;
    shop.sluice(&["run", "people to braze"]).ended(4);
    let state = shop.rig.path("state");
    // The rig's process is exchanged for another one on the same folder; its key stays.
    let key = shop.rig.server.said["api_key"].clone();
    let ended = std::mem::replace(&mut shop.rig.server, crate::rig::Process::start(&["twin", "braze", "--listen", "127.0.0.1:0"]));
    assert_eq!(ended.terminate().0, Some(0));
    shop.rig.server = serve(&state, &[]);
    assert!(key.is_string() && shop.rig.server.said["api_key"].is_null());
    let requests = shop.twin.log().total();
    let again = shop.sluice(&["--json", "run", "people to braze"]).json(4);
    assert_eq!((&again["counters"]["unchanged"], shop.twin.log().total()), (&serde_json::json!(40), requests), "{again:#}");
}
