//! Bad input: a clear error with code, cause and next step, and nothing lost.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::{
    process::Process,
    rig::{Rig, Sluice, braze, end, tally},
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
fn explained(run: &Value, code: &str) {
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
    explained(&sluice.run("people").await, "null-keys");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_that_cannot_work_is_refused_with_every_place() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=3, |_| "basic");
    let sluice = rig.sluice().await;
    let id = json!({ "target": "external_id", "role": "identifier", "value": { "field": "id" } });
    let cases = [
        (json!({ "mapping": { "fields": [{ "target": "plan", "value": { "field": "plan" } }] } }), "/mapping"),
        (json!({ "mapping": { "fields": [id, { "target": "$plan", "value": { "field": "plan" } }] } }), "/mapping/fields/1"),
        (json!({ "mapping": { "fields": [id, { "target": "braze_id", "value": { "field": "plan" } }] } }), "/mapping/fields/1"),
        (json!({ "mapping": { "fields": [id, { "target": "plan", "value": { "field": "price" } }] } }), "/mapping/fields/1"),
        (json!({ "service": "audiences" }), "/service"),
        (json!({ "mode": "mirror" }), "/mode"),
    ];
    for (more, place) in cases {
        let refused = sluice.post("/apply", &shop::to_braze(&rig, &[shop::activation("x", &more)])).await;
        assert_eq!((refused.status, refused.code()), (422, "api-invalid"), "{more}: {:#}", refused.json);
        let wanted = format!("/activations/0{place}");
        assert!(refused.places().iter().any(|p| p.starts_with(&wanted)), "{wanted}: {:?}", refused.places());
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_file_fails_the_run_before_anything_is_sent() {
    let (rig, sluice) = shop_with(&[shop::activation("people", &json!({}))]).await;
    assert_eq!(tally(&sluice.run("people").await), "accepted 100");
    let mut damaged = 0;
    for file in files_below(&rig.state().join("ledger")) {
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, bytes).unwrap();
        damaged += 1;
    }
    assert!(damaged > 0);
    shop::people(&rig, 1..=100, |_| "gold");
    let before = rig.twin.log().total();
    explained(&sluice.run("people").await, "ledger-damaged");
    assert_eq!(rig.twin.log().total(), before);
    // The way out: an empty ledger that takes the present rows as delivered; from then on only changes go.
    let id = sluice.id("activations", "people").await;
    let baseline = json!({ "kind": "baseline", "new_ledger": true });
    let queued = sluice.post(&format!("/activations/{id}/resync"), &baseline).await.ok();
    assert_eq!(end(&sluice.wait(queued["id"].as_str().unwrap()).await), "succeeded");
    assert_eq!(rig.twin.log().total(), before);
    shop::people(&rig, 1..=100, |at| if at == 7 { "silver" } else { "gold" });
    assert_eq!(tally(&sluice.run("people").await), "accepted 1");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_by_name_and_with_room_again_everything_arrives() {
    let rig = Rig::new().await;
    // More than the room below in values alone, in one change set.
    shop::people(&rig, 1..=25_000, |_| LONG_PLAN);
    let process = Process::start(&rig.state()).await;
    process.client.install(braze()).await;
    process.client.apply(&shop::to_braze(&rig, &[shop::activation("people", &json!({}))])).await;
    process.kill();

    let process = Process::start_with_room(&rig.state(), 4 << 20).await;
    explained(&process.client.run("people").await, "disk-full");
    assert_eq!(rig.twin.log().total(), 0);
    process.kill();

    let process = Process::start(&rig.state()).await;
    assert_eq!(tally(&process.client.run("people").await), "accepted 25000");
    process.kill();
}

const LONG_PLAN: &str = "a plan with a name that is as long as a platform allows and says nothing and goes on and on and on and on \
    until it has said so little in so many words that a disk is full of it and nobody has learned anything from them";

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
