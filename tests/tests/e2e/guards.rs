//! Guards hold an accident for a person; confirmed goes on, discarded changes nothing; a dry run tells without doing.

use serde_json::{Value, json};

use crate::{
    rig::{Rig, Sluice, end, tally},
    shop,
};

/// A list of 100 people at the destination.
async fn listed() -> (Rig, Sluice) {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    let list = shop::activation(
        "list",
        &json!({
            "service": "lists", "mode": "boolean-attribute", "options": { "attribute": "in_shop" },
            "mapping": { "fields": [{ "target": "external_id", "role": "identifier", "value": { "field": "id" } }] },
        }),
    );
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("people", &json!({})), list])).await;
    assert_eq!(tally(&sluice.run("people").await), "accepted 100");
    assert_eq!(tally(&sluice.run("list").await), "accepted 100");
    (rig, sluice)
}

fn members(rig: &Rig) -> usize {
    rig.twin.with_state(|s| s.profiles().iter().filter(|p| p.attributes.get("in_shop") == Some(&json!(true))).count())
}

async fn decide(sluice: &Sluice, run: &Value, word: &str, diff: &str) -> Value {
    let path = format!("/runs/{}/{word}", run["id"].as_str().unwrap());
    sluice.post(&path, &json!({ "diff": diff })).await.json
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_removal_is_held_and_discarded_or_confirmed() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, 1..=60, |_| "basic");
    let before = rig.twin.log().total();
    let held = sluice.run("list").await;
    assert_eq!(end(&held), "held guard-mass-removal", "{held:#}");
    assert_eq!((held["counters"]["removed"].as_u64(), rig.twin.log().total()), (Some(40), before));
    let diff = held["hold"]["diff"].as_str().unwrap().to_owned();
    assert_eq!(decide(&sluice, &held, "confirm", "another").await["code"], "confirmation-mismatch");
    decide(&sluice, &held, "discard", &diff).await;
    let discarded = sluice.finish(&held).await;
    assert_eq!((end(&discarded).as_str(), rig.twin.log().total(), members(&rig)), ("discarded", before, 100));

    // The same diff again: the ledger stayed as it was.
    let held = sluice.run("list").await;
    assert_eq!(held["hold"]["diff"], diff.as_str());
    decide(&sluice, &held, "confirm", &diff).await;
    let seen = sluice.finish(&held).await;
    assert_eq!((end(&seen).as_str(), tally(&seen).as_str()), ("succeeded", "accepted 40"), "{seen:#}");
    assert_eq!(members(&rig), 60);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_source_is_held_whatever_the_mode() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, [], |_| "basic");
    let before = rig.twin.log().total();
    for activation in ["people", "list"] {
        let held = sluice.run(activation).await;
        assert_eq!(end(&held), "held guard-empty-source", "{held:#}");
    }
    assert_eq!(rig.twin.log().total(), before);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_run_waits_through_a_restart() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, 1..=60, |_| "basic");
    let held = sluice.run("list").await;
    sluice.stop().await;
    let sluice = Sluice::start(&rig.state()).await;
    let seen = sluice.wait(held["id"].as_str().unwrap()).await;
    assert_eq!((end(&seen).as_str(), &seen["hold"]["diff"]), ("held guard-mass-removal", &held["hold"]["diff"]));
    // What the source says meanwhile does not count: the diff that was shown is what is sent.
    shop::people(&rig, 1..=100, |_| "basic");
    decide(&sluice, &held, "confirm", held["hold"]["diff"].as_str().unwrap()).await;
    sluice.finish(&held).await;
    assert_eq!(members(&rig), 60);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_keys_above_the_threshold_fail_a_run_before_anything_is_sent() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, (1..=100).chain(1..=6), |_| "gold");
    let before = rig.twin.log().total();
    let run = sluice.run("people").await;
    assert_eq!((end(&run).as_str(), rig.twin.log().total()), ("failed duplicate-keys", before), "{run:#}");

    // Below it, the keys concerned are left alone and named; everything else goes.
    shop::people(&rig, (1..=100).chain(1..=2), |_| "gold");
    let run = sluice.run("people").await;
    assert_eq!(end(&run), "succeeded-with-errors", "{run:#}");
    assert_eq!(tally(&run), "accepted 98, invalid 4", "{run:#}");
    assert_eq!(rig.twin.profile("1").unwrap().attributes["plan"], "basic");
    assert_eq!(rig.twin.profile("3").unwrap().attributes["plan"], "gold");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_counts_and_payloads_and_changes_nothing() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, 1..=110, |id| if id <= 7 { "gold" } else { "basic" });
    let before = rig.twin.log().total();
    let id = sluice.id("activations", "people").await;
    let told = sluice.post(&format!("/activations/{id}/dry-run"), &json!({})).await.ok();
    let text = told.to_string();
    assert!(text.contains("\"added\":10") && text.contains("\"changed\":7"), "{told:#}");
    assert_eq!(rig.twin.log().total(), before);
    let run = sluice.run("people").await;
    assert_eq!(tally(&run), "accepted 17", "{run:#}");
    sluice.stop().await;
}
