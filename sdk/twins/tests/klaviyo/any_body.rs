//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Bench, JOBS, LIST, PROFILES, SUBSCRIBE, UNSUBSCRIBE, UPSERT, consent_job, job, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "data",
        "type",
        "id",
        "attributes",
        "profiles",
        "profile",
        "relationships",
        "lists",
        "email",
        "phone_number",
        "external_id",
        "_kx",
        "locale",
        "location",
        "timezone",
        "properties",
        "meta",
        "patch_properties",
        "unset",
        "subscriptions",
        "consent",
        "SUBSCRIBED",
        "",
        "é",
        "2026-03-02T08:15:0é",
        "a@b.example",
        "A@b.example",
        "+33612345678",
        "Y6nRLr",
    ]);
    json::of_words(word)
}

/// Profile objects of a right outer shape, so that the inner rules are reached.
fn profiles() -> impl Strategy<Value = Vec<Value>> {
    let name = prop::sample::select(vec!["email", "external_id", "phone_number", "_kx"]);
    let value = prop::sample::select(vec!["a@b.example", "c@d.example", "+33612345678", "bad@", ""]);
    let person = (name, value, prop::option::of(json_like())).prop_map(|(name, value, data)| {
        let mut attributes = json!({ name: value });
        if let Some(data) = data {
            attributes["properties"] = if data.is_object() { data } else { json!({ "value": data }) };
        }
        json!({ "type": "profile", "attributes": attributes })
    });
    prop::collection::vec(person, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in json_like()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let members = format!("/api/lists/{LIST}/relationships/profiles");
            for path in [JOBS, UPSERT, PROFILES, SUBSCRIBE, UNSUBSCRIBE, "/api/lists", &members] {
                for wrapped in [body.clone(), json!({ "data": body }), json!({ "data": { "type": "profile", "attributes": body } })] {
                    let (status, answer) = send(bench.post(path, &wrapped)).await;
                    assert!(matches!(status, 200..=204 | 400 | 404 | 409), "{path} {status} {answer}");
                    let entry = bench.twin.log().entries().pop().unwrap();
                    if status >= 400 {
                        assert_eq!(entry.tally.applied, 0, "{path} {answer}");
                        assert!(bench.twin.ledger().entries().iter().all(|e| e.request != entry.number));
                        let errors = answer["errors"].as_array().unwrap();
                        assert!(!errors.is_empty() && errors.iter().all(|e| e["source"]["pointer"].is_string()), "{answer}");
                    }
                }
            }
        });
    }

    #[test]
    fn a_job_adds_up(profiles in profiles()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            let (status, answer) = send(bench.post(JOBS, &job(profiles.clone().into(), &[LIST]))).await;
            if status == 202 {
                let done = bench.ended(answer["data"]["id"].as_str().unwrap()).await;
                assert_eq!((done.total, done.completed + done.failed), (profiles.len(), profiles.len()));
                assert_eq!((done.errors.len(), done.profiles.len()), (done.failed, done.completed));
            } else {
                assert_eq!((status, bench.count()), (400, 0), "{answer}");
            }
            for profile in bench.twin.state().profiles() {
                let body = json!({ "data": { "type": "profile", "id": profile.id, "attributes": { "title": "Dr" } } });
                assert_eq!(send(bench.send_body(Method::PATCH, &format!("{PROFILES}/{}", profile.id), &body)).await.0, 200);
            }
            bench.twin.with_state(|state| assert_eq!(state.data().len(), state.profiles().len(), "names are unique"));
            let consents = json!({ "email": { "marketing": { "consent": "SUBSCRIBED" } } });
            let people: Vec<Value> = profiles.into_iter().map(|mut profile| {
                profile["attributes"].as_object_mut().unwrap().remove("properties");
                profile["attributes"]["subscriptions"] = consents.clone();
                profile
            }).collect();
            let body = consent_job("profile-subscription-bulk-create-job", json!({ "profiles": { "data": people } }), Some(LIST));
            let (status, answer) = send(bench.post(SUBSCRIBE, &body)).await;
            assert!(matches!(status, 202 | 400), "{answer}");
        });
    }
}
