//! Events sent: all or none, copies, tests (the notes, "Send conversion events"). What one event must be is in `rules`.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::meta_ads::DATASET;

use crate::client::{Bench, data, dataset_events, event, event_with, send, sha};

/// The notes' own event.
#[tokio::test]
async fn events_are_taken_and_kept() {
    let bench = Bench::start().await;
    let answer = bench.done(bench.post(&dataset_events(), &data(&[event("order-88123"), event("order-2")]))).await;
    assert_eq!((&answer["events_received"], &answer["messages"]), (&json!(2), &json!([])));
    assert!(answer["fbtrace_id"].is_string());
    let dataset = bench.twin.with_state(|state| state.datasets()[DATASET].clone());
    let kept = &dataset.events()[0];
    assert_eq!((kept.name.as_str(), kept.id.as_deref(), kept.key.as_str()), ("Purchase", Some("order-88123"), "C-1042"));
    assert_eq!(kept.data, event("order-88123"));
    let entry = bench.twin.log().entries().pop().unwrap();
    assert_eq!((entry.tally.objects, entry.tally.applied), (2, 2));
    let headers = bench.post(&dataset_events(), &data(&[event("h")])).send().await.unwrap().headers().clone();
    assert!(!headers.contains_key("x-business-use-case-usage"), "not counted against these limits");
}

/// "one bad event rejects the whole request and nothing is stored".
#[tokio::test]
async fn one_bad_event_refuses_all() {
    let bench = Bench::start().await;
    let bad = event_with(json!({ "custom_data": { "currency": null } }));
    let (status, answer) = send(bench.post(&dataset_events(), &data(&[event("a"), bad, event("b")]))).await;
    let error = &answer["error"];
    assert_eq!((status, &error["code"], &error["error_subcode"]), (400, &json!(100), &json!(2_804_010)));
    assert_eq!(error["error_user_title"], "Missing Currency for Purchase Event");
    assert!(error["error_user_msg"].as_str().unwrap().contains("currency") && error["is_transient"] == json!(false));
    assert_eq!((bench.events(), bench.twin.ledger().total()), (0, 0));
}

/// "max 1,000 events per request".
#[tokio::test]
async fn a_thousand_events_pass_and_one_more_does_not() {
    let bench = Bench::start().await;
    let many = |count: usize| data(&(0..count).map(|n| event(&format!("e{n}"))).collect::<Vec<_>>());
    for (count, want) in [(0, 400), (1_000, 200), (1_001, 400)] {
        assert_eq!(send(bench.post(&dataset_events(), &many(count))).await.0, want, "{count}");
    }
    assert_eq!(bench.events(), 1_000);
}

/// "server/server duplicates with the same `event_id`+`event_name` within 48 h keep the first".
#[tokio::test]
async fn copies_within_two_days_count_once() {
    let (bench, forward) = Bench::with_hands(|options| options).await;
    let at = |seconds: i64| forward.store(seconds, Ordering::SeqCst);
    let first = event_with(json!({ "custom_data": { "value": 1 } }));
    let copy = event_with(json!({ "custom_data": { "value": 2 } }));
    let lead = event_with(json!({ "event_name": "Lead" }));
    let unnamed = event_with(json!({ "event_id": null }));
    let events = data(&[first.clone(), copy.clone(), lead, unnamed.clone(), unnamed]);
    let answer = bench.done(bench.post(&dataset_events(), &events)).await;
    assert_eq!(answer["events_received"], 5, "nothing is said of copies");
    let entry = bench.twin.log().entries().pop().unwrap();
    assert_eq!((bench.events(), entry.tally.applied, entry.tally.ignored), (4, 4, 1));
    for (seconds, want) in [(48 * 3_600 - 1, 4), (48 * 3_600, 5), (96 * 3_600 - 1, 5)] {
        at(seconds);
        bench.done(bench.post(&dataset_events(), &data(std::slice::from_ref(&copy)))).await;
        assert_eq!(bench.events(), want, "{seconds}");
    }
    let values: Vec<Value> = bench.twin.with_state(|state| {
        state.datasets()[DATASET].events().iter().map(|event| event.data["custom_data"]["value"].clone()).collect()
    });
    assert_eq!((&values[0], values.last().unwrap()), (&json!(1), &json!(2)));
    let unnamed = |at: usize| ("no-event-id", format!("data[{at}].event_id"));
    assert_eq!(bench.warnings(), [unnamed(3), unnamed(4)]);
}

/// "`test_event_code` (test tool only), `partner_agent`, `upload_tag`".
#[tokio::test]
async fn events_of_the_test_tool_are_kept_apart() {
    let bench = Bench::start().await;
    let body =
        json!({ "data": [event("a")], "test_event_code": "TEST1", "partner_agent": "sluice", "upload_tag": "t", "colour": 1 });
    bench.done(bench.post(&dataset_events(), &body)).await;
    let tested = bench.twin.with_state(|state| state.datasets()[DATASET].tested().len());
    assert_eq!((bench.events(), tested, bench.twin.ledger().total()), (0, 1, 0));
    assert_eq!(bench.warnings(), [("unknown-parameter", "colour".to_owned())]);
}

/// A form has the list as a text, and the vendor's description has a list of texts.
#[tokio::test]
async fn events_may_come_as_texts() {
    let bench = Bench::start().await;
    bench.done(bench.post(&dataset_events(), &json!({ "data": [event("a").to_string()] }))).await;
    bench.done(bench.post(&dataset_events(), &json!({ "data": json!([event("b")]).to_string() }))).await;
    let em = sha("a");
    let text = format!(
        r#"[{{"event_name":"Lead","event_time":{},"action_source":"other","user_data":{{"em":"{em}"}}}}]"#,
        crate::client::noon()
    );
    let form: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let request = bench.request(Method::POST, &dataset_events()).header("content-type", "application/x-www-form-urlencoded");
    bench.done(request.body(format!("data={form}"))).await;
    assert_eq!(bench.events(), 3);
    for body in [json!({}), json!({ "data": "x" }), json!({ "data": {} }), json!({ "data": null })] {
        assert_eq!(bench.refused(bench.post(&dataset_events(), &body)).await, (400, 100, 0), "{body}");
    }
}
