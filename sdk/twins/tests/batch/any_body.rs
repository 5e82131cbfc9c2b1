//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::client::{Bench, MASS_UPDATE, UPDATE, USERS, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "identifiers",
        "custom_id",
        "installation",
        "attributes",
        "events",
        "name",
        "time",
        "$email_address",
        "$topic_preferences",
        "$add",
        "$remove",
        "$label",
        "$tags",
        "city",
        "date(city)",
        "url(city)",
        "date(",
        "id",
        "update",
        "overwrite",
        "values",
        "u.city",
        "date(u.city)",
        "ut.city",
        "",
        "é",
        "2026-03-02T08:15:00Z",
        "2026-03-02T08:15:0é+00:00",
        "a@b.example",
    ]);
    json::of_words(word)
}

/// A body of a right outer shape, so that the inner rules are reached.
fn a_body() -> impl Strategy<Value = Value> {
    let item = (prop::sample::select(vec!["C-1", "C-2", "a@b.example"]), json_like(), json_like());
    prop::collection::vec(item, 1..5).prop_map(|items| {
        let items = items.into_iter().map(|(id, some, more)| {
            let object = |value: Value| if value.is_object() { value } else { json!({ "city": value }) };
            let (data, event) = (object(some), json!({ "name": "visited", "attributes": object(more) }));
            let named = data.as_object().unwrap().iter().map(|(key, value)| (format!("u.{key}"), value.clone()));
            let update = json!({ "values": named.collect::<Map<_, _>>() });
            json!({ "identifiers": { "custom_id": id }, "attributes": data, "events": [event], "id": id, "update": update })
        });
        items.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in prop_oneof![json_like(), a_body()]) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            for path in [UPDATE, MASS_UPDATE, USERS, "/1.0/app-of-the-twin/data/users/C-1"] {
                let (status, answer) = send(bench.post(path, &body)).await;
                assert!(matches!(status, 202 | 400), "{path} {status} {answer}");
                let entry = bench.twin.log().entries().pop().unwrap();
                let applied = bench.twin.ledger().entries().iter().filter(|e| e.request == entry.number).count();
                if status == 400 {
                    assert!(answer["error_code"].is_string() && answer["error_message"].is_string(), "{answer}");
                    assert_eq!((entry.tally.applied, applied), (0, 0), "{path} {answer}");
                    let state = bench.twin.state();
                    let users = state.apps().values().flat_map(|users| users.values());
                    let mut written = state.profiles().iter().map(|p| p.updated_by).chain(users.map(|u| u.updated_by));
                    assert!(written.all(|request| request != entry.number), "{path}");
                    continue;
                }
                assert!(applied >= entry.tally.applied as usize, "each one applied is in the ledger");
                assert_eq!(entry.tally.applied + entry.tally.ignored, entry.tally.objects);
                let errors = answer["errors"].as_array().cloned().unwrap_or_default();
                assert_eq!(answer["code"] == "SUCCESS_WITH_PARTIAL_ERRORS", !errors.is_empty());
                for error in errors {
                    assert!(error["bulk_index"].as_u64().unwrap() < u64::from(entry.tally.objects));
                    assert!(error["attribute"].is_string() != error["event"].is_string() && error["reason"].is_string(), "{error}");
                }
            }
        });
    }
}
