//! The twin as a process of its own, with harm on demand.

use serde_json::{Value, json};

use crate::rig::{Done, Process, sluice};

async fn track(twin: &Process, key: &str) -> u16 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let body = json!({ "attributes": [{ "external_id": "a", "country": "FR" }] });
    let request = reqwest::Client::new().post(format!("{}/users/track", twin.url())).bearer_auth(key).json(&body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_twin_keeps_what_it_is_sent_and_does_the_harm_it_was_asked_for() {
    let fault = r#"{"path": "/users/track", "pick": {"nth": 2}, "answer": {"kind": "throttle", "retry_after_s": 2}}"#;
    let twin = Process::start(&["twin", "braze", "--listen", "127.0.0.1:0", "--api-key", "k", "--fault", fault]);
    assert_eq!((track(&twin, "k").await, track(&twin, "k").await, track(&twin, "k").await), (201, 429, 201));
    assert_eq!(track(&twin, "another").await, 401);
    let state = reqwest::get(format!("{}/__twin/state/profiles/a", twin.url())).await.unwrap();
    let profile: Value = state.json().await.unwrap();
    assert!(profile.to_string().contains("FR"), "{profile}");
    assert_eq!(twin.terminate().0, Some(0));
}

#[test]
fn a_fault_that_is_none_is_refused() {
    for fault in ["{", r#"{"path": "/x", "colour": 1}"#, r#"{"path": "/users/track", "pick": {"nth": 0}}"#] {
        let done = sluice().args(["twin", "braze", "--listen", "127.0.0.1:0", "--fault", fault]).output().unwrap();
        let refused = Done::of(&done).refused();
        assert!(refused.starts_with("error  api-invalid: ") && refused.contains("--fault"), "{refused}");
    }
}

#[test]
fn a_twin_is_for_this_machine_alone() {
    let done = sluice().args(["twin", "braze", "--listen", "0.0.0.0:0"]).output().unwrap();
    let refused = Done::of(&done).refused();
    assert!(refused.starts_with("error  listen-failed: "), "{refused}");
}
