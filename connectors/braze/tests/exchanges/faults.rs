//! What Braze says when it refuses or fails, and what the host is told of the rows. What is lost, cut or a stranger's is the same for every
//! connector, and tried by `tests/conformance.rs`.

use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation, Outcome},
};
use sluice_conformance::{
    Table,
    words::{outcomes, told},
};
use sluice_twins::{Answer, Fault};

use crate::rig::{ATTRIBUTES, Rig, TRACK, people};

fn three() -> Table {
    people(["C-1", "C-2", "C-3"]).with("plan", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold"])
}

/// "API errors & server responses" of braze.com/docs/api, read 2026-11; 301, 402, 408 and 409 are on no page (inferred).
#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_code() {
    let down = Some("unknown dest-unavailable");
    let late = Some("unknown dest-timeout");
    for (status, row, end) in [
        (301, None, "config dest-config"),
        (401, None, "auth dest-auth"),
        (402, None, "quota dest-quota"),
        (403, None, "config dest-permission"),
        (404, None, "missing dest-object-missing"),
        (408, late, "unavailable dest-timeout"),
        (409, None, "config dest-config"),
        (413, None, "split-batch dest-batch-too-large"),
        (415, None, "config dest-config"),
        (429, None, "throttled dest-rate-limited"),
        (500, down, "unavailable dest-unavailable"),
        (502, down, "unavailable dest-unavailable"),
        (503, down, "unavailable dest-unavailable"),
        (504, late, "unavailable dest-timeout"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on(TRACK).answer(Answer::Status { status })).unwrap();
        let written = rig.told(ATTRIBUTES, Operation::Upsert, three()).await.unwrap();
        let rows = row.map_or_else(Vec::new, |row| vec![row.to_owned(); 3]);
        assert_eq!(told(&written, 3), (rows, Some(end.to_owned())), "{status}");
        assert_eq!(rig.twin.log().total(), 1, "the connector repeats nothing: {status}");
    }
}

/// "API rate limits": `X-RateLimit-Reset` is the end of the present window; `Retry-After`, where somebody sends it, is the nearer word.
#[tokio::test(flavor = "multi_thread")]
async fn a_429_says_when_to_come_back_where_braze_says_so() {
    for (reset_s, retry_after_s) in [(None, None), (Some(7), None), (Some(60), Some(7))] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on(TRACK).answer(Answer::Throttle { reset_s, retry_after_s })).unwrap();
        let Halt::Throttled(reason) = rig.upsert_halts(three()).await else { panic!("not throttled") };
        assert_eq!(reason.after_ms, retry_after_s.map(|s| s * 1000));
        assert_eq!(reason.at_ms.is_some(), reset_s.is_some() && retry_after_s.is_none());
        if let Some(at_ms) = reason.at_ms {
            let at = rig.twin.log().entries()[0].at.as_second() + 7;
            assert!((at_ms as i64 / 1000).abs_diff(at) <= 1, "{at_ms} is not 7 s after the request");
        }
    }
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
