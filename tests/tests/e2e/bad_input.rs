//! Bad input: a clear error with code, cause and next step, and nothing lost.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::{
    rig::{Rig, Sluice, end, tally},
    shop,
};

async fn shop_with(activations: &[Value]) -> (Rig, Sluice) {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.apply(&shop::to_braze(&rig, activations)).await;
    (rig, sluice)
}

/// A run that failed says why, in three parts.
pub(crate) fn explained(run: &Value, code: &str) {
    assert_eq!(end(run), format!("failed {code}"), "{run:#}");
    for part in ["title", "cause", "next"] {
        assert!(!run["failure"][part].as_str().unwrap().is_empty(), "{part}: {run:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_in_mid_life_fails_the_run_and_loses_nothing() {
    let (rig, sluice) = shop_with(&[shop::activation("people", &json!({}))]).await;
    assert_eq!(tally(&sluice.run("people").await), "accepted 100");
    let file = rig.data().join("people.csv");
    let good = std::fs::read(&file).unwrap();
    let cases: [(&str, Option<&str>, &str); 4] = [
        ("missing file", None, "source-object-missing"),
        ("dropped column", Some("id,name\n1,A\n"), "model-broken"),
        ("no number", Some("id,name,plan\n1,A,x\nsecret,B,x\n"), "source-damaged-file"),
        ("torn line", Some("id,name,plan\n1,A,x\n2,B\n"), "source-damaged-file"),
    ];
    for (name, text, code) in cases {
        match text {
            None => std::fs::remove_file(&file).unwrap(),
            Some(text) => std::fs::write(&file, text).unwrap(),
        }
        let before = rig.twin.log().total();
        let run = sluice.run("people").await;
        explained(&run, code);
        assert!(!run.to_string().contains("secret"), "{name}: no row's value in an error");
        assert_eq!(rig.twin.log().total(), before, "{name}");
    }
    std::fs::write(&file, good).unwrap();
    let before = rig.twin.log().total();
    assert_eq!((tally(&sluice.run("people").await), rig.twin.log().total()), (String::new(), before), "the ledger is as it was");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_key_are_counted_and_too_many_fail_the_run() {
    let (rig, sluice) = shop_with(&[shop::activation("people", &json!({}))]).await;
    let mut text = std::fs::read_to_string(rig.data().join("people.csv")).unwrap();
    text.push_str(",Nobody,basic\n");
    std::fs::write(rig.data().join("people.csv"), &text).unwrap();
    let run = sluice.run("people").await;
    assert_eq!((end(&run).as_str(), run["counters"]["null_key_rows"].as_u64()), ("succeeded-with-errors", Some(1)), "{run:#}");
    assert_eq!(rig.twin.with_state(|s| s.profiles().len()), 100);
    for _ in 0..5 {
        text.push_str(",Nobody,basic\n");
    }
    std::fs::write(rig.data().join("people.csv"), &text).unwrap();
    let before = rig.twin.log().total();
    explained(&sluice.run("people").await, "null-keys");
    assert_eq!(rig.twin.log().total(), before);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_that_cannot_work_is_refused_with_every_place() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=3, |_| "basic");
    let sluice = rig.sluice().await;
    let id = json!({ "target": "external_id", "role": "identifier", "value": { "field": "id" } });
    let plan = |target: &str| json!({ "target": target, "value": { "field": "plan" } });
    let cases = [
        (json!({ "mapping": { "fields": [plan("plan")] } }), "/mapping", "mapping-identifier-missing"),
        (json!({ "mapping": { "fields": [id, plan("$plan")] } }), "/mapping/fields/1", "mapping-target-illegal"),
        (json!({ "mapping": { "fields": [id, plan("braze_id")] } }), "/mapping/fields/1", "mapping-target-illegal"),
        (
            json!({ "mapping": { "fields": [id, { "target": "plan", "value": { "field": "price" } }] } }),
            "/mapping/fields/1",
            "field-unknown",
        ),
        (json!({ "service": "audiences" }), "/service", "service-unknown"),
        (json!({ "mode": "mirror" }), "/mode", "mode-not-supported"),
    ];
    for (more, place, code) in cases {
        let refused = sluice.post("/apply", &shop::to_braze(&rig, &[shop::activation("x", &more)])).await;
        assert_eq!((refused.status, refused.code()), (422, "api-invalid"), "{more}: {:#}", refused.json);
        let wanted = format!("/activations/0{place}");
        assert_eq!(refused.places().len(), 1, "{:?}", refused.places());
        assert!(
            refused.places()[0].starts_with(&wanted) && refused.places()[0].ends_with(&format!(" {code}")),
            "{wanted} {code}: {:?}",
            refused.places()
        );
        // What is wrong with it, and what to do.
        assert!(refused.json["errors"][0]["detail"].as_str().unwrap().ends_with('.') && refused.json["next"].is_string());
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_file_fails_the_run_before_anything_is_sent() {
    let (rig, sluice) = shop_with(&[shop::activation("people", &json!({}))]).await;
    assert_eq!(tally(&sluice.run("people").await), "accepted 100");
    damage(&rig);
    shop::people(&rig, 1..=100, |_| "gold");
    let before = rig.twin.log().total();
    explained(&sluice.run("people").await, "ledger-damaged");
    assert_eq!(rig.twin.log().total(), before);
    // The way out: an empty ledger, and every row once more; from then on only changes go.
    let id = sluice.id("activations", "people").await;
    let resync = json!({ "kind": "full", "new_ledger": true });
    let queued = sluice.post(&format!("/activations/{id}/resync"), &resync).await.ok();
    let all = sluice.wait(queued["id"].as_str().unwrap()).await;
    assert_eq!((end(&all).as_str(), tally(&all).as_str()), ("succeeded", "accepted 100"), "{all:#}");
    assert!(rig.twin.with_state(|s| s.profiles().iter().all(|p| p.attributes["plan"] == "gold")));
    shop::people(&rig, 1..=100, |at| if at == 7 { "silver" } else { "gold" });
    assert_eq!(tally(&sluice.run("people").await), "accepted 1");
    // The other way out takes the present rows as delivered, and sends nothing.
    damage(&rig);
    let before = rig.twin.log().total();
    let baseline = json!({ "kind": "baseline", "new_ledger": true });
    let queued = sluice.post(&format!("/activations/{id}/resync"), &baseline).await.ok();
    assert_eq!(end(&sluice.wait(queued["id"].as_str().unwrap()).await), "succeeded");
    assert_eq!(rig.twin.log().total(), before);
    shop::people(&rig, 1..=100, |at| if at == 8 { "silver" } else { "gold" });
    assert_eq!(tally(&sluice.run("people").await), "accepted 2", "7 is gold again and 8 is silver");
    sluice.stop().await;
}

/// Turns one bit in each file of the ledger.
fn damage(rig: &Rig) {
    let files = files_below(&rig.state().join("ledger"));
    assert!(!files.is_empty());
    for file in files {
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, bytes).unwrap();
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => files.extend(files_below(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files
}
