//! A connector that misbehaves, and one whose platform works on batches by itself: what becomes of their rows.

use serde_json::json;

use crate::{
    rig::{Rig, Sluice, end, tally},
    shop,
};

/// The misbehaving connector.
async fn unruly(moods: &[&str]) -> (Rig, Sluice) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/unruly");
    let built = sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap();
    let rig = Rig::new().await;
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.install(&built.bytes).await;
    let mut bundle = shop::bundle(&rig);
    bundle["destinations"] = json!([{ "name": "unruly", "connector": "unruly" }]);
    let activation = |mood: &&str| {
        shop::activation(
            mood,
            &json!({
                "destination": "unruly", "service": "people", "options": { "mood": mood },
                "mapping": { "fields": [
                    { "target": "id", "role": "identifier", "value": { "field": "id" } },
                    { "target": "plan", "value": { "field": "plan" } },
                ] },
            }),
        )
    };
    bundle["activations"] = moods.iter().map(activation).collect();
    sluice.apply(&bundle).await;
    (rig, sluice)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_misbehaves_harms_its_own_rows_only() {
    let moods = ["trap", "loop", "hoard", "too-many", "twice", "later", "honest"];
    let (_rig, sluice) = unruly(&moods).await;
    for (mood, code) in moods.iter().zip([
        "connector-trap",
        "connector-cpu-limit",
        "connector-memory-limit",
        "connector-outcome-count",
        "connector-outcome-count",
        "connector-protocol",
    ]) {
        let run = sluice.run(mood).await;
        let text = run.to_string();
        assert!(text.contains(code), "{mood}: {run:#}");
        assert_eq!(run["counters"]["tally"]["accepted"], 0, "{mood}: {run:#}");
        assert_ne!(run["state"], "succeeded", "{mood}");
    }
    let honest = sluice.run("honest").await;
    assert_eq!((end(&honest).as_str(), tally(&honest).as_str()), ("succeeded", "accepted 100"), "{honest:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_component_does_not_bear_is_found_and_the_others_go() {
    let (_rig, sluice) = unruly(&["poison"]).await;
    let run = sluice.run("poison").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "accepted 99, rejected 1"), "{run:#}");
    let bad: Vec<_> = sluice.records(&run).await.into_iter().filter(|r| r["outcome"] == "rejected").collect();
    assert_eq!((bad[0]["key"].as_str(), bad[0]["code"].as_str()), (Some("13"), Some("connector-trap")));
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_the_platform_works_on_is_asked_after_until_each_row_has_its_outcome() {
    let (_rig, sluice) = unruly(&["job"]).await;
    let run = sluice.run("job").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "accepted 98, rejected 2"), "{run:#}");
    let again = sluice.run("job").await;
    assert_eq!(tally(&again), "rejected 2", "accepted rows are done: {again:#}");
    assert_eq!(again["counters"]["still_rejected"], 2, "refused ones wait for a change: {again:#}");
    sluice.stop().await;
}

/// The platform wants to be asked in twenty minutes, which is longer than this test waits for anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_the_platforms_work_is_cancelled_at_once_and_its_rows_are_in_doubt() {
    let (_rig, sluice) = unruly(&["slow-job"]).await;
    let run = sluice.start_run("slow-job").await;
    while sluice.get(&format!("/runs/{run}")).await.ok()["state"] != "sending" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    sluice.post(&format!("/runs/{run}/cancel"), &json!({})).await.ok();
    let run = sluice.wait(&run).await;
    assert_eq!(end(&run), "cancelled", "{run:#}");
    assert_eq!(run["counters"]["tally"]["accepted"], 0, "{run:#}");
    let settled = |word: &str| run["counters"]["tally"][word].as_u64().unwrap();
    assert_eq!(settled("unknown") + settled("carried"), 100, "{run:#}");
    sluice.stop().await;
}
