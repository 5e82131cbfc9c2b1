//! What cannot work is paused by the system, exactly that, and goes on when it is mended; a person's switch stays as it was set.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_twins::{Answer, Fault, Pick};

use crate::{
    rig::{Rig, Sluice, end},
    shop,
};

async fn state(sluice: &Sluice, name: &str) -> Value {
    let id = sluice.id("activations", name).await;
    sluice.get(&format!("/activations/{id}/state")).await.ok()
}

async fn check(sluice: &Sluice, name: &str) -> Value {
    let id = sluice.id("activations", name).await;
    sluice.post(&format!("/activations/{id}/state/check"), &json!({})).await.ok()
}

/// `code culprit` of each paused activation, by name.
async fn paused(sluice: &Sluice) -> Vec<String> {
    let all = sluice.all("/activation-states").await;
    let told = |one: &Value| {
        let text = |key: &str| one["paused"][key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} {}", one["name"].as_str().unwrap_or_default(), text("code"), text("culprit"))
    };
    let mut paused: Vec<String> = all.iter().filter(|one| one["paused"].is_object()).map(told).collect();
    paused.sort();
    paused
}

/// Waits until exactly these are paused: after a run, that is written behind the run's own end.
async fn rest(sluice: &Sluice, wanted: &[&str]) {
    let began = Instant::now();
    loop {
        let found = paused(sluice).await;
        if found == wanted {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{found:?}, and not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits for the host's own look.
async fn goes_on(sluice: &Sluice, name: &str) {
    let began = Instant::now();
    while state(sluice, name).await["paused"].is_object() {
        assert!(began.elapsed() < Duration::from_secs(30), "still paused");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Two sources: `people` with a segment by plan and one by name, and `others`.
async fn scene() -> (Rig, Sluice) {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=20, |id| if id % 2 == 0 { "gold" } else { "basic" });
    let others = rig.state().parent().unwrap().join("others");
    std::fs::create_dir_all(&others).unwrap();
    std::fs::write(others.join("others.csv"), "id,name\n1,A\n2,B\n").unwrap();
    let sluice = rig.sluice().await;
    let segment = |name: &str, field: &str, value: &str| {
        let leaf = json!({ "field": field, "operator": "is", "value": value });
        json!({ "name": name, "model": "people", "condition": { "version": 1, "root": { "op": "and", "children": [leaf] } } })
    };
    let id_only = json!({ "fields": [{ "target": "external_id", "role": "identifier", "value": { "field": "id" } }] });
    let of = |name: &str, from: Value, more: Value| {
        let mut activation =
            shop::activation(name, &json!({ "from": from, "mapping": id_only, "schedule": { "every-seconds": 86_400 } }));
        for (key, value) in more.as_object().unwrap() {
            activation[key] = value.clone();
        }
        activation
    };
    let activations = [
        of("by plan", json!({ "segment": "gold" }), json!({})),
        of("by name", json!({ "segment": "person 1" }), json!({})),
        of("off", json!({ "segment": "gold" }), json!({ "enabled": false })),
        of("others", json!({ "model": "others" }), json!({})),
    ];
    let mut bundle = shop::to_braze(&rig, &activations);
    bundle["segments"] = json!([segment("gold", "plan", "gold"), segment("person 1", "name", "Person 1")]);
    let other = json!({ "name": "other shop", "kind": { "files": { "path": others } } });
    bundle["sources"].as_array_mut().unwrap().push(other);
    bundle["models"].as_array_mut().unwrap().push(json!({
        "name": "others", "source": "other shop", "kind": "users", "primary_key": ["id"], "definition": { "table": "others" },
        "fields": [{ "id": "id", "type": "integer" }, { "id": "name", "type": "string" }],
    }));
    sluice.apply(&bundle).await;
    let began = Instant::now();
    while sluice.all("/runs").await.iter().filter(|run| run["state"] == "succeeded").count() < 3 {
        assert!(began.elapsed() < Duration::from_secs(60), "the scheduled ones run once by themselves");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (rig, sluice)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_gone_pauses_what_reads_it_and_nothing_else() {
    let (rig, sluice) = scene().await;
    assert_eq!(paused(&sluice).await, [""; 0]);
    std::fs::write(rig.data().join("people.csv"), "id,name\n1,Person 1\n2,Person 2\n").unwrap();
    let model = sluice.id("models", "people").await;
    sluice.post(&format!("/models/{model}/schema"), &Value::Null).await.ok();
    let found = paused(&sluice).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("by plan: ") && found[0].contains("plan"), "{found:?}");
    let standing = state(&sluice, "by plan").await;
    assert_eq!((&standing["next_due"], &standing["paused"]["checks"]), (&Value::Null, &json!(0)));
    assert!(!standing["paused"]["next"].as_str().unwrap().is_empty(), "{standing:#}");

    // Looked at in vain, the next look is farther away.
    let again = check(&sluice, "by plan").await;
    assert_eq!((&again["paused"]["checks"], &again["paused"]["at"]), (&json!(1), &standing["paused"]["at"]));
    assert!(again["paused"]["check_at"].as_str() > standing["paused"]["check_at"].as_str(), "{again:#}");

    // Mended at the source: one look is enough, and the switch of a person is where it was.
    shop::people(&rig, 1..=20, |id| if id % 2 == 0 { "gold" } else { "basic" });
    let standing = check(&sluice, "by plan").await;
    assert_eq!(standing["paused"], Value::Null);
    assert!(standing["next_due"].is_string(), "{standing:#}");
    assert_eq!(state(&sluice, "off").await["enabled"], false);
    let audit = sluice.all("/audit").await;
    let by_system: Vec<_> = audit.iter().filter(|row| row["actor"] == "system").map(|row| row["action"].clone()).collect();
    assert!(by_system.contains(&json!("paused")) && by_system.contains(&json!("resumed")), "{by_system:?}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_gone_pauses_what_comes_from_it_and_a_repair_is_seen_by_itself() {
    let (rig, sluice) = scene().await;
    std::fs::rename(rig.data(), rig.data().with_extension("away")).unwrap();
    assert!(end(&sluice.run("by plan").await).starts_with("failed source-"), "a person may always try");
    // The others have not been tried.
    rest(&sluice, &["by plan: source-unreachable source shop"]).await;
    // Their model is looked at: what hangs on it rests as well, but for what a person has switched off.
    let model = sluice.id("models", "people").await;
    sluice.post(&format!("/models/{model}/schema"), &Value::Null).await.ok();
    let names: Vec<String> = paused(&sluice).await.iter().map(|one| one.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["by name", "by plan"]);

    // The folder is elsewhere now. Whoever says so need not wait for the quarter of an hour.
    let elsewhere = json!({ "name": "shop", "kind": { "files": { "path": rig.data().with_extension("away") } } });
    sluice.apply(&json!({ "sources": [elsewhere] })).await;
    goes_on(&sluice, "by plan").await;
    goes_on(&sluice, "by name").await;
    rest(&sluice, &[]).await;
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_a_source_pauses_what_needs_it_and_lets_it_go_on() {
    let (rig, sluice) = scene().await;
    let source = sluice.id("sources", "shop").await;
    let test = format!("/sources/{source}/test");
    let away = rig.data().with_extension("away");
    std::fs::rename(rig.data(), &away).unwrap();
    assert!(end(&sluice.run("by plan").await).starts_with("failed source-"));
    rest(&sluice, &["by plan: source-unreachable source shop"]).await;
    let red = sluice.post(&test, &json!({})).await;
    assert!(red.status != 200 || red.json["ok"] == false, "{:#}", red.json);
    // Whom a person has switched off, and what comes from elsewhere, is left alone.
    let both = ["by name: source-unreachable source shop", "by plan: source-unreachable source shop"];
    assert_eq!(paused(&sluice).await, both);
    assert_eq!(state(&sluice, "by plan").await["paused"]["checks"], 0, "a test is no look at a pause");

    std::fs::rename(&away, rig.data()).unwrap();
    assert_eq!(sluice.post(&test, &json!({})).await.ok()["ok"], true);
    goes_on(&sluice, "by plan").await;
    goes_on(&sluice, "by name").await;
    rest(&sluice, &[]).await;
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_repeat_pause_until_a_count_finds_them_sound() {
    let (rig, sluice) = scene().await;
    let plan = |id: u32| if id.is_multiple_of(2) { "gold" } else { "basic" };
    let model = sluice.id("models", "people").await;
    // One row in eleven of the segment repeats a key, and less than one in twenty of the model's; then many of both.
    for (again, verdict) in [(2..=2, "warning"), (2..=10, "refused")] {
        shop::people(&rig, (1..=20).chain(again), plan);
        let count = sluice.post(&format!("/models/{model}/duplicate-check"), &json!({})).await.ok();
        assert_eq!(count["verdict"], verdict, "{count:#}");
        assert_eq!(end(&sluice.run("by plan").await), "failed duplicate-keys");
        rest(&sluice, &["by plan: duplicate-keys model people"]).await;
        let looked = check(&sluice, "by plan").await;
        assert_eq!((&looked["paused"]["code"], &looked["paused"]["checks"]), (&json!("duplicate-keys"), &json!(1)), "{verdict}");
        shop::people(&rig, 1..=20, plan);
        assert_eq!(check(&sluice, "by plan").await["paused"], Value::Null, "{verdict}");
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_refused_three_times_rests_until_it_is_good_again_and_an_outage_never_does() {
    let (rig, sluice) = scene().await;
    let every = |answer| Fault::on("/*").pick(Pick::Every(1)).answer(answer);
    for (turn, answer, rests) in [
        (1, Answer::Status { status: 503 }, false),
        (2, Answer::Status { status: 503 }, false),
        (3, Answer::Status { status: 503 }, false),
        (4, Answer::Status { status: 401 }, false),
        (5, Answer::Status { status: 401 }, false),
        (6, Answer::Status { status: 401 }, true),
    ] {
        // Something to send each time.
        std::fs::write(rig.state().parent().unwrap().join("others/others.csv"), format!("id,name\n{turn}7,A\n")).unwrap();
        rig.twin.faults().clear();
        rig.twin.faults().arm(every(answer)).unwrap();
        let run = sluice.run("others").await;
        assert_ne!(run["state"], "succeeded", "{turn}: {run:#}");
        if !rests {
            assert_eq!(state(&sluice, "others").await["paused"], Value::Null, "{turn}");
        }
    }
    rest(&sluice, &["others: dest-auth destination braze"]).await;
    assert_eq!(check(&sluice, "others").await["paused"]["checks"], 1, "the platform is asked, and refuses");
    rig.twin.faults().clear();
    assert_eq!(check(&sluice, "others").await["paused"], Value::Null);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_not_active_is_not_sent() {
    let (_rig, sluice) = scene().await;
    let id = sluice.id("segments", "gold").await;
    let segment = |state: &str| {
        let leaf = json!({ "field": "plan", "operator": "is", "value": "gold" });
        json!({ "segments": [{
            "name": "gold", "model": "people", "state": state,
            "condition": { "version": 1, "root": { "op": "and", "children": [leaf] } },
        }] })
    };
    let refused = sluice.post("/apply", &segment("archived")).await;
    assert_eq!((refused.status, refused.places()), (422, vec!["/segments/0 api-in-use".to_owned(); 2]), "{:#}", refused.json);
    sluice.post("/apply?break_dependants=true", &segment("archived")).await.ok();
    assert_eq!(end(&sluice.run("by plan").await), "failed segment-not-active");
    rest(&sluice, &["by plan: segment-not-active segment gold"]).await;
    // It can still be looked at.
    assert_eq!(sluice.get(&format!("/segments/{id}/preview")).await.ok()["count"], 10);
    sluice.apply(&segment("active")).await;
    goes_on(&sluice, "by plan").await;
    sluice.stop().await;
}
