//! Events: each once, with its time and properties; what may have happened is never sent again by us.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell, Table, Told, Work,
    words::{halt, outcomes},
};
use sluice_twins::{Answer, Apply, Fault};

use crate::rig::{EVENTS, Rig, TRACK, people};

/// 2026-11-24T16:00:00.25Z.
const TIME_US: i64 = 1_795_536_000_250_000;

fn orders(ids: &[&str]) -> Table {
    people(ids.iter().copied()).with("name", PhysicalType::Utf8, "attribute", vec!["order_placed"; ids.len()]).with(
        "time",
        PhysicalType::TimestampMicros,
        "event-time",
        vec![TIME_US; ids.len()],
    )
}

async fn append(rig: &Rig, options: &str, table: Table) -> Told {
    rig.told(EVENTS.options(options), Operation::Append, table).await
}

async fn known(rig: &Rig, ids: &[&str]) {
    assert_eq!(outcomes(&rig.upsert(people(ids.iter().copied())).await, ids.len() as u32), vec!["accepted"; ids.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_a_name_a_time_and_properties() {
    let rig = Rig::new().await;
    known(&rig, &["C-1", "C-2"]).await;
    let table = orders(&["C-1", "C-2"])
        .with("app_id", PhysicalType::Utf8, "attribute", [Cell::from("app-7"), Cell::Null])
        .with("amount", PhysicalType::Float64, "attribute", [Cell::Float(59.9), Cell::Null])
        .with("items", PhysicalType::Json, "attribute", [r#"[{"sku":"TS-1","qty":2}]"#, "[]"])
        .with("coupon", PhysicalType::Utf8, "attribute", [Cell::Absent, Cell::Absent]);
    let told = append(&rig, "{}", table).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), ["accepted"; 2]);
    let body = rig.twin.log().to(TRACK)[1].json().unwrap();
    let wanted = json!({ "events": [
        { "external_id": "C-1", "name": "order_placed", "time": "2026-11-24T16:00:00.250Z", "app_id": "app-7",
          "_update_existing_only": true, "properties": { "amount": 59.9, "items": [{ "sku": "TS-1", "qty": 2 }] } },
        { "external_id": "C-2", "name": "order_placed", "time": "2026-11-24T16:00:00.250Z",
          "_update_existing_only": true, "properties": { "items": [] } },
    ] });
    assert_eq!(body, wanted);
    let kept = rig.twin.with_state(|s| s.events().map(|e| (e.key.clone(), e.property("amount"))).collect::<Vec<_>>());
    assert_eq!(kept, [("C-1".to_owned(), json!(59.9)), ("C-2".to_owned(), json!(null))]);
    assert_eq!(rig.twin.warnings(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_stranger_makes_a_profile_only_where_that_is_wanted() {
    let rig = Rig::new().await;
    for (options, profiles, events) in [("{}", 0, 0), (r#"{"update_existing_only":false}"#, 1, 1)] {
        let told = append(&rig, options, orders(&["C-1"])).await.unwrap().unwrap();
        assert_eq!(outcomes(&told, 1), ["accepted"]);
        assert_eq!(rig.twin.with_state(|s| (s.profiles().len(), s.events().len())), (profiles, events), "{options}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_leaves_events_unknown() {
    for (fault, applied) in [
        (Fault::on(TRACK).apply(Apply::All).answer(Answer::Drop), 3),
        (Fault::on(TRACK).apply(Apply::Nothing).answer(Answer::Drop), 0),
        (Fault::on(TRACK).apply(Apply::Half).answer(Answer::Status { status: 502 }), 1),
        (Fault::on(TRACK).answer(Answer::Truncated), 3),
    ] {
        let rig = Rig::new().await;
        known(&rig, &["C-1", "C-2", "C-3"]).await;
        rig.twin.faults().arm(fault.clone()).unwrap();
        let told = append(&rig, "{}", orders(&["C-1", "C-2", "C-3"])).await.unwrap().unwrap();
        assert!(outcomes(&told, 3).iter().all(|o| o.starts_with("unknown ")), "{fault:?}: {told:?}");
        assert_eq!(rig.twin.with_state(|s| s.events().len()), applied, "{fault:?}");
        assert_eq!(rig.twin.log().total(), 2, "nobody sent it a second time: {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_braze_would_refuse_is_refused_by_name() {
    let rig = Rig::new().await;
    known(&rig, &["C-1", "C-2", "C-3", "C-4", "C-5"]).await;
    let braces = r#"{"note":}"#.len();
    let note = |bytes: usize, first: &str| format!("[{first}{}]", ",0".repeat((bytes - braces - 2 - first.len()) / 2));
    let (fits, over) = (note(50_000, "0"), note(50_001, "10"));
    assert_eq!((fits.len() + braces, over.len() + braces), (50_000, 50_001));
    let table = people(["C-1", "C-2", "C-3", "C-4", "C-5"])
        .with("name", PhysicalType::Utf8, "attribute", ["$order", "", "order", "order", "order"])
        .with(
            "time",
            PhysicalType::TimestampMicros,
            "event-time",
            [TIME_US.into(), TIME_US.into(), Cell::Null, TIME_US.into(), TIME_US.into()],
        )
        .with("note", PhysicalType::Json, "attribute", [Cell::Null, Cell::Null, Cell::Null, Cell::Text(over), Cell::Text(fits)]);
    let told = append(&rig, "{}", table).await.unwrap().unwrap();
    let wanted = ["rejected bad-format", "rejected bad-format", "rejected bad-format", "rejected too-large", "accepted"];
    assert_eq!(outcomes(&told, 5), wanted);
    assert_eq!(rig.twin.with_state(|s| s.events().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_name_or_time_is_not_begun() {
    let rig = Rig::new().await;
    let nameless = people(["C-1"]).with("time", PhysicalType::TimestampMicros, "event-time", [TIME_US]);
    let timeless = people(["C-1"]).with("name", PhysicalType::Utf8, "attribute", ["order"]);
    for table in [nameless, timeless] {
        assert_eq!(halt(&append(&rig, "{}", table).await.unwrap().unwrap_err()), "config dest-config");
    }
    let upsert = rig.told(Work::of("events", "upsert"), Operation::Upsert, orders(&["C-1"])).await.unwrap().unwrap_err();
    assert_eq!(halt(&upsert), "config mode-not-supported");
    assert_eq!(rig.twin.log().total(), 0);
}
