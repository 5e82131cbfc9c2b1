//! Remote segments: members read back from a platform, found again among the rows of a model, and from then on a segment like others.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::{
    bulk::{Platform, Stumble},
    rig::{Rig, Sluice, careless, end, postgresql, tally},
    server::Server,
};

/// A remote segment of the people, found by their ids.
fn remote(name: &str, at_platform: &str) -> Value {
    json!({
        "name": name, "model": "people", "condition": { "version": 1, "root": { "op": "and", "children": [] } },
        "remote": { "destination": "bulk", "segment": at_platform, "matches": [{ "field": "id", "identifier": "id" }] },
    })
}

fn made_of(name: &str, children: Value) -> Value {
    json!({ "name": name, "model": "people", "condition": { "version": 1, "root": { "op": "and", "children": children } } })
}

/// Reads a segment's members, and waits for it; what is known then.
async fn refresh(sluice: &Sluice, name: &str, confirmed: bool) -> Value {
    let at = format!("/segments/{}/remote", sluice.id("segments", name).await);
    let begun = sluice.post(&at, &json!({ "confirmed": confirmed })).await;
    assert_eq!(begun.status, 202, "{:#}", begun.json);
    for _ in 0..1_000 {
        let state = sluice.get(&at).await.ok();
        if state["refreshing"] == false {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still being read")
}

async fn count(sluice: &Sluice, segment: &str) -> Value {
    let id = sluice.id("segments", segment).await;
    sluice.get(&format!("/segments/{id}/preview")).await.ok()
}

fn ids(all: impl IntoIterator<Item = u32>) -> Vec<String> {
    all.into_iter().map(|id| id.to_string()).collect()
}

async fn scene(people: u32) -> (Rig, Platform, Sluice) {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    crate::shop::people(&rig, 1..=people, |id| if id % 2 == 0 { "gold" } else { "basic" });
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    (rig, platform, sluice)
}

#[tokio::test(flavor = "multi_thread")]
async fn members_at_a_platform_become_a_segment_that_others_are_made_of_and_that_is_sent_on() {
    let (rig, platform, sluice) = scene(1_000).await;
    // Of 700 members 600 are people of ours; two thousand of nobody's are in the file.
    platform.account().segments.insert("spring".into(), ids((1..=600).chain(5_001..=5_100)));
    let activation = json!({
        "name": "spring people", "from": { "segment": "gold in spring" }, "destination": "bulk", "service": "audience", "mode": "replace",
        "mapping": { "fields": [{ "target": "id", "role": "identifier", "value": { "field": "id" } }] },
    });
    let mut bundle = platform.bundle(&rig, &[activation]);
    let gold = json!({ "field": "plan", "operator": "is", "value": "gold" });
    bundle["segments"] = json!([
        made_of("gold in spring", json!([{ "segment": "opened in spring", "in": "yes" }, gold])),
        made_of("not in spring", json!([{ "segment": "opened in spring", "in": "no" }])),
        remote("opened in spring", "spring"),
    ]);
    sluice.apply(&bundle).await;

    let id = sluice.id("segments", "opened in spring").await;
    let early = sluice.get(&format!("/segments/{id}/preview")).await;
    assert_eq!((early.status, early.places()), (422, vec!["/remote remote-not-read".to_owned()]), "{:#}", early.json);
    let sentence = sluice.get(&format!("/segments/{id}/sentence")).await.ok();
    assert_eq!(sentence["sentence"], "is in the segment \"spring\" of the platform, by id");

    let state = refresh(&sluice, "opened in spring", false).await;
    let read = &state["refreshes"][0];
    let numbers = ["members", "matched", "ambiguous", "unmatched", "rows"].map(|part| read[part].as_u64().unwrap());
    assert_eq!((read["outcome"].as_str(), numbers), (Some("taken"), [700, 600, 0, 100, 600]), "{state:#}");
    assert_eq!(read["unmatched_sample"].as_array().unwrap().len(), 5);
    assert!(!state.to_string().contains("5001"), "samples are masked: {state:#}");
    for (segment, rows) in [("opened in spring", 600), ("gold in spring", 300), ("not in spring", 400)] {
        let preview = count(&sluice, segment).await;
        assert_eq!((&preview["count"], &preview["total"]), (&json!(rows), &json!(1_000)), "{segment}");
    }
    let of = json!({ "of": { "saved": id }, "key": { "id": 601 } });
    let why = sluice.post("/segments/why", &of).await.ok();
    assert_eq!((&why["rows"], &why["inside"]), (&json!(1), &json!(false)), "{why:#}");

    let run = sluice.run("spring people").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 300"), "{run:#}");
    let sent: BTreeSet<String> = (1..=600).filter(|id| id % 2 == 0).map(|id: u32| id.to_string()).collect();
    assert_eq!(platform.account().audience, sent);

    // What changes at the platform is there after the next reading, and the list itself outlives the process.
    platform.account().segments.insert("spring".into(), ids(101..=700));
    refresh(&sluice, "opened in spring", false).await;
    assert_eq!(count(&sluice, "gold in spring").await["count"], 300);
    sluice.stop().await;
    let sluice = rig.sluice().await;
    assert_eq!(count(&sluice, "opened in spring").await["count"], 600);
    assert_eq!(count(&sluice, "not in spring").await["count"], 400);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn less_than_half_a_part_or_nothing_keeps_the_membership_until_a_person_has_looked() {
    let (rig, platform, sluice) = scene(1_000).await;
    platform.account().segments.insert("vip".into(), ids(1..=900));
    let mut bundle = platform.bundle(&rig, &[]);
    bundle["segments"] = json!([remote("vip", "vip")]);
    sluice.apply(&bundle).await;
    let told = |state: &Value| {
        let last = &state["refreshes"][0];
        (last["outcome"].as_str().unwrap().to_owned(), last["code"].as_str().unwrap_or_default().to_owned())
    };
    let said = |outcome: &str, code: &str| (outcome.to_owned(), code.to_owned());
    assert_eq!(told(&refresh(&sluice, "vip", false).await), said("taken", ""));

    // The second page cannot be had: what came is a part.
    platform.account().stumbles.insert("400".into(), Stumble::Status(400, 100));
    let partial = refresh(&sluice, "vip", false).await;
    assert_eq!(told(&partial), said("failed", "remote-partial"), "{partial:#}");
    platform.account().stumbles.clear();
    assert_eq!(count(&sluice, "vip").await["count"], 900);

    let gone = platform.account().segments.remove("vip").unwrap();
    assert_eq!(told(&refresh(&sluice, "vip", false).await), said("failed", "remote-segment-not-found"));
    platform.account().segments.insert("vip".into(), gone[..449].to_vec());
    let once = refresh(&sluice, "vip", false).await;
    assert_eq!((told(&once), &once["waits_for_a_person"]), (said("shrunk", "remote-shrunk"), &json!(false)), "{once:#}");
    platform.account().segments.insert("vip".into(), Vec::new());
    let twice = refresh(&sluice, "vip", false).await;
    assert_eq!((told(&twice), &twice["waits_for_a_person"]), (said("shrunk", "remote-shrunk"), &json!(true)), "{twice:#}");
    assert_eq!(count(&sluice, "vip").await["count"], 900, "the membership before is in force");
    let confirmed = refresh(&sluice, "vip", true).await;
    assert_eq!((told(&confirmed), &confirmed["membership"]["rows"]), (said("taken", ""), &json!(0)), "{confirmed:#}");
    assert_eq!(count(&sluice, "vip").await["count"], 0);
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_pointed_elsewhere_has_no_members_until_it_is_read_again() {
    let (rig, platform, sluice) = scene(1_000).await;
    platform.account().segments.insert("2".into(), ids(1..=876));
    let activation = json!({
        "name": "vip people", "from": { "segment": "vips" }, "destination": "bulk", "service": "audience", "mode": "replace",
        "mapping": { "fields": [{ "target": "id", "role": "identifier", "value": { "field": "id" } }] },
    });
    let mut bundle = platform.bundle(&rig, &[activation]);
    bundle["segments"] = json!([remote("vips", "2")]);
    sluice.apply(&bundle).await;
    refresh(&sluice, "vips", false).await;
    assert_eq!(count(&sluice, "vips").await["count"], 876);

    sluice.apply(&json!({ "segments": [remote("vips", "777")] })).await;
    let id = sluice.id("segments", "vips").await;
    let known = sluice.get(&format!("/segments/{id}/remote")).await.ok();
    assert_eq!(known["membership"], Value::Null, "{known:#}");
    let preview = sluice.get(&format!("/segments/{id}/preview")).await;
    assert_eq!((preview.status, preview.places()), (422, vec!["/remote remote-not-read".to_owned()]), "{:#}", preview.json);
    let run = sluice.run("vip people").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("failed remote-not-read", ""), "{run:#}");
    assert!(platform.account().audience.is_empty(), "nothing of the other list was sent");
    let missing = refresh(&sluice, "vips", false).await;
    assert_eq!(missing["refreshes"][0]["code"], "remote-segment-not-found", "{missing:#}");

    // What was read before is still good for what it was read of.
    sluice.apply(&json!({ "segments": [remote("vips", "2")] })).await;
    assert_eq!(count(&sluice, "vips").await["count"], 876);

    // Far fewer than in the other list is not a loss.
    platform.account().segments.insert("777".into(), ids(1..=10));
    sluice.apply(&json!({ "segments": [remote("vips", "777")] })).await;
    let read = refresh(&sluice, "vips", false).await;
    assert_eq!((&read["refreshes"][0]["outcome"], &read["membership"]["rows"]), (&json!("taken"), &json!(10)), "{read:#}");
    let run = sluice.run("vip people").await;
    assert_eq!((end(&run).as_str(), tally(&run).as_str()), ("succeeded", "accepted 10"), "{run:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_several_rows_are_is_told_and_what_cannot_work_is_refused_at_its_place() {
    let (rig, platform, sluice) = scene(10).await;
    platform.account().segments.insert("plans".into(), vec!["gold".into(), " gold ".into(), "platinum".into()]);
    let mut bundle = platform.bundle(&rig, &[]);
    let mut by_plan = remote("by plan", "plans");
    by_plan["remote"]["matches"][0]["field"] = json!("plan");
    bundle["segments"] = json!([by_plan]);
    sluice.install(careless()).await;
    let careless = json!({ "name": "careless", "connector": "careless", "settings": {} });
    bundle["destinations"].as_array_mut().unwrap().push(careless);
    sluice.apply(&bundle).await;
    let state = refresh(&sluice, "by plan", false).await;
    let read = &state["refreshes"][0];
    let numbers = ["members", "matched", "ambiguous", "unmatched", "rows"].map(|part| read[part].as_u64().unwrap());
    assert_eq!(numbers, [3, 0, 2, 1, 5], "{state:#}");
    assert_eq!(count(&sluice, "by plan").await["count"], 5, "each row once");

    // Found wrong before anything is read, each at its place.
    let mut wrong = remote("wrong", "");
    wrong["remote"]["destination"] = json!("careless");
    wrong["remote"]["matches"] = json!([{ "field": "nobody", "identifier": "id" }]);
    wrong["condition"]["root"]["children"] = json!([{ "field": "plan", "operator": "is", "value": "gold" }]);
    let refused = sluice.post("/apply", &json!({ "segments": [wrong] })).await;
    let mut places = refused.places();
    places.sort();
    let at = |place: &str| format!("/segments/0/{place}");
    let want = [
        "condition/root member-invalid",
        "remote/destination remote-not-supported",
        "remote/matches/0/field field-unknown",
        "remote/segment field-invalid",
    ];
    assert_eq!((refused.status, places), (422, want.map(at).to_vec()), "{:#}", refused.json);
    // A platform that identifies its members by something else.
    let mut other = remote("other", "plans");
    other["remote"]["matches"][0]["identifier"] = json!("email");
    sluice.apply(&json!({ "segments": [other] })).await;
    let state = refresh(&sluice, "other", false).await;
    assert_eq!(state["refreshes"][0]["code"], "mapping-identifier-missing", "{state:#}");
    assert!(state["refreshes"][0]["cause"].as_str().unwrap().contains("identifies members by id"), "{state:#}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_condition_that_lies_in_a_database_the_list_is_joined_in_the_host() {
    let Some(server) = Server::start().await else { return };
    server
        .shop(
            "CREATE TABLE people (id bigint PRIMARY KEY, plan text NOT NULL); \
             INSERT INTO people SELECT n, CASE WHEN n % 2 = 0 THEN 'gold' ELSE 'basic' END FROM generate_series(1, 1000) n; \
             GRANT USAGE ON SCHEMA public TO sluice; GRANT SELECT ON ALL TABLES IN SCHEMA public TO sluice;",
        )
        .await;
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    sluice.install(postgresql()).await;
    platform.account().segments.insert("spring".into(), ids(1..=600));
    let mut bundle = platform.bundle(&rig, &[]);
    let source = server.source(&json!({}), &json!({}));
    let gold = json!({ "field": "plan", "operator": "is", "value": "gold" });
    bundle["models"][0]["source"] = source["name"].clone();
    bundle["models"][0]["fields"].as_array_mut().unwrap().retain(|field| field["id"] != "name");
    bundle["sources"] = json!([source]);
    bundle["segments"] = json!([
        remote("opened in spring", "spring"),
        made_of("gold in spring", json!([{ "segment": "opened in spring", "in": "yes" }, gold])),
    ]);
    sluice.apply(&bundle).await;
    let state = refresh(&sluice, "opened in spring", false).await;
    assert_eq!(state["membership"]["rows"], 600, "{state:#}");
    let preview = count(&sluice, "gold in spring").await;
    assert_eq!((&preview["count"], &preview["evaluation"]["place"]), (&json!(300), &json!("both")), "{preview:#}");
    let statement = preview["evaluation"]["statements"][0]["sql"].as_str().unwrap();
    assert!(statement.contains("'gold'"), "what lies in the database is asked there: {statement}");
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_segment_goes_what_was_read_of_it() {
    let (rig, platform, sluice) = scene(10).await;
    for name in ["gone", "kept"] {
        platform.account().segments.insert(name.into(), ids(1..=5));
    }
    let mut bundle = platform.bundle(&rig, &[]);
    bundle["segments"] = json!([remote("gone", "gone"), remote("kept", "kept")]);
    sluice.apply(&bundle).await;
    for name in ["gone", "kept"] {
        assert_eq!(refresh(&sluice, name, false).await["membership"]["rows"], 5);
    }
    let (gone, kept) = (sluice.id("segments", "gone").await, sluice.id("segments", "kept").await);
    let lists = || {
        let below = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = below(rig.state().join("remote")).flat_map(below);
        let mut names: Vec<String> = files.map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(lists().len(), 2);
    assert_eq!(sluice.delete(&format!("/segments/{gone}")).await.status, 204);
    let (ws, id) = (sluice.base.rsplit_once('/').unwrap().1.parse().unwrap(), gone.parse().unwrap());
    let known: Option<Value> = sluice.host.store().remote_segment(ws, id).await.unwrap();
    assert_eq!(known, None, "samples of members do not outlive the segment");
    sluice.host.remove_lists_of_gone_segments().await.unwrap();
    assert!(matches!(&lists()[..], [one] if one.starts_with(&kept)), "{:?}", lists());
    sluice.stop().await;
}
