//! The judge: what was applied, in order, whatever the client was told.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_twins::{
    Answer, Apply, Fault, Kind, Pick,
    braze::{Options, Twin},
};

use crate::client::{Bench, EMAIL_GROUP, KEY, options, people, send};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    bench
        .track(json!({
            "attributes": [{ "external_id": "C-1", "email": "a@b.example", "old": null }, { "rank": 1 }],
            "events": [{ "external_id": "C-1", "name": "seen", "time": "2026-03-02T08:15:00Z" }]
        }))
        .await;
    let order = json!({ "subscription_groups": [{ "subscription_group_id": EMAIL_GROUP,
        "subscription_state": "subscribed", "emails": ["a@b.example"] }] });
    send(bench.post("/v2/subscription/status/set", &order)).await;
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::Attributes, "C-1", json!({ "email": "a@b.example", "old": null })),
            (1, Kind::Event, "C-1", json!({ "name": "seen", "time": "2026-03-02T08:15:00Z" })),
            (2, Kind::Subscription, "C-1", json!({ "subscription_group_id": EMAIL_GROUP, "subscription_state": "subscribed" }))
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(lines[2]["kind"], "subscription");
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|rank: i32| {
        let request = bench.post("/users/track", &json!({ "attributes": [{ "external_id": "C-1", "rank": rank }] }));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 201);
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.attributes("C-1"), last, "the last entry is the value that stands");
}

/// The other process of the next test; as a test of its own it does nothing.
#[tokio::test]
async fn the_twin_of_another_process() {
    let Some(path) = std::env::var_os(LEDGER_OF_CHILD) else { return };
    let twin = Twin::start(Options { ledger_file: Some(path.into()), ..options() }).await.unwrap();
    println!("\n{URL_OF_CHILD}{}", twin.url());
    // Until it is killed, or whoever started it is gone.
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.unwrap().unwrap();
}

const LEDGER_OF_CHILD: &str = "SLUICE_TWIN_TEST_LEDGER";
const URL_OF_CHILD: &str = "listening on ";

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_killed_twin_has_everything_it_answered_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let mut child = Killed(
        Command::new(std::env::current_exe().unwrap())
            .args(["ledger::the_twin_of_another_process", "--exact", "--nocapture"])
            .env(LEDGER_OF_CHILD, &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let url = lines.map(Result::unwrap).find_map(|line| line.strip_prefix(URL_OF_CHILD).map(str::to_owned)).unwrap();
    let client = crate::client::client();
    let post = |body: Value| client.post(format!("{url}/users/track")).bearer_auth(KEY).json(&body);
    for number in 0..5 {
        let body = json!({ "attributes": [{ "external_id": format!("C-{number}"), "rank": number }] });
        assert_eq!(send(post(body)).await.0, 201);
    }
    let fault = json!({ "path": "/users/track", "apply": "all", "answer": { "kind": "drop" } });
    assert_eq!(send(client.post(format!("{url}/__twin/faults")).json(&fault)).await.0, 200);
    assert!(post(json!({ "attributes": people(2) })).send().await.is_err());
    drop(child);
    let file = std::fs::read_to_string(&path).unwrap();
    let keys: Vec<_> = file.lines().map(|line| line.parse::<Value>().unwrap()["key"].clone()).collect();
    assert_eq!(keys, ["C-0", "C-1", "C-2", "C-3", "C-4", "C-0", "C-1"]);
}

fn a_fault() -> impl Strategy<Value = Fault> {
    let apply = prop_oneof![Just(Apply::Nothing), Just(Apply::Half), Just(Apply::All), Just(Apply::Twice)];
    let answer = prop_oneof![
        Just(Answer::Normal),
        Just(Answer::Drop),
        Just(Answer::Truncated),
        Just(Answer::Status { status: 500 }),
        Just(Answer::ErrorsForRest { text: "later".to_owned() }),
    ];
    (apply, answer, 1..4_u64)
        .prop_map(|(apply, answer, nth)| Fault::on("/users/track").pick(Pick::Nth(nth)).apply(apply).answer(answer))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is answered, replaying the ledger gives the state.
    #[test]
    fn the_ledger_replayed_gives_the_state(
        faults in prop::collection::vec(a_fault(), 0..4),
        sizes in prop::collection::vec(1_usize..6, 1..5),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let bench = Bench::start().await;
            for fault in faults {
                bench.twin.faults().arm(fault).unwrap();
            }
            for (round, size) in sizes.into_iter().enumerate() {
                let mut objects = people(size);
                objects[0]["round"] = round.into();
                // Half of the faults give no answer; the ledger and the state must agree all the same.
                drop(bench.post("/users/track", &json!({ "attributes": objects })).send().await);
            }
            let mut replayed = std::collections::BTreeMap::<String, serde_json::Map<String, Value>>::new();
            for entry in bench.twin.ledger().entries() {
                let Value::Object(applied) = entry.applied() else { panic!("an object was sent") };
                replayed.entry(entry.key).or_default().extend(applied);
            }
            let state = bench.twin.state();
            let stands: std::collections::BTreeMap<_, _> =
                state.attributes().into_iter().map(|(id, attributes)| (id.to_owned(), attributes.clone())).collect();
            assert_eq!(replayed, stands);
            let writes: u64 = state.profiles().iter().map(|profile| profile.attribute_writes()).sum();
            assert_eq!(writes, bench.twin.ledger().total());
        });
    }
}
