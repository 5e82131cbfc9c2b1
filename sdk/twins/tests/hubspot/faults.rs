//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Apply, Fault,
    hubspot::{Options, Policy},
};

use crate::client::{Bench, CONTACTS, LISTS, MANUAL, by_customer, new, options, send};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/crm/*"))).unwrap();
}

fn four() -> Value {
    (0..4).map(|n| by_customer(&format!("C-{n}"), json!({ "firstname": format!("F{n}") }))).collect()
}

/// *Errors*: each status in the vendor's words; before the servers stands a gateway with a page of its own.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, category) in [
        (400, "VALIDATION_ERROR"),
        (401, "INVALID_AUTHENTICATION"),
        (403, "MISSING_SCOPES"),
        (404, "OBJECT_NOT_FOUND"),
        (409, "CONFLICT"),
        (413, "PAYLOAD_TOO_LARGE"),
        (414, "URI_TOO_LONG"),
        (423, "LOCKED"),
        (477, "MIGRATION_IN_PROGRESS"),
        (500, "INTERNAL_ERROR"),
        (503, "INTERNAL_ERROR"),
    ] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let response = bench.post(&format!("{CONTACTS}/upsert"), &json!({ "inputs": four() })).send().await.unwrap();
        let waits = response.headers().get("retry-after").is_some();
        assert_eq!((response.status().as_u16(), waits), (status, status == 477));
        let answer: Value = response.text().await.unwrap().parse().unwrap();
        assert_eq!((&answer["category"], &answer["status"]), (&json!(category), &json!("error")));
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = bench.upsert(four()).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert_eq!(bench.count("contacts"), 0);
    assert_eq!(bench.upsert(four()).await.0, 200, "faults end");
}

#[tokio::test]
async fn throttling_names_the_limit_that_the_test_wants() {
    for (policy, name) in [(Policy::TenSecondly, "TEN_SECONDLY_ROLLING"), (Policy::Secondly, "SECONDLY"), (Policy::Daily, "DAILY")]
    {
        let bench = Bench::with(Options { throttled_as: policy, ..options() }).await;
        for retry_after_s in [None, Some(12)] {
            arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s: Some(3), retry_after_s }));
            let response = bench.get("/crm/properties/2026-03/contacts").send().await.unwrap();
            assert_eq!(response.status(), 429);
            assert_eq!(response.headers()["x-hubspot-ratelimit-interval-milliseconds"], "10000");
            let said = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(said, retry_after_s.map(|seconds: u64| seconds.to_string()));
            let answer: Value = response.text().await.unwrap().parse().unwrap();
            assert_eq!(answer["policyName"], name);
        }
    }
}

/// What is applied, and an answer that speaks as if it were all.
#[tokio::test]
async fn as_much_of_a_batch_is_applied_as_was_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let (status, answer) = bench.upsert(four()).await;
        assert_eq!((status, answer["results"].as_array().unwrap().len()), (200, 4));
        assert_eq!(bench.count("contacts"), want, "{apply:?}");
        let applied = if apply == Apply::Twice { 8 } else { want };
        assert_eq!(bench.twin.ledger().total(), applied as u64);
        assert_eq!(bench.twin.log().entries()[0].tally.applied as usize, applied);

        let bench = Bench::start().await;
        let ids = bench.people(4);
        arm(&bench, |fault| fault.apply(apply));
        let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "properties": { "firstname": "F" } })).collect();
        assert_eq!(bench.update(inputs.into()).await.0, 200);
        let changed = bench.twin.state().data("contacts").values().filter(|it| it.contains_key("firstname")).count();
        assert_eq!(changed, want, "updated {apply:?}");
        arm(&bench, |fault| fault.apply(apply));
        let (_, answer) = send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!(ids))).await;
        if apply != Apply::Twice {
            assert_eq!(answer["recordsIdsAdded"].as_array().unwrap().len(), 4);
        }
        assert_eq!(bench.members(1).len(), want, "on the list {apply:?}");
        arm(&bench, |fault| fault.apply(apply));
        let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        assert_eq!(send(bench.post(&format!("{CONTACTS}/archive"), &json!({ "inputs": inputs }))).await.0, 204);
        assert_eq!(bench.count("contacts"), 4 - want, "archived {apply:?}");
    }
}

#[tokio::test]
async fn a_create_that_was_lost_or_came_twice() {
    let bench = Bench::start().await;
    let inputs = || json!([new(json!({ "email": "a@example.org" }), Some("1")), new(json!({ "firstname": "B" }), Some("2"))]);
    arm(&bench, |fault| fault.apply(Apply::Half));
    let (status, answer) = bench.create(inputs()).await;
    assert_eq!((status, answer["results"].as_array().unwrap().len(), bench.count("contacts")), (201, 2, 1), "a lie");
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    let lost = bench.post(&format!("{CONTACTS}/create"), &json!({ "inputs": [new(json!({ "firstname": "C" }), None)] }));
    lost.send().await.expect_err("there is no answer");
    assert_eq!(bench.count("contacts"), 2, "and the record is there");
    let again = bench.create(inputs()).await;
    assert_eq!((again.0, &again.1["errors"][0]["category"]), (207, &json!("CONFLICT")));
}

/// The rest comes back as a 207's errors.
#[tokio::test]
async fn the_rest_of_a_batch_is_named_as_refused() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let (status, answer) = bench.upsert(four()).await;
    assert_eq!((status, answer["results"].as_array().unwrap().len(), &answer["numErrors"]), (207, 2, &json!(2)));
    assert_eq!((&answer["errors"][0]["message"], &answer["errors"][0]["context"]), (&json!("no"), &json!({ "ids": ["C-2"] })));
    assert_eq!(bench.count("contacts"), 2);
}

#[tokio::test]
async fn an_answer_is_cut_or_no_answer_of_the_vendors() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.post(&format!("{CONTACTS}/upsert"), &json!({ "inputs": four() })).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("the answer ends in the middle");
    assert_eq!(bench.count("contacts"), 4);
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    assert!(bench.upsert(four()).await.1.as_str().unwrap().contains("Sign in"));
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "PROCESSING".to_owned() }));
    let (status, answer) = bench.upsert(four()).await;
    assert_eq!((status, answer), (200, json!({ "status": "PROCESSING", "results": [] })));
}

#[tokio::test]
async fn a_late_batch_lands_after_a_younger_one() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    let one = |name: &str| json!([by_customer("C-0", json!({ "firstname": name }))]);
    bench.upsert(one("old")).await;
    assert_eq!(bench.count("contacts"), 0);
    bench.upsert(one("new")).await;
    assert_eq!(bench.twin.state().data("contacts")["contacts/customer_id:C-0"]["firstname"], "old");
}

/// Nothing of a single call means nothing of it.
#[tokio::test]
async fn a_call_of_one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    let list = json!({ "name": "a", "objectTypeId": "0-1", "processingType": "MANUAL" });
    let property =
        json!({ "groupName": "contactinformation", "name": "loyalty", "label": "L", "type": "number", "fieldType": "number" });
    for apply in [Apply::Nothing, Apply::Half] {
        for (path, body, want) in [(LISTS, &list, 200), ("/crm/properties/2026-03/contacts", &property, 201)] {
            arm(&bench, |fault| fault.apply(apply));
            assert_eq!(send(bench.post(path, body)).await.0, want);
        }
    }
    let state = bench.twin.state();
    assert_eq!((state.lists().len(), state.objects("contacts").unwrap().properties().contains_key("loyalty")), (3, false));
}
