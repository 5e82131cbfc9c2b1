//! What a platform can do to a write, and what the host is told of its rows: one table.

use std::time::Duration;

use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Outcome},
};
use sluice_twins::{Answer, Apply, Fault};

use crate::{
    rig::{Rig, TRACK, halt, outcomes},
    table::Table,
};

fn three() -> Table {
    Table::of(["C-1", "C-2", "C-3"]).with("plan", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold"])
}

fn status(status: u16) -> Fault {
    Fault::on(TRACK).answer(Answer::Status { status })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_whole_request_halts_and_nothing_was_written() {
    for (fault, wanted) in [
        (status(401), "auth dest-auth"),
        (status(402), "quota dest-quota"),
        (status(403), "config dest-permission"),
        (status(404), "missing dest-object-missing"),
        (status(413), "split-batch dest-batch-too-large"),
        (status(415), "config dest-config"),
        (status(301), "config dest-config"),
        (status(409), "config dest-config"),
        (status(429), "throttled dest-rate-limited"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(fault.clone()).unwrap();
        assert_eq!(halt(&rig.upsert_halts(three()).await), wanted, "{fault:?}");
        assert_eq!(rig.twin.with_state(|s| s.profiles().len()), 0, "{fault:?}");
        assert_eq!(rig.twin.log().total(), 1, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_says_when_to_come_back_where_braze_says_so() {
    for (reset_s, retry_after_s) in [(None, None), (Some(7), None), (None, Some(7)), (Some(60), Some(7))] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on(TRACK).answer(Answer::Throttle { reset_s, retry_after_s })).unwrap();
        let Halt::Throttled(reason) = rig.upsert_halts(three()).await else { panic!("not throttled") };
        assert_eq!(reason.after_ms, retry_after_s.map(|s| s * 1000), "Retry-After is the nearer word");
        assert_eq!(reason.at_ms.is_some(), reset_s.is_some() && retry_after_s.is_none());
        if let Some(at_ms) = reason.at_ms {
            let at = rig.twin.log().entries()[0].at.as_second() + 7;
            assert!(at_ms as i64 / 1000 - at <= 1, "{at_ms} is not 7 s after the request");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_nothing_of_the_rows_leaves_them_unknown() {
    let drop = |apply| Fault::on(TRACK).apply(apply).answer(Answer::Drop);
    for (fault, code, stops) in [
        (drop(Apply::Nothing), "egress-cut", false),
        (drop(Apply::All), "egress-cut", false),
        (Fault::on(TRACK).answer(Answer::Truncated), "egress-cut", false),
        (status(500), "dest-unavailable", true),
        (Fault::on(TRACK).apply(Apply::Half).answer(Answer::Status { status: 500 }), "dest-unavailable", true),
        (status(502), "dest-unavailable", true),
        (status(503), "dest-unavailable", true),
        (status(504), "dest-timeout", true),
        (status(408), "dest-timeout", true),
        (Fault::on(TRACK).answer(Answer::CaptivePortal), "dest-protocol", true),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(fault.clone()).unwrap();
        let told = rig.upsert(three()).await;
        assert_eq!(outcomes(&told, 3), vec![format!("unknown {code}"); 3], "{fault:?}");
        assert_eq!(told.stop.is_some(), stops, "{fault:?}");
        assert_eq!(rig.twin.log().total(), 1, "the connector repeats nothing: {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_is_ended_by_the_deadline_and_the_rows_are_unknown() {
    let rig = Rig::new().await.deadline(Duration::from_secs(1));
    rig.twin.faults().arm(Fault::on(TRACK).apply(Apply::All).answer(Answer::Hang { at_most_ms: 60_000 })).unwrap();
    let fault = rig.told("attributes", "upsert", "{}", Operation::Upsert, three()).await.expect_err("nobody answered");
    assert!(fault.requests_left, "{fault:?}");
    assert_eq!(rig.twin.with_state(|s| s.profiles().len()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_success_applied_nothing() {
    let rig = Rig::new().await;
    let not = Fault::on(TRACK).answer(Answer::NotSuccess { message: "The workspace is being archived".to_owned() });
    rig.twin.faults().arm(not).unwrap();
    let told = rig.upsert(three()).await;
    assert_eq!(outcomes(&told, 3), ["rejected row-refused"; 3]);
    assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())], "halves find the row that is to blame");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_row_spoils_its_request_without_being_named() {
    let rig = Rig::new().await;
    rig.twin.faults().arm(Fault::on(TRACK).holding("\"C-2\"").answer(Answer::Status { status: 400 })).unwrap();
    let told = rig.upsert(three()).await;
    assert_eq!(outcomes(&told, 3), ["rejected row-refused"; 3]);
    assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_braze_names_is_refused_and_the_rest_is_accepted() {
    let rig = Rig::new().await;
    let rest = Answer::ErrorsForRest { text: "'plan' is not valid".to_owned() };
    rig.twin.faults().arm(Fault::on(TRACK).answer(rest)).unwrap();
    let told = rig.upsert(three()).await;
    assert_eq!(outcomes(&told, 3), ["accepted", "rejected row-refused", "rejected row-refused"]);
    let said = |o: &Outcome| match o {
        Outcome::Rejected(reason) => reason.attrs.clone(),
        other => panic!("{other:?}"),
    };
    let words = [("said".to_owned(), "'plan' is not valid".to_owned())];
    assert!(told.receipt.except.iter().all(|(_, o)| said(o) == words), "Braze's words reach the operator: {told:?}");
    assert_eq!(rig.twin.with_state(|s| s.profiles().len()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_not_there_got_nothing() {
    let rig = Rig::leading_nowhere().await;
    let told = halt(&rig.upsert_halts(three()).await);
    assert_eq!(told, "unavailable egress-connect-failed");
}
