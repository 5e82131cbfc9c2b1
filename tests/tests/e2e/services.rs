//! Each way to deliver, seen from the platform: who is created and who is not, who joins a group and who leaves it, and rows whose
//! key is more than one column.

use std::fmt::Write;

use serde_json::{Value, json};
use sluice_twins::{
    Fault, Pick,
    braze::{Channel, Options, SubscriptionGroup, SubscriptionState},
};

use crate::{
    every_service::Twin,
    rig::{API_KEY, Rig, Sluice, end, tally},
    shop,
};

/// A run that ended well with so many accepted rows.
async fn accepts(sluice: &Sluice, activation: &str, rows: u32) -> Value {
    let run = sluice.run(activation).await;
    let told = if rows == 0 { String::new() } else { format!("accepted {rows}") };
    assert_eq!((end(&run), tally(&run)), ("succeeded".to_owned(), told), "{activation}: {run:#}");
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn update_only_changes_whom_the_platform_knows_and_creates_nobody() {
    let rig = Rig::new().await;
    let known: Vec<Value> = (1..=40).map(|id| json!({ "external_id": id.to_string(), "plan": "old" })).collect();
    assert_eq!(rig.twin.seed("profiles", json!(known)).unwrap(), 40);
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("known", &json!({ "mode": "update-only" }))])).await;
    // Braze does not say who was unknown to it: it took every row.
    accepts(&sluice, "known", 100).await;
    rig.twin.with_state(|state| {
        assert_eq!(state.profiles().len(), 40, "nobody was created");
        assert!(state.profiles().iter().all(|p| p.attributes["plan"] == "basic"));
    });
    shop::people(&rig, 1..=100, |id| if id == 7 || id == 70 { "gold" } else { "basic" });
    accepts(&sluice, "known", 2).await;
    assert_eq!(rig.twin.profile("7").unwrap().attributes["plan"], "gold");
    assert!(rig.twin.profile("70").is_none());
    sluice.stop().await;
}

const GROUP: &str = "4b1c9b51-0d5e-4f0c-9a60-7d1f1f0b9a11";

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_group_is_joined_and_left_and_the_others_stay_as_they_are() {
    let group = SubscriptionGroup { id: GROUP.into(), channel: Channel::Email };
    let rig = Rig::with(Options { subscription_groups: vec![group], ..Options::with_key(API_KEY) }).await;
    shop::people(&rig, 1..=120, |_| "basic");
    let sluice = rig.sluice().await;
    let of_group = |name: &str, mode: &str| {
        shop::activation(
            name,
            &json!({
                "service": "subscriptions", "mode": mode, "batch_rows_max": 10, "options": { "subscription_group_id": GROUP },
                "mapping": { "fields": [{ "target": "external_id", "role": "identifier", "value": { "field": "id" } }] },
            }),
        )
    };
    let all = [shop::activation("people", &json!({})), of_group("list", "list"), of_group("adds", "list-add-only")];
    sluice.apply(&shop::to_braze(&rig, &all)).await;
    accepts(&sluice, "people", 120).await;
    let count = |state: Option<SubscriptionState>| {
        rig.twin.with_state(|s| (1..=120).filter(|id| s.subscription(GROUP, &id.to_string()) == state).count())
    };

    shop::people(&rig, 1..=100, |_| "basic");
    accepts(&sluice, "list", 100).await;
    assert_eq!((count(Some(SubscriptionState::Subscribed)), count(None)), (100, 20), "who was never in it is not touched");
    shop::people(&rig, 6..=102, |_| "gold");
    accepts(&sluice, "list", 7).await;
    assert_eq!((count(Some(SubscriptionState::Subscribed)), count(Some(SubscriptionState::Unsubscribed))), (97, 5));
    let before = rig.twin.log().total();
    accepts(&sluice, "list", 0).await;
    assert_eq!(rig.twin.log().total(), before, "a quiet day sends nothing");

    // Joining and leaving are two phases: the second begins when the first is answered, however many requests may be under way.
    rig.twin.faults().arm(Fault::on("/v2/subscription/status/set").pick(Pick::Every(1)).delay_ms(300)).unwrap();
    let before = rig.twin.log().total();
    shop::people(&rig, 21..=117, |_| "gold");
    accepts(&sluice, "list", 30).await;
    let entries = rig.twin.log().entries();
    let phase = |leaving: bool| {
        let of =
            entries.iter().filter(move |e| e.number > before && e.json().unwrap().to_string().contains("unsubscribed") == leaving);
        of.map(|e| e.at).collect::<Vec<_>>()
    };
    let (joining, leaving) = (phase(false), phase(true));
    assert!(joining.len() >= 2 && leaving.len() >= 2, "{joining:?} {leaving:?}");
    let (first, second) = if joining[0] < leaving[0] { (joining, leaving) } else { (leaving, joining) };
    let waited = second[0].duration_since(*first.last().unwrap());
    assert!(waited.as_millis() >= 300, "the second phase began {waited:?} after the last request of the first");
    rig.twin.faults().clear();
    shop::people(&rig, 6..=102, |_| "gold");
    accepts(&sluice, "list", 30).await;

    // Who leaves a list that is only added to stays in it.
    accepts(&sluice, "adds", 97).await;
    shop::people(&rig, 11..=103, |_| "gold");
    accepts(&sluice, "adds", 1).await;
    assert_eq!((count(Some(SubscriptionState::Subscribed)), count(Some(SubscriptionState::Unsubscribed))), (98, 19));
    sluice.stop().await;
}

/// `people.csv` of two branches with the same numbers in each; `plan` says what a person of a branch has.
fn branches(rig: &Rig, plan: impl Fn(&str, u32) -> &'static str) {
    let mut text = String::from("branch,number,code,plan\n");
    for branch in ["north", "south"] {
        for number in 1..=50 {
            writeln!(text, "{branch},{number},{branch}-{number},{}", plan(branch, number)).unwrap();
        }
    }
    std::fs::write(rig.data().join("people.csv"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_whose_key_is_two_columns_are_told_apart() {
    let rig = Rig::new().await;
    branches(&rig, |_, _| "basic");
    let sluice = rig.sluice().await;
    let people = shop::activation(
        "people",
        &json!({ "mapping": { "fields": [
            { "target": "external_id", "role": "identifier", "value": { "field": "code" } },
            { "target": "plan", "value": { "field": "plan" } },
        ] } }),
    );
    let mut bundle = shop::to_braze(&rig, &[people]);
    let field = |id: &str, ty: &str| json!({ "id": id, "type": ty });
    bundle["models"][0]["primary_key"] = json!(["branch", "number"]);
    bundle["models"][0]["fields"] =
        json!([field("branch", "string"), field("number", "integer"), field("code", "string"), field("plan", "string")]);
    sluice.apply(&bundle).await;
    accepts(&sluice, "people", 100).await;

    branches(&rig, |branch, number| if (branch, number) == ("south", 7) { "gold" } else { "basic" });
    let before = rig.twin.log().total();
    let run = accepts(&sluice, "people", 1).await;
    let records = sluice.records(&run).await;
    assert_eq!(records[0]["key"], "south / 7", "{records:#?}");
    assert_eq!(rig.twin.log().total(), before + 1);
    let plan = |code: &str| rig.twin.profile(code).unwrap().attributes["plan"].clone();
    assert_eq!((plan("south-7"), plan("north-7")), (json!("gold"), json!("basic")));

    // Half of a key is no key: the row is counted, and named by what it has.
    let text = std::fs::read_to_string(rig.data().join("people.csv")).unwrap().replace("north,50,", "north,,");
    std::fs::write(rig.data().join("people.csv"), text).unwrap();
    let run = sluice.run("people").await;
    assert_eq!(run["counters"]["null_key_rows"], 1, "{run:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_that_is_led_to_another_destination_begins_there_with_everybody() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=20, |_| "basic");
    let sluice = rig.sluice().await;
    sluice.apply(&shop::to_braze(&rig, &[shop::activation("people", &json!({}))])).await;
    accepts(&sluice, "people", 20).await;
    let elsewhere = Rig::new().await;
    let mut bundle = shop::to_braze(&rig, &[shop::activation("people", &json!({ "destination": "elsewhere" }))]);
    let mut other = elsewhere.destination();
    other["name"] = json!("elsewhere");
    bundle["destinations"].as_array_mut().unwrap().push(other);
    sluice.apply(&bundle).await;
    accepts(&sluice, "people", 20).await;
    assert_eq!(elsewhere.twin.with_state(|state| state.profiles().len()), 20);
    accepts(&sluice, "people", 0).await;
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_that_was_found_for_one_name_is_not_used_for_another() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=5, |_| "basic");
    let twin = Twin::start("iterable --api-key a-key --project user-id");
    twin.seed("lists", &json!([{ "id": 7, "name": "first" }, { "id": 8, "name": "second" }])).await;
    let sluice = rig.sluice().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/iterable");
    sluice.install(&sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().bytes).await;
    let declared = |list: &str| {
        let mut bundle = shop::bundle(&rig);
        bundle["destinations"] = json!([{
            "name": "iterable", "connector": "iterable", "settings": { "data_center": "EU", "project_type": "userId" },
            "credentials": { "api_key": "a-key" },
            "grant": { "stand_ins": [{ "host": "api.eu.iterable.com", "origin": twin.url }] },
        }]);
        bundle["activations"] = json!([shop::activation(
            "list",
            &json!({
                "destination": "iterable", "service": "lists", "mode": "list", "options": { "list": list, "create_users": true },
                "mapping": { "fields": [{ "target": "userId", "role": "identifier", "value": { "field": "id" } }] },
            })
        )]);
        bundle
    };
    sluice.apply(&declared("first")).await;
    accepts(&sluice, "list", 5).await;
    sluice.apply(&declared("second")).await;
    let id = sluice.id("activations", "list").await;
    let run = sluice.post(&format!("/activations/{id}/resync"), &json!({ "kind": "full" })).await.ok();
    let run = sluice.wait(run["id"].as_str().unwrap()).await;
    assert_eq!((end(&run), tally(&run)), ("succeeded".to_owned(), "accepted 5".to_owned()), "{run:#}");
    let users = twin.state().await["users"].to_string();
    assert_eq!(users.matches("[7,8]").count(), 5, "{users}");
    sluice.stop().await;
}
