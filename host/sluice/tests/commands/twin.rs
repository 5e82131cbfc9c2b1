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

#[tokio::test]
async fn the_iterable_twin_keeps_users_by_what_identifies_them() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let twin = Process::start(&["twin", "iterable", "--listen", "127.0.0.1:0", "--api-key", "k", "--project", "user-id"]);
    let update = async |user: Value| {
        let request = reqwest::Client::new().post(format!("{}/api/users/bulkUpdate", twin.url())).header("api-key", "k");
        let answer: Value = request.json(&json!({ "users": [user] })).send().await.unwrap().json().await.unwrap();
        (answer["successCount"].clone(), answer["failCount"].clone())
    };
    assert_eq!(update(json!({ "userId": "u_1", "dataFields": { "tier": "gold" } })).await, (json!(1), json!(0)));
    assert_eq!(update(json!({ "email": "lea@example.org" })).await, (json!(0), json!(1)));
    let state = reqwest::get(format!("{}/__twin/state/users/u_1", twin.url())).await.unwrap();
    let user: Value = state.json().await.unwrap();
    assert_eq!(user["data"], json!({ "tier": "gold" }));
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
