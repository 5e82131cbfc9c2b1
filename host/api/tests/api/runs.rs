//! Runs: started, decided, cancelled, watched.

use serde_json::json;
use sluice_catalog::Code;
use sluice_store::{Failure, RunState, Settlement};

use crate::world::World;

#[tokio::test]
async fn a_started_run_is_at_its_location_and_a_second_one_is_refused() {
    let world = World::new().await;
    let path = format!("/activations/{}/runs", world.own["free"]);
    let started = world.post(&path, &json!({})).await;
    assert_eq!(started.status, 202);
    let run = world.ask("GET", started.headers["location"].to_str().unwrap()).key("viewer").send().await;
    assert_eq!((run.json["state"].as_str(), run.json["trigger"].as_str()), (Some("queued"), Some("manual")));
    assert_eq!(run.json["triggered_by"].as_str().map(|by| &by[..4]), Some("key_"));
    let second = world.post(&path, &json!({})).await;
    assert_eq!((second.status.as_u16(), second.code()), (409, "run-overlap"));
    assert_eq!(world.post(&path, &json!({ "state": "succeeded" })).await.pointers(), ["/state"]);
}

#[tokio::test]
async fn flags_reach_the_run() {
    let world = World::new().await;
    let path = format!("/activations/{}/resync", world.own["free"]);
    assert_eq!(world.post(&path, &json!({ "kind": "everything" })).await.pointers(), ["/kind"]);
    let run = world.post(&path, &json!({ "kind": "baseline" })).await;
    assert_eq!(run.json["flags"]["baseline"], true, "{}", run.text);
}

#[tokio::test]
async fn a_held_run_is_explained_and_decided_once_by_the_name_of_its_diff() {
    let world = World::new().await;
    let path = format!("/runs/{}", world.own["run"]);
    let held = world.get(&path).await;
    assert_eq!(held.json["hold"]["code"], "duplicate-keys");
    assert!(["title", "cause", "next"].iter().all(|part| held.json["hold"][part].is_string()));
    let confirm = format!("{path}/confirm");
    assert_eq!(world.post(&confirm, &json!({ "diff": "d0" })).await.code(), "confirmation-mismatch");
    assert_eq!(world.post(&confirm, &json!({})).await.pointers(), [""]);
    let confirmed = world.post(&confirm, &json!({ "diff": "d1" })).await;
    assert_eq!(confirmed.json["decision"]["kind"], "confirm");
    assert_eq!(world.post(&format!("{path}/discard"), &json!({ "diff": "d1" })).await.status, 409);
}

#[tokio::test]
async fn runs_are_filtered_by_activation_and_state() {
    let world = World::new().await;
    let list = async |query: &str| world.get(&format!("/runs{query}")).await.json["items"].as_array().map(Vec::len);
    assert_eq!(list("").await, Some(1));
    assert_eq!(list("?state=held,failed").await, Some(1));
    assert_eq!(list("?state=succeeded").await, Some(0));
    assert_eq!(list(&format!("?activation={}", world.own["free"])).await, Some(0));
    assert_eq!(world.get("/runs?state=lost").await.pointers(), ["?state"]);
    assert_eq!(world.get("/runs?activation=x").await.status, 422);
}

#[tokio::test]
async fn the_events_of_a_run_tell_its_state_and_end_with_it() {
    let world = World::new().await;
    let path = world.at(&format!("/runs/{}", world.own["run"]));
    world.ask("POST", &format!("{path}/cancel")).key("operator").send().await;
    let store = &world.store;
    let lease = store.claim("w", store.now(), std::time::Duration::from_secs(60)).await.unwrap().unwrap();
    let end = Settlement {
        state: RunState::Cancelled,
        ledger: None,
        counters: json!({ "added": 3 }),
        details: None,
        failure: None,
        next_due: None,
    };
    store.settle(&lease, &end).await.unwrap();
    let events = world.ask("GET", &format!("{path}/events")).key("viewer").send().await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let told: Vec<_> = events.text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(told[0], "event: run");
    let run: serde_json::Value = serde_json::from_str(told[1].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((run["state"].as_str(), run["finished"].as_bool()), (Some("cancelled"), Some(true)));
    assert_eq!(told.len(), 2);
    for (key, status) in [(None, 401), (Some("other-admin"), 404)] {
        let ask = world.ask("GET", &format!("{path}/events"));
        let ask = if let Some(key) = key { ask.key(key) } else { ask };
        assert_eq!(ask.send().await.status.as_u16(), status);
    }
    let foreign = world.at(&format!("/runs/{}/events", world.other["run"]));
    assert_eq!(world.ask("GET", &foreign).key("admin").send().await.status, 404);
    assert_eq!(world.ask("POST", &format!("{path}/cancel")).key("operator").send().await.status, 409);
}

#[tokio::test]
async fn below_operator_the_words_of_a_platform_are_the_titles_of_their_codes() {
    let world = World::new().await;
    let path = world.at(&format!("/runs/{}", world.own["run"]));
    world.ask("POST", &format!("{path}/cancel")).key("operator").send().await;
    let store = &world.store;
    let lease = store.claim("w", store.now(), std::time::Duration::from_secs(60)).await.unwrap().unwrap();
    let said = "ann@example.com is taken";
    let reason =
        |code: &str| json!({ "outcome": "rejected", "code": code, "field": "email", "example": said, "next": "", "rows": 2 });
    let end = Settlement {
        state: RunState::Failed,
        ledger: None,
        counters: json!({}),
        details: Some(json!({ "reasons": [reason("row-refused"), reason("ann@example.com")], "more_rows": 0 })),
        failure: Some(Failure { code: Code::DestConfig, cause: said.into() }),
        next_due: None,
    };
    store.settle(&lease, &end).await.unwrap();
    for place in [path.clone(), format!("{path}/events"), world.at("/runs")] {
        let all = world.ask("GET", &place).key("operator").send().await;
        assert_eq!(all.text.matches(said).count(), 3, "{place}: {}", all.text);
        let less = world.ask("GET", &place).key("viewer").send().await;
        assert!(!less.text.contains("ann@"), "{place}: {}", less.text);
        for code in [Code::RowRefused, Code::DestProtocol] {
            assert!(less.text.contains(&format!("\"example\":\"{}\"", code.title())), "{place}: {}", less.text);
        }
    }
    let run = world.ask("GET", &path).key("viewer").send().await.json;
    assert_eq!((run["failure"]["code"].as_str(), run["details"]["reasons"][0]["rows"].as_u64()), (Some("dest-config"), Some(2)));
    assert_eq!(run["failure"]["cause"], format!("{}.", Code::DestConfig.title()));
}

#[tokio::test]
async fn events_streams_are_bounded_and_one_too_many_is_told_when_to_come_back() {
    let world = World::new().await;
    let path = world.at(&format!("/runs/{}/events", world.own["run"]));
    let mut open = Vec::new();
    for _ in 0..sluice_api::limits::EVENTS_STREAMS_MAX {
        let response = world.ask("GET", &path).key("viewer").open().await;
        assert_eq!(response.status(), 200);
        open.push(response);
    }
    let refused = world.ask("GET", &path).key("viewer").send().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "api-busy"));
    assert_eq!(refused.headers["retry-after"], "5");
    open.pop();
    assert_eq!(world.ask("GET", &path).key("viewer").open().await.status(), 200, "a stream that is closed gives its place back");
}
