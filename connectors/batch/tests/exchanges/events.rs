//! Events: what arrives, what is too old, what Batch refuses, and what a repeat does.

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Operation, Written},
};
use sluice_conformance::{Cell, Table, words};
use sluice_twins::{Answer, Fault};

use crate::rig::{Rig, UPDATE, events, now_ms, people};

const HOUR_MS: i64 = 3_600_000;

/// Events at these distances from now, in milliseconds.
fn at<const N: usize>(ids: [&str; N], names: [&str; N], from_now_ms: [i64; N]) -> Table {
    let now = now_ms() as i64;
    let times = from_now_ms.map(|ms| Cell::Int((now + ms) * 1000));
    people(ids).with("name", PhysicalType::Utf8, "attribute", names).with(
        "time",
        PhysicalType::TimestampMicros,
        "event-time",
        times,
    )
}

async fn append(rig: &Rig, table: Table) -> Written {
    rig.write(events(), Operation::Append, table).await.unwrap()
}

/// The example of "Send events (CEP)".
#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_with_everything_in_it() {
    let rig = Rig::new().await;
    let table = at(["C-10293"], ["order_placed"], [-HOUR_MS])
        .with("$label", PhysicalType::Utf8, "attribute", ["web"])
        .with("$tags", PhysicalType::Json, "attribute", [r#"["first","gift"]"#])
        .with("amount", PhysicalType::Float64, "attribute", [Cell::Float(59.9)])
        .with("currency", PhysicalType::Utf8, "attribute", ["EUR"])
        .with("paid_on", PhysicalType::Date32, "attribute", [20_514])
        .with("items", PhysicalType::Json, "attribute", [r#"[{"sku":"TS-1","qty":2}]"#])
        .with("empty", PhysicalType::Utf8, "attribute", [Cell::Null]);
    let told = append(&rig, table).await;
    assert_eq!((words::outcomes(&told, 1), told.receipt.notes), (vec!["accepted".to_owned()], vec![]));
    let sent = &rig.bodies(UPDATE)[0][0]["events"][0];
    let wanted = json!({
        "$label": "web", "$tags": ["first", "gift"], "amount": 59.9, "currency": "EUR", "date(paid_on)": "2026-03-02T00:00:00Z",
        "items": [{ "sku": "TS-1", "qty": 2 }],
    });
    assert_eq!((&sent["name"], &sent["attributes"]), (&json!("order_placed"), &wanted), "an event holds no null");
    assert_eq!(rig.events("C-10293").await, 1);
    assert_eq!(rig.twin.warnings(), []);
}

/// "No event id, no dedupe: a retried call duplicates events."
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_a_second_event() {
    let rig = Rig::new().await;
    for count in 1..=2 {
        assert_eq!(words::outcomes(&append(&rig, at(["C-1"], ["visit"], [-HOUR_MS])).await, 1), ["accepted"]);
        assert_eq!(rig.events("C-1").await, count);
    }
}

/// "500 SERVER_ERROR, 503 MAINTENANCE_MODE …: vendor side, retryable", and a gateway's page is nobody's word.
#[tokio::test(flavor = "multi_thread")]
async fn what_batch_refuses_for_now_is_sent_again_and_what_a_gateway_says_is_in_doubt() {
    let rig = Rig::new().await;
    let event = || at(["C-1"], ["visit"], [-HOUR_MS]);
    for status in [500, 503] {
        rig.twin.faults().arm(Fault::on("/*").answer(Answer::Status { status })).unwrap();
        let told = rig.write(events(), Operation::Append, event()).await;
        assert_eq!(words::halt(&told.unwrap_err()), "unavailable dest-unavailable", "{status}");
    }
    for status in [502, 504] {
        rig.twin.faults().arm(Fault::on("/*").answer(Answer::Status { status })).unwrap();
        let told = words::outcomes(&append(&rig, event()).await, 1);
        assert!(told[0].starts_with("unknown "), "{status}: {told:?}");
    }
    assert_eq!(rig.events("C-1").await, 0);
    append(&rig, event()).await;
    assert_eq!(rig.events("C-1").await, 1);
}

/// "If a user has more than 15 events in a run, split over several CALLS, not twice in one call."
#[tokio::test(flavor = "multi_thread")]
async fn fifteen_events_of_a_user_go_in_one_call_and_the_next_ones_follow() {
    let rig = Rig::new().await;
    let ids = std::array::from_fn::<_, 18, _>(|at| if at == 1 { "C-2" } else { "C-1" });
    let told = append(&rig, at(ids, ["visit"; 18], [-HOUR_MS; 18])).await;
    let outcomes = words::outcomes(&told, 18);
    assert_eq!(outcomes[..16], vec!["accepted".to_owned(); 16]);
    assert_eq!(outcomes[16..], ["retry dest-batch-too-large", "retry dest-batch-too-large"]);
    assert_eq!((rig.events("C-1").await, rig.events("C-2").await), (15, 1));
    assert_eq!(rig.bodies(UPDATE)[0].as_array().unwrap().len(), 2);
}

/// "Only events of the LAST 24 HOURS are accepted and none in the future"; "the connector must refuse older rows with a clear reason".
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_old_is_never_sent() {
    let rig = Rig::new().await;
    let told = append(&rig, at(["C-1", "C-2", "C-3"], ["visit"; 3], [-25 * HOUR_MS, -23 * HOUR_MS, 2 * HOUR_MS])).await;
    assert_eq!(words::outcomes(&told, 3), ["rejected too-old", "accepted", "rejected bad-format"]);
    assert_eq!(rig.bodies(UPDATE)[0].as_array().unwrap().len(), 1);
}

/// "Otherwise a partial error": half an hour ahead may be true by the run's frozen clock, so Batch is asked, and its clock says no.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_batch_refuses_is_named_where_it_stands_alone() {
    let rig = Rig::new().await;
    let half_an_hour = HOUR_MS / 2;
    let told = append(&rig, at(["C-1", "C-2"], ["visit"; 2], [-HOUR_MS, half_an_hour])).await;
    assert_eq!(words::outcomes(&told, 2), ["accepted", "rejected row-refused"]);
    let told = append(&rig, at(["C-3", "C-3"], ["visit"; 2], [-HOUR_MS, half_an_hour])).await;
    assert_eq!((words::outcomes(&told, 2), told.receipt.unnamed), (vec!["accepted".to_owned(); 2], 1));
    assert_eq!((rig.events("C-1").await, rig.events("C-2").await, rig.events("C-3").await), (1, 0, 1));
}

/// "`[a-z0-9_]{1,30}`", checked before sending; the host's `lower` comes first, so what has upper case here was never normalised.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_batch_would_refuse_are_not_sent() {
    let rig = Rig::new().await;
    let told = append(&rig, at(["1", "2", "3"], ["order placed", "Order", "order_placed"], [-HOUR_MS; 3])).await;
    assert_eq!(words::outcomes(&told, 3), ["rejected bad-format", "rejected bad-format", "accepted"]);
    assert_eq!(rig.bodies(UPDATE)[0].as_array().unwrap().len(), 1);
}
