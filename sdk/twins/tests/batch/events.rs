//! Events (*Send events*): what is kept, what is lost and how it is named.

use serde_json::{Value, json};
use sluice_twins::batch::Options;

use crate::client::{Bench, MASS_UPDATE, UPDATE, options};

fn operation(events: Value) -> Value {
    json!([{ "identifiers": { "custom_id": "C-10293" }, "events": events }])
}

fn order() -> Value {
    json!({ "name": "order_placed", "time": "2026-03-02T08:15:00Z", "attributes": { "$label": "web", "amount": 59.9,
        "currency": "EUR", "items": [{ "sku": "TS-1", "qty": 2 }] } })
}

/// The request of the notes; the person need not be known.
#[tokio::test]
async fn an_event_is_kept_as_it_was_sent() {
    for path in [UPDATE, MASS_UPDATE] {
        let bench = Bench::start().await;
        assert_eq!(bench.ok(path, operation(json!([order()]))).await, json!({ "code": "SUCCESS" }));
        let state = bench.twin.state();
        let event = state.events().next().unwrap();
        assert_eq!((event.key.as_str(), event.name.as_str(), event.request), ("C-10293", "order_placed", 1));
        assert_eq!((event.time.as_str(), event.object()), ("2026-03-02T08:15:00Z", order()));
        assert_eq!((event.attribute("amount"), event.attribute("none")), (json!(59.9), Value::Null));
        assert_eq!(state.profile("C-10293").unwrap().attributes.len(), 0, "the profile is made");
        assert!(bench.warnings().is_empty());
    }
}

/// "no event id, no dedupe: a retried call duplicates events".
#[tokio::test]
async fn a_repeated_event_is_a_second_event() {
    let bench = Bench::start().await;
    for _ in 0..2 {
        bench.lost(operation(json!([order()]))).await;
    }
    assert_eq!(bench.twin.with_state(|state| state.events().map(|event| event.request).collect::<Vec<_>>()), [1, 2]);
}

/// "only events of the LAST 24 HOURS are accepted and none in the future, otherwise a partial error".
#[tokio::test]
async fn an_old_event_is_lost_alone_and_named() {
    let bench = Bench::start().await;
    let at = |time: &str| json!({ "name": "order_placed", "time": time });
    let mut call = operation(json!([
        order(),
        at("2026-03-01T08:15:00Z"),
        at("2026-03-02T08:15:02Z"),
        { "name": "Order placed" },
        { "name": "bad_attribute", "attributes": { "none": null } },
    ]));
    call[0]["attributes"] = json!({ "rank": 1 });
    let lost = |event: &str, reason: &str| json!({ "category": "EVENT", "bulk_index": 0, "event": event, "reason": reason });
    assert_eq!(
        bench.lost(call).await,
        [
            lost("order_placed", "'time' is older than 24 hours"),
            lost("order_placed", "'time' is in the future"),
            lost("Order placed", "is not a valid event name"),
            lost("bad_attribute", "attribute 'none': must not be null"),
        ]
    );
    assert_eq!(bench.twin.with_state(|state| state.events().len()), 1);
    assert_eq!(bench.attributes("C-10293"), json!({ "rank": 1 }));
}

/// The day moves with the clock.
#[tokio::test]
async fn the_same_event_is_too_old_a_day_later() {
    let clock: sluice_twins::Clock = std::sync::Arc::new(|| "2026-03-03T08:15:01Z".parse().unwrap());
    let bench = Bench::with(Options { clock, ..options() }).await;
    assert_eq!(bench.lost(operation(json!([order()]))).await.len(), 1);
}

/// "absent = reception time".
#[tokio::test]
async fn an_event_without_a_time_has_that_of_its_arrival() {
    let bench = Bench::start().await;
    bench.lost(operation(json!([{ "name": "visited" }]))).await;
    assert_eq!(bench.twin.state().events().next().unwrap().time, "2026-03-02T08:15:01Z");
}

/// "max 15 per profile".
#[tokio::test]
async fn fifteen_events_pass_and_one_more_refuses_the_call() {
    let bench = Bench::start().await;
    let call = |count: usize| operation(vec![order(); count].into());
    assert_eq!(bench.code(UPDATE, &call(16)).await, (400, "MALFORMED_PARAMETER".to_owned()));
    assert_eq!(bench.count(), 0);
    bench.ok(UPDATE, call(15)).await;
    assert_eq!(bench.twin.with_state(|state| state.events().len()), 15);
}

#[tokio::test]
async fn an_event_without_a_name_refuses_the_call() {
    let bench = Bench::start().await;
    assert_eq!(bench.code(UPDATE, &operation(json!([order(), {}]))).await, (400, "MISSING_PARAMETER".to_owned()));
    assert_eq!(bench.count(), 0);
}

#[tokio::test]
async fn unknown_keys_of_an_event_are_warned_of() {
    let bench = Bench::start().await;
    bench.lost(operation(json!([{ "name": "visited", "id": "e-1" }]))).await;
    assert_eq!(bench.warnings(), [("unknown-key", "[0].events[0].id".to_owned())]);
}
