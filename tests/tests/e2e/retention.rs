//! What nobody needs any more goes away, and nothing else does.

use std::time::{Duration, Instant};

use jiff::ToSpan;
use serde_json::{Value, json};
use sluice_catalog::clock::{Clock, SystemClock};

use crate::{
    rig::{Rig, Sluice, end, tally},
    shop,
};

fn run_folders(rig: &Rig) -> usize {
    let below = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    below(rig.state().join("runs")).flat_map(below).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_of_old_runs_go_their_numbers_stay_and_a_held_run_is_left_alone() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("people", &json!({}))])).await;
    let first = sluice.run("people").await;
    assert_eq!((tally(&first).as_str(), sluice.records(&first).await.len()), ("accepted 100", 100));

    // A run that finds nothing leaves nothing.
    assert_eq!(run_folders(&rig), 1);
    let quiet = sluice.run("people").await;
    assert_eq!(end(&quiet), "succeeded");
    // Its folder goes behind its end.
    let began = Instant::now();
    while run_folders(&rig) > 1 {
        assert!(began.elapsed() < Duration::from_secs(30), "the folder stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sluice.records(&quiet).await, [] as [Value; 0]);

    shop::people(&rig, [], |_| "basic");
    let held = sluice.run("people").await;
    assert_eq!(end(&held), "held guard-empty-source");
    let now = SystemClock.now();
    sluice.host.remove_records_of_runs_before(now - 1.hour()).await.unwrap();
    assert_eq!((run_folders(&rig), sluice.records(&first).await.len()), (2, 100));
    sluice.host.remove_records_of_runs_before(now + 1.hour()).await.unwrap();
    assert_eq!((run_folders(&rig), sluice.records(&first).await.len()), (1, 0));
    let seen = sluice.wait(first["id"].as_str().unwrap()).await;
    let held = sluice.wait(held["id"].as_str().unwrap()).await;
    assert_eq!((tally(&seen).as_str(), end(&held).as_str()), ("accepted 100", "held guard-empty-source"));
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_of_questions_and_queries_is_gone_after_the_start() {
    let rig = Rig::new().await;
    Sluice::start(&rig.state()).await.stop().await;
    let left = ["questions/of-a-test", "spill/of-a-query"];
    for folder in left {
        std::fs::create_dir_all(rig.state().join(folder)).unwrap();
        std::fs::write(rig.state().join(folder).join("rows"), "personal").unwrap();
    }
    let sluice = Sluice::start(&rig.state()).await;
    for folder in left {
        assert!(!rig.state().join(folder).exists(), "{folder}");
    }
    sluice.stop().await;
}
