//! For all bodies: the twin answers, and a refused request leaves nothing behind.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{Bench, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "attributes",
        "events",
        "purchases",
        "external_id",
        "user_alias",
        "alias_name",
        "alias_label",
        "braze_id",
        "email",
        "phone",
        "name",
        "time",
        "properties",
        "add",
        "remove",
        "inc",
        "country",
        "dob",
        "time_zone",
        "current_location",
        "subscription_groups",
        "_update_existing_only",
        "$bad",
        "",
        "é",
        "2026-03-02T08:15:00Z",
        "2026-03-02T08:15:00:é",
        "a@b.example",
        "+33612345678",
        "FR",
        "C-1",
    ]);
    json::of_words(word)
}

/// A body of a right outer shape, so that the inner rules are reached.
fn a_body() -> impl Strategy<Value = Value> {
    let objects = || {
        prop::collection::vec(json_like(), 0..4).prop_map(|objects| {
            let named = objects.into_iter().enumerate().map(|(n, mut object)| {
                if let Some(object) = object.as_object_mut()
                    && n != 0
                {
                    object.insert("external_id".to_owned(), format!("C-{n}").into());
                }
                object
            });
            named.collect::<Vec<_>>()
        })
    };
    (objects(), objects()).prop_map(|(attributes, events)| json!({ "attributes": attributes, "events": events }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in prop_oneof![json_like(), a_body()]) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            for path in ["/users/track", "/v2/subscription/status/set", "/users/export/segment"] {
                let (status, answer) = send(bench.post(path, &body)).await;
                assert!(matches!(status, 201 | 400), "{path} {status} {answer}");
                assert_eq!(answer["message"] == "success", status == 201);
                let entry = bench.twin.log().entries().pop().unwrap();
                if status == 400 {
                    assert_eq!(entry.tally.applied, 0);
                    assert_eq!(bench.twin.ledger().entries().iter().filter(|e| e.request == entry.number).count(), 0);
                    assert!(bench.twin.with_state(|state| state.profiles().iter().all(|p| p.created_by != entry.number)));
                }
            }
        });
    }
}
