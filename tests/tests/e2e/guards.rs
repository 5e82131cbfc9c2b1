//! Guards hold an accident for a person; confirmed goes on, discarded changes nothing; a dry run tells without doing.

use serde_json::{Value, json};
use sluice_twins::{Answer, Fault, Pick};

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

/// Half of each batch is refused, until this is taken back.
fn half_is_refused(rig: &Rig) {
    let answer = Answer::ErrorsForRest { text: "not today".into() };
    rig.twin.faults().arm(Fault::on("/users/track").answer(answer).pick(Pick::Every(1))).unwrap();
}

/// 2,000 events, of which the platform refuses every other: held in the middle.
async fn held_in_the_middle(guards: &Value) -> (Rig, Sluice, Value) {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=2_000, |_| "basic");
    let sluice = rig.sluice().await;
    let events = json!({
        "service": "events", "mode": "append", "history": "send", "options": { "update_existing_only": false }, "guards": guards,
        "mapping": { "fields": [
            { "target": "external_id", "role": "identifier", "value": { "field": "id" } },
            { "target": "name", "value": { "constant": "joined" } },
            { "target": "time", "role": "event-time", "value": { "constant": "2026-11-01T00:00:00Z" } },
        ] },
    });
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("events", &events)])).await;
    half_is_refused(&rig);
    let held = sluice.run("events").await;
    assert_eq!(end(&held), "held guard-rejected-share", "{held:#}");
    (rig, sluice, held)
}

fn arrived(rig: &Rig) -> usize {
    rig.twin.with_state(|s| s.events().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_run_was_held_stays_accepted_however_it_ends() {
    for how in ["discard", "cancel", "cancel after a restart"] {
        let (rig, mut sluice, held) = held_in_the_middle(&json!({})).await;
        let accepted = arrived(&rig);
        assert_eq!(held["counters"]["tally"]["accepted"], accepted, "a held run tells what it has sent: {held:#}");
        assert!(!held["details"]["reasons"].as_array().unwrap().is_empty(), "and why rows were refused: {held:#}");
        let (id, diff) = (held["id"].as_str().unwrap(), held["hold"]["diff"].as_str().unwrap());
        if how == "cancel after a restart" {
            sluice.stop().await;
            sluice = Sluice::start(&rig.state()).await;
        }
        match how {
            "discard" => drop(decide(&sluice, &held, "discard", diff).await),
            _ => drop(sluice.post(&format!("/runs/{id}/cancel"), &json!({})).await.ok()),
        }
        let ended = sluice.finish(&held).await;
        assert_eq!(ended["counters"]["tally"]["accepted"], accepted, "{how}: {ended:#}");
        rig.twin.faults().clear();
        let next = sluice.run("events").await;
        assert_eq!(end(&next), "succeeded-with-errors", "{how}: {next:#}");
        // Those that were refused stay so; nobody came twice.
        let refused = next["counters"]["still_rejected"].as_u64().unwrap() as usize;
        assert_eq!(arrived(&rig) + refused, 2_000, "{how}: {next:#}");
        sluice.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_confirms_one_guard_has_not_confirmed_the_next() {
    let (rig, sluice) = listed().await;
    shop::people(&rig, 1..=2_000, |_| "basic");
    let guards = json!({ "guards": { "changed_percent_max": 10, "changed_rows_min": 1 } });
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("people", &guards)])).await;
    assert_eq!(tally(&sluice.run("people").await), "accepted 1900");
    shop::people(&rig, 1..=2_000, |_| "gold");
    half_is_refused(&rig);
    let held = sluice.run("people").await;
    assert_eq!(end(&held), "held guard-mass-change", "{held:#}");
    decide(&sluice, &held, "confirm", held["hold"]["diff"].as_str().unwrap()).await;
    let again = until_held(&sluice, &held, "guard-rejected-share").await;
    decide(&sluice, &again, "confirm", again["hold"]["diff"].as_str().unwrap()).await;
    let done = sluice.finish(&again).await;
    assert_eq!(end(&done), "succeeded-with-errors", "{done:#}");
    sluice.stop().await;
}

/// Waits until a run that goes on is held by another guard.
async fn until_held(sluice: &Sluice, run: &Value, by: &str) -> Value {
    let started = std::time::Instant::now();
    loop {
        let seen = sluice.get(&format!("/runs/{}", run["id"].as_str().unwrap())).await.ok();
        if seen["state"] == "held" && seen["hold"]["code"] == by {
            return seen;
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "{seen:#}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
