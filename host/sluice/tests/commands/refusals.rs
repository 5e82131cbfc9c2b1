//! What people are told when something is wrong: a code, a cause, a next step, the place in the file, an exit code.

use serde_json::Value;

use crate::{
    rig::{Done, Rig, serve, sluice},
    shop::Shop,
};

/// Standard error of a refused command as JSON.
fn failure(done: Done) -> Value {
    serde_json::from_str(&done.refused()).unwrap()
}

#[test]
fn a_server_that_is_not_there_has_an_exit_code_of_its_own() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let done = Done::of(&sluice().args(["--json", "runs", "list", "--url", &url, "--api-key", "slk_x"]).output().unwrap());
    let told: Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((done.code, done.out.as_str(), told["code"].as_str()), (3, "", Some("api-unreachable")), "{told:#}");
    assert!(told["cause"].as_str().unwrap().contains(&url), "{told:#}");
}

#[test]
fn a_command_line_that_cannot_be_read_has_an_exit_code_of_its_own() {
    for args in [&["runs", "list", "--no-such-option"] as &[&str], &["fly"], &["run"], &["run", "x", "--baseline", "--dry-run"]] {
        assert_eq!(Done::of(&sluice().args(args).output().unwrap()).code, 2, "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_in_a_file_is_told_with_its_line_and_nothing_is_sent() {
    let shop = Shop::new().await;
    let file = shop.rig.path("workspace/data.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("definition:", "definiton:")).unwrap();
    let done = shop.sluice(&["apply", "workspace"]);
    assert_eq!(done.out, "");
    let told = done.refused();
    assert!(told.contains("workspace/data.yaml:9  /models/0/definiton  bundle-invalid"), "{told}");
    assert!(told.contains("did you mean `definition`?") && told.contains("next   "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_server_knows_is_told_with_its_line_too() {
    let shop = Shop::new().await;
    let file = shop.rig.path("workspace/braze.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let wrong = text
        .replace("rest_host: rest.fra-01 ", "rest_host: rest.mars-01 ")
        .replace("field: name", "field: nam")
        .replace("service: lists", "service: list");
    std::fs::write(&file, wrong).unwrap();
    let done = shop.sluice(&["apply", "workspace"]);
    assert!(done.out.contains("+ model"), "the plan is shown: {}", done.out);
    insta::assert_snapshot!("places_of_the_server", done.err);
    done.refused();
    shop.sluice(&["preview", "people"]).refused();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_not_set_and_a_secret_in_a_file_are_never_sent() {
    let shop = Shop::new().await;
    let missing = Done::of(&shop.rig.command().args(["--json", "apply", "workspace/data.yaml"]).output().unwrap());
    assert_eq!(failure(missing)["code"], "bundle-variable-missing");
    let file = shop.rig.path("workspace/braze.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"${KEY}\"", "hush-hush")).unwrap();
    let secret = shop.sluice(&["apply", "workspace"]).refused();
    assert!(secret.contains("bundle-secret-in-file") && secret.contains("workspace/braze.yaml:7"), "{secret}");
    assert!(!secret.contains("hush-hush"));
}

#[test]
fn who_asks_and_what_for_are_refused_in_the_servers_words() {
    let rig = Rig::new();
    let ask = |key: &str, args: &[&str]| {
        failure(Done::of(&rig.command().env("SLUICE_API_KEY", key).arg("--json").args(args).output().unwrap()))
    };
    let stranger = ask("slk_x_y", &["runs", "list"]);
    assert_eq!(stranger["code"], "api-unauthenticated");
    assert!(stranger["request_id"].as_str().unwrap().starts_with("req_") && stranger["next"].is_string(), "{stranger:#}");
    assert_eq!(ask(rig.key(), &["run", "nothing"])["code"], "api-not-found");
    assert_eq!(ask(rig.key(), &["runs", "show", "../workspaces"])["code"], "api-not-found");
    assert_eq!(ask(rig.key(), &["runs", "list", "--state", "lost"])["errors"][0]["pointer"], "?state");
    let zone = ask(rig.key(), &["workspaces", "create", "x", "--time-zone", "Mars"]);
    assert_eq!(zone["errors"][0]["pointer"], "/time_zone");
}

#[test]
fn a_wrong_master_key_is_refused_before_anything_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    assert_eq!(serve(&state, &[]).terminate().0, Some(0));
    for key in ["abc".to_owned(), "07".repeat(32)] {
        let mut command = sluice();
        command.args(["--json", "serve", "--listen", "127.0.0.1:0", "--state"]).arg(&state).env("SLUICE_MASTER_KEY", &key);
        assert_eq!(failure(Done::of(&command.output().unwrap()))["code"], "seal-broken", "{key}");
    }
}
