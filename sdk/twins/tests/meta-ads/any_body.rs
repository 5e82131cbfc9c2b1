//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{AUDIENCE, Bench, VALUED, account, data, dataset_events, event_with, replacing, send, sha, users};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "payload",
        "session",
        "schema",
        "data",
        "is_raw",
        "data_source",
        "session_id",
        "batch_seq",
        "last_batch_flag",
        "EXTERN_ID",
        "EMAIL",
        "PHONE",
        "MADID",
        "LOOKALIKE_VALUE",
        "DATA_PROCESSING_OPTIONS",
        "name",
        "subtype",
        "CUSTOM",
        "event_name",
        "Purchase",
        "event_time",
        "user_data",
        "custom_data",
        "em",
        "contents",
        "currency",
        "EUR",
        "",
        "é",
        "[1]",
        "{",
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
    ]);
    json::of_words(word)
}

/// Rows of two columns, many of which can be used.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let id = prop::sample::select(vec!["a", "b", "c", "", " "]);
    let email = prop_oneof![Just(json!("")), prop::sample::select(vec!["x", "y"]).prop_map(|text| sha(text).into()), json_like(),];
    prop::collection::vec((id, email).prop_map(|(id, email)| json!([id, email])), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in json_like()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            for (method, path) in [
                (Method::POST, users(AUDIENCE)),
                (Method::DELETE, users(AUDIENCE)),
                (Method::POST, replacing(AUDIENCE)),
                (Method::DELETE, account("/usersofanyaudience")),
                (Method::POST, account("/customaudiences")),
                (Method::POST, account("/customaudiencestos")),
                (Method::POST, dataset_events()),
            ] {
                let event = event_with(json!({ "custom_data": body, "event_name": "Lead" }));
                for wrapped in [
                    body.clone(),
                    json!({ "payload": body, "session": body, "data": body }),
                    json!({ "payload": { "schema": ["EXTERN_ID"], "data": body } }),
                    json!({ "payload": { "schema": ["EXTERN_ID"], "data": [["a"]] }, "session": body }),
                    data(&[event, body.clone()]),
                ] {
                    let request = bench.request(method.clone(), &path).header("content-type", "application/json");
                    let (status, answer) = send(request.body(wrapped.to_string())).await;
                    assert!(matches!(status, 200 | 400), "{method} {path} {status} {answer}");
                    let entry = bench.twin.log().entries().pop().unwrap();
                    if status >= 400 {
                        assert_eq!(entry.tally.applied, 0, "{path} {answer}");
                        assert!(bench.twin.ledger().entries().iter().all(|e| e.request != entry.number));
                        assert!(answer["error"]["code"].is_u64() && answer["error"]["message"].is_string(), "{answer}");
                    }
                }
            }
        });
    }

    #[test]
    fn what_is_moved_adds_up(rows in rows()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let payload = json!({ "schema": ["EXTERN_ID", "EMAIL"], "data": rows });
            let answer = bench.add(payload.clone()).await;
            let invalid = answer["num_invalid_entries"].as_u64().unwrap();
            assert_eq!(answer["num_received"], rows.len());
            assert_eq!(answer["invalid_entry_samples"].as_object().unwrap().len() as u64, invalid);
            let tally = bench.twin.log().entries().pop().unwrap().tally;
            assert_eq!((tally.objects as usize, u64::from(tally.refused)), (rows.len(), invalid));
            assert_eq!(tally.applied + tally.ignored + tally.refused, tally.objects);
            assert_eq!(bench.count(AUDIENCE), tally.applied as usize);
            // A replacement with the same people is the same audience.
            let session = json!({ "session_id": 9, "batch_seq": 1, "last_batch_flag": true });
            let before = bench.twin.ledger().total();
            bench.done(bench.post(&replacing(AUDIENCE), &json!({ "payload": payload, "session": session }))).await;
            assert_eq!((bench.count(AUDIENCE), bench.twin.ledger().total()), (tally.applied as usize, before));
            bench.done(bench.post(&users(VALUED), &json!({ "payload": payload }))).await;
            bench.remove(payload.clone()).await;
            assert_eq!((bench.count(AUDIENCE), bench.count(VALUED)), (0, tally.applied as usize));
            bench.done(bench.delete(&account("/usersofanyaudience"), &json!({ "payload": payload }))).await;
            assert_eq!(bench.count(VALUED), 0);
        });
    }
}
