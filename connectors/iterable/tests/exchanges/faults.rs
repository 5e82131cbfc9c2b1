//! What a platform can do to a write, and what the host is told of its rows: one table.

use std::time::Duration;

use sluice_catalog::{columnar::PhysicalType, contract::Halt};
use sluice_twins::iterable::Project;
use sluice_twins::{Answer, Apply, Fault};

use crate::{
    rig::{BULK_UPDATE, Rig, halt, outcomes},
    state,
    table::Table,
};

fn three() -> Table {
    Table::of(["u_1", "u_2", "u_3"]).with("plan", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold"])
}

fn status(status: u16) -> Fault {
    Fault::on(BULK_UPDATE).answer(Answer::Status { status })
}

/// The table "Errors" of the sheet, by status.
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
        (status(429), "throttled dest-rate-limited"),
    ] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(fault.clone()).unwrap();
        assert_eq!(halt(&rig.upsert_halts(three()).await), wanted, "{fault:?}");
        assert_eq!(state::users(&rig.twin).len(), 0, "{fault:?}");
        assert_eq!(rig.twin.log().total(), 1, "{fault:?}");
    }
}

/// "Throttled: 429; no documented headers: back off exponentially."
#[tokio::test(flavor = "multi_thread")]
async fn a_429_says_when_to_come_back_only_where_iterable_says_so() {
    for retry_after_s in [None, Some(7)] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(Fault::on(BULK_UPDATE).answer(Answer::Throttle { reset_s: None, retry_after_s })).unwrap();
        let Halt::Throttled(reason) = rig.upsert_halts(three()).await else { panic!("not throttled") };
        assert_eq!((reason.after_ms, reason.at_ms), (retry_after_s.map(|s| s * 1000), None));
    }
}

/// "500 GenericError, DatabaseError, QueueEmailError; 503: retryable".
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_nothing_of_the_rows_leaves_them_unknown() {
    let drop = |apply| Fault::on(BULK_UPDATE).apply(apply).answer(Answer::Drop);
    for (fault, code, stops) in [
        (drop(Apply::Nothing), "egress-cut", false),
        (drop(Apply::All), "egress-cut", false),
        (Fault::on(BULK_UPDATE).answer(Answer::Truncated), "egress-cut", false),
        (status(500), "dest-unavailable", true),
        (Fault::on(BULK_UPDATE).apply(Apply::Half).answer(Answer::Status { status: 500 }), "dest-unavailable", true),
        (status(503), "dest-unavailable", true),
        (status(504), "dest-timeout", true),
        (Fault::on(BULK_UPDATE).answer(Answer::CaptivePortal), "dest-protocol", true),
    ] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(fault.clone()).unwrap();
        let told = rig.upsert(three()).await;
        assert_eq!(outcomes(&told, 3), vec![format!("unknown {code}"); 3], "{fault:?}");
        assert_eq!(told.stop.is_some(), stops, "{fault:?}");
        assert_eq!(rig.twin.log().total(), 1, "the connector repeats nothing: {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_is_ended_by_the_deadline_and_the_rows_are_unknown() {
    let rig = Rig::of(Project::UserId).await.deadline(Duration::from_secs(1));
    rig.twin.faults().arm(Fault::on(BULK_UPDATE).apply(Apply::All).answer(Answer::Hang { at_most_ms: 60_000 })).unwrap();
    let told = rig.told(("attributes", "upsert", "{}", b""), sluice_catalog::contract::Operation::Upsert, three()).await;
    let fault = told.expect_err("nobody answered");
    assert!(fault.requests_left, "{fault:?}");
    assert_eq!(state::users(&rig.twin).len(), 3);
}

/// "400 BadParams, BadJsonBody, RequestFieldsTypesMismatched: record-invalid (bisect)".
#[tokio::test(flavor = "multi_thread")]
async fn a_poison_row_spoils_its_request_without_being_named() {
    for refusal in [400, 409] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(Fault::on(BULK_UPDATE).holding("\"u_2\"").answer(Answer::Status { status: refusal })).unwrap();
        let told = rig.upsert(three()).await;
        assert!(outcomes(&told, 3).iter().all(|row| row.starts_with("rejected ")), "{told:?}");
        assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())], "halves find the row that is to blame");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_iterable_names_is_refused_and_the_rest_is_accepted() {
    let rig = Rig::of(Project::UserId).await;
    let rest = Answer::ErrorsForRest { text: "invalidDataUserIds".to_owned() };
    rig.twin.faults().arm(Fault::on(BULK_UPDATE).answer(rest)).unwrap();
    let told = outcomes(&rig.upsert(three()).await, 3);
    assert_eq!(told[0], "accepted");
    assert!(told[1..].iter().all(|row| row.starts_with("rejected ")), "{told:?}");
    assert_eq!(state::users(&rig.twin), ["u_1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_not_there_got_nothing() {
    let rig = Rig::leading_nowhere(Project::UserId).await;
    assert_eq!(halt(&rig.upsert_halts(three()).await), "unavailable egress-connect-failed");
}
