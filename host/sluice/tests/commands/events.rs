//! The progress that a run's events tell while it sends, which the bar of `sluice run` shows.

use serde_json::{Value, json};
use sluice_twins::{Fault, Pick};

use crate::shop::Shop;

/// Every event of a run, to its end.
async fn events(shop: &Shop, run: &str) -> Vec<Value> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let get = |path: String| http.get(format!("{}/v1/workspaces{path}", shop.rig.server.url())).bearer_auth(shop.rig.key()).send();
    let workspaces: Value = get(String::new()).await.unwrap().json().await.unwrap();
    let ws = workspaces["items"][0]["id"].as_str().unwrap();
    let text = get(format!("/{ws}/runs/{run}/events")).await.unwrap().text().await.unwrap();
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_run_tell_how_far_it_has_come() {
    let shop = Shop::applied().await;
    // Small batches, one after the other, each of them late: the events come twice a second.
    let file = shop.rig.path("workspace/braze.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let slow = text
        .replace("connector: braze", "connector: braze\n    in_flight: 1")
        .replace("mode: upsert", "mode: upsert\n    batch_rows_max: 2");
    std::fs::write(&file, slow).unwrap();
    shop.sluice(&["apply", "workspace"]).ended(0);
    shop.twin.faults().arm(Fault::on("/users/track").pick(Pick::Every(1)).delay_ms(150)).unwrap();
    let started = shop.sluice(&["--json", "run", "people to braze", "--no-wait"]).json(0);
    let seen = events(&shop, started["id"].as_str().unwrap()).await;
    let sending = seen.iter().filter(|run| run["state"] == "sending");
    let accepted: Vec<u64> = sending.map(|run| run["counters"]["tally"]["accepted"].as_u64().unwrap()).collect();
    assert!(accepted.is_sorted() && accepted.iter().any(|rows| (1..40).contains(rows)), "{accepted:?}");
    let last = seen.last().unwrap();
    assert_eq!((&last["finished"], &last["counters"]["tally"]["accepted"]), (&json!(true), &json!(40)), "{last:#}");
}
