//! A connector that misbehaves, and one whose platform works on batches by itself: what becomes of their rows.

use serde_json::{Value, json};

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
    let all: Vec<_> = moods.iter().map(|mood| (*mood, *mood)).collect();
    sluice.apply(&bundle(&rig, &all)).await;
    (rig, sluice)
}

/// An activation of all people for each name, with a mood.
fn bundle(rig: &Rig, moods: &[(&str, &str)]) -> Value {
    let mut bundle = shop::bundle(rig);
    bundle["destinations"] = json!([{ "name": "unruly", "connector": "unruly" }]);
    let activation = |(name, mood): &(&str, &str)| {
        shop::activation(
            name,
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
    bundle
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_misbehaves_harms_its_own_rows_only() {
    // These fail before they send; the others may have sent, and what they say cannot be believed.
    let stops = ["trap", "loop", "hoard"];
    let codes = [
        ("trap", &["connector-trap"][..]),
        // Whichever it meets first: on a busy machine that is the clock.
        ("loop", &["connector-cpu-limit", "connector-wall-limit"][..]),
        ("hoard", &["connector-memory-limit"][..]),
        ("too-many", &["connector-outcome-count"][..]),
        ("twice", &["connector-outcome-count"][..]),
        ("few-ids", &["connector-outcome-count"][..]),
        ("later", &["connector-protocol"][..]),
    ];
    let (rig, sluice) = unruly(&codes.map(|(mood, _)| mood)).await;
    for (mood, codes) in codes {
        let run = sluice.run(mood).await;
        let told = |word: &str| run["counters"]["tally"][word].as_u64().unwrap();
        let reasons = run["details"]["reasons"].as_array().unwrap();
        if stops.contains(&mood) {
            // Nothing is in doubt. Rows that stood alone, if any, are refused, the others wait.
            assert!(codes.iter().any(|code| end(&run) == format!("failed {code}")), "{mood}: {run:#}");
            for part in ["title", "cause", "next"] {
                assert!(!run["failure"][part].as_str().unwrap().is_empty(), "{mood}: {part}");
            }
            assert_eq!(told("rejected") + told("carried"), 100, "{mood}: {run:#}");
            assert!(reasons.iter().any(|r| codes.iter().any(|code| r["code"] == *code)), "{mood}: {run:#}");
        } else {
            assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "unknown 100"), "{mood}: {run:#}");
            let [reason] = &reasons[..] else { panic!("{mood}: {run:#}") };
            assert_eq!((reason["code"].as_str(), &reason["rows"]), (Some(codes[0]), &json!(100)), "{mood}: {run:#}");
            assert!(!reason["example"].as_str().unwrap().is_empty() && !reason["next"].as_str().unwrap().is_empty(), "{mood}");
        }
    }
    // With the connector mended every row arrives. Those that were refused by name wait for a change of theirs, or for a wish.
    sluice.apply(&bundle(&rig, &codes.map(|(mood, _)| (mood, "honest")))).await;
    for (mood, _) in codes {
        let id = sluice.id("activations", mood).await;
        let queued = sluice.post(&format!("/activations/{id}/retry-rejected"), &json!({})).await.ok();
        let run = sluice.wait(queued["id"].as_str().unwrap()).await;
        assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 100"), "{mood}: {run:#}");
    }
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
    let (rig, sluice) = unruly(&["job"]).await;
    let run = sluice.run("job").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded-with-errors", "accepted 98, rejected 2"), "{run:#}");
    let again = sluice.run("job").await;
    assert_eq!(tally(&again), "rejected 2", "accepted rows are done: {again:#}");
    assert_eq!(again["counters"]["still_rejected"], 2, "refused ones wait for a change: {again:#}");
    // A change of how they are sent; one of anything else is none.
    let mut edited = bundle(&rig, &[("job", "job")]);
    edited["activations"][0]["guards"] = json!({ "confirm_hours": 48 });
    edited["activations"][0]["mapping"]["fields"].as_array_mut().unwrap().reverse();
    sluice.apply(&edited).await;
    let again = sluice.run("job").await;
    assert_eq!(again["counters"]["still_rejected"], 2, "{again:#}");
    sluice.apply(&bundle(&rig, &[("job", "honest")])).await;
    let again = sluice.run("job").await;
    assert_eq!(tally(&again), "accepted 2", "{again:#}");
    sluice.stop().await;
}

/// The platform wants to be asked in twenty minutes, which is longer than this test waits for anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_the_platforms_work_is_cancelled_at_once_and_its_rows_are_in_doubt() {
    let (_rig, sluice) = unruly(&["slow-job"]).await;
    let run = sluice.start_run("slow-job").await;
    while sluice.get(&format!("/runs/{run}")).await.ok()["state"] != "awaiting-vendor" {
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
