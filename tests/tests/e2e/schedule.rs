//! Activations that run by themselves: at once the first time, then an interval after the end of each run, and never when they are
//! manual or disabled.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    rig::{Forward, Rig, Sluice, braze, tally},
    shop,
};

/// Runs of the workspace, the newest first.
async fn runs(sluice: &Sluice) -> Vec<Value> {
    sluice.get("/runs?limit=100").await.ok()["items"].as_array().unwrap().clone()
}

/// Waits until there are so many runs and all have ended.
async fn ended(sluice: &Sluice, wanted: usize) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let seen = runs(sluice).await;
        if seen.len() == wanted && seen.iter().all(|run| run["finished"] == true) {
            return seen;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{seen:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_counts_from_the_end_of_the_last_run() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=100, |_| "basic");
    let clock = Arc::new(Forward::default());
    let sluice = Sluice::start_at(&rig.state(), clock.clone()).await;
    sluice.install(braze()).await;
    let by_itself = |name: &str, more: Value| shop::activation(name, &more);
    sluice
        .apply(&shop::to_braze(
            &rig,
            &[
                by_itself("hourly", json!({ "schedule": { "every-seconds": 3600 } })),
                by_itself("asleep", json!({ "schedule": { "every-seconds": 60 }, "enabled": false })),
                by_itself("by hand", json!({})),
            ],
        ))
        .await;
    let first = ended(&sluice, 1).await.remove(0);
    assert_eq!((tally(&first).as_str(), first["trigger"].as_str()), ("accepted 100", Some("schedule")), "{first:#}");

    // Not before its time: everything else that is due by then has long been looked at.
    shop::people(&rig, 1..=100, |id| if id == 7 { "gold" } else { "basic" });
    clock.by(3_500);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(runs(&sluice).await.len(), 1);
    clock.by(200);
    let second = ended(&sluice, 2).await.remove(0);
    assert_eq!((tally(&second).as_str(), second["trigger"].as_str()), ("accepted 1", Some("schedule")), "{second:#}");

    // A change of the schedule counts at once.
    sluice.apply(&shop::to_braze(&rig, &[by_itself("hourly", json!({}))])).await;
    clock.by(7_200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(runs(&sluice).await.len(), 2);
    sluice.stop().await;
}
