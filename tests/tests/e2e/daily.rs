//! Three days of the real shop: everything arrives, then exactly what changed, then nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_twins::braze::Running;

use crate::{
    retail::{self, Customer, Lines},
    rig::{BRAZE, Rig, Sluice, end, tally},
};

/// External ids that a request after `request` wrote to.
pub(crate) fn touched(twin: &Running, request: u64) -> Vec<String> {
    let all = twin.with_state(|state| state.profiles().iter().filter(|p| p.written_after(request)).cloned().collect::<Vec<_>>());
    let mut ids: Vec<String> = all.into_iter().filter_map(|profile| profile.external_id).collect();
    ids.sort();
    ids
}

/// Attributes objects of the requests after `request`.
pub(crate) fn objects(twin: &Running, request: u64) -> Vec<Value> {
    let entries = twin.log().entries();
    let later = entries.iter().filter(|e| e.number > request);
    later.flat_map(|e| e.json().unwrap()["attributes"].as_array().unwrap().clone()).collect()
}

pub(crate) fn names(ids: &[i64]) -> Vec<String> {
    let mut names: Vec<String> = ids.iter().map(i64::to_string).collect();
    names.sort();
    names
}

/// Every request that the twin got after `request` has its line in the egress ledger of these runs, and no other line is there.
async fn every_request_has_its_line(rig: &Rig, sluice: &Sluice, runs: [&Value; 2], request: u64) {
    let mut lines = Vec::new();
    for run in runs {
        lines.extend(sluice.egress(run["id"].as_str().unwrap()).await);
    }
    let facts = |line: &Value| {
        assert_eq!((&line["host"], &line["stand_in"]), (&json!(BRAZE), &json!(rig.twin.url())), "{line:#}");
        assert_eq!((&line["credentials"], &line["code"]), (&json!(["rest_api_key"]), &Value::Null), "{line:#}");
        format!("{} {} {} {}", line["method"], line["path"], line["status"], line["bytes_out"])
    };
    let mut lines: Vec<String> = lines.iter().map(facts).collect();
    let entries = rig.twin.log().entries();
    let later = entries.iter().filter(|e| e.number > request);
    let mut seen: Vec<String> =
        later.map(|e| format!("{} {} {} {}", json!(e.method), json!(e.path), json!(e.status), e.body_bytes)).collect();
    lines.sort();
    seen.sort();
    assert!(!seen.is_empty());
    assert_eq!(lines, seen);
}

/// The counts as a person reads them, and the first day: every customer of the segment arrives, field by field. The segment.
pub(crate) async fn day_one(rig: &Rig, sluice: &Sluice, today: &Lines) -> BTreeMap<i64, Customer> {
    let lines = sluice.id("models", "lines").await;
    assert_eq!(sluice.get(&format!("/models/{lines}/preview")).await.ok()["count"], 406_829);
    let customers = sluice.id("models", "customers").await;
    assert_eq!(sluice.get(&format!("/models/{customers}/preview")).await.ok()["count"], 4_372);
    let segment = sluice.id("segments", "abroad").await;
    let preview = sluice.get(&format!("/segments/{segment}/preview")).await.ok();
    assert_eq!((&preview["count"], &preview["total"]), (&json!(422), &json!(4_372)));

    // Day one: everything.
    let first = sluice.run("attributes").await;
    assert_eq!((end(&first).as_str(), tally(&first).as_str()), ("succeeded", "accepted 422"), "{first:#}");
    let members = retail::segment_of(&today.customers());
    assert_eq!(members.len(), 422);
    for (id, customer) in &members {
        let profile = rig.twin.profile(&id.to_string()).unwrap();
        assert_eq!(Value::Object(profile.attributes), retail::attributes(customer), "{id}");
    }
    assert_eq!(rig.twin.with_state(|state| state.profiles().iter().count()), 422);
    let listed = sluice.run("list").await;
    assert_eq!((end(&listed).as_str(), tally(&listed).as_str()), ("succeeded", "accepted 422"), "{listed:#}");
    every_request_has_its_line(rig, sluice, [&first, &listed], 0).await;
    assert!(members.keys().all(|id| rig.twin.profile(&id.to_string()).unwrap().attributes["lives_abroad"] == true));
    members
}

#[tokio::test(flavor = "multi_thread")]
async fn real_customers_arrive_then_what_changed_then_nothing() {
    let Some((rig, today, table)) = retail::laid_out().await else { return };
    let sluice = rig.sluice().await;

    // Declared, refused and counted as a person would.
    let mut bundle = retail::bundle(&rig.data());
    bundle["models"][0]["primary_key"] = json!(["invoice_no"]);
    let refused = sluice.post("/apply?dry_run=true", &bundle).await;
    let text = refused.json.to_string();
    assert!(text.contains("duplicate-keys") && text.contains("5.45 % are unique"), "{text}");
    bundle["models"][0]["primary_key"] = json!(["line_id"]);
    bundle["destinations"] = json!([rig.destination()]);
    bundle["activations"] = retail::activations();
    sluice.apply(&bundle).await;
    let members = day_one(&rig, &sluice, &today).await;

    // Day two: forty buy, twelve move.
    let ids: Vec<i64> = members.keys().copied().collect();
    let (movers, buyers) = (&ids[..12], &ids[12..52]);
    let tomorrow = today.tomorrow(buyers, movers);
    tomorrow.write(&table);
    let before = rig.twin.log().total();
    let second = sluice.run("attributes").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 40"), "{second:#}");
    assert_eq!(touched(&rig.twin, before), names(buyers));
    for object in objects(&rig.twin, before) {
        let mut fields: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["_update_existing_only", "external_id", "total"]);
    }
    for (id, customer) in retail::segment_of(&tomorrow.customers()) {
        let mut attributes = rig.twin.profile(&id.to_string()).unwrap().attributes;
        attributes.remove("lives_abroad");
        assert_eq!(Value::Object(attributes), retail::attributes(&customer), "{id}");
    }
    let before = rig.twin.log().total();
    let second = sluice.run("list").await;
    assert_eq!((end(&second).as_str(), tally(&second).as_str()), ("succeeded", "accepted 12"), "{second:#}");
    assert_eq!(touched(&rig.twin, before), names(movers));
    assert!(objects(&rig.twin, before).iter().all(|o| o["lives_abroad"] == false));
    let listed = rig.twin.with_state(|state| state.profiles().iter().filter(|p| p.attributes["lives_abroad"] == true).count());
    assert_eq!(listed, 410);

    // Day three: nothing.
    let before = rig.twin.log().total();
    for activation in ["attributes", "list"] {
        let third = sluice.run(activation).await;
        assert_eq!((end(&third).as_str(), tally(&third).as_str()), ("succeeded", ""), "{third:#}");
    }
    assert_eq!(rig.twin.log().total(), before, "a quiet day sends nothing");
    assert_eq!(rig.twin.warnings(), []);
    sluice.stop().await;
}
