//! Custom audiences: found or made, filled, emptied and replaced.

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell,
    words::{halt, outcomes},
};
use sluice_twins::{Answer, Apply, Fault};

use crate::{
    rig::{AUDIENCES, FRANCE, LEA, Rig, VIP, people},
    state,
};

async fn rig() -> (Rig, Vec<u8>) {
    let rig = Rig::new().await;
    let keep = rig.setup(VIP).await.unwrap();
    (rig, keep)
}

fn users(keep: &[u8]) -> String {
    format!("/v25.0/{}/users", std::str::from_utf8(keep).unwrap())
}

/// `POST /act_<id>/customaudiences` -> `{"id":"2385.."}`; "List: follow `paging.next`".
#[tokio::test(flavor = "multi_thread")]
async fn an_audience_is_made_once_and_found_after_that() {
    let (rig, keep) = rig().await;
    assert_eq!(rig.setup(VIP).await.unwrap(), keep);
    assert_eq!(state::audiences(&rig.twin, "VIP FR").len(), 1);

    // The answer to its making is lost, and the next try finds it.
    let rig = Rig::new().await;
    rig.twin.faults().arm(Fault::on(AUDIENCES).method("POST").apply(Apply::All).answer(Answer::Drop)).unwrap();
    assert_eq!(halt(&rig.setup(VIP).await.unwrap_err()), "unavailable egress-cut");
    rig.setup(VIP).await.unwrap();
    assert_eq!(state::audiences(&rig.twin, "VIP FR").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_on_a_later_page_is_found() {
    let rig = Rig::new().await;
    for number in 0..250 {
        let name = if number == 240 { "VIP FR".to_owned() } else { format!("audience {number}") };
        state::have_audience(&rig.twin, &format!("{}", 238_000 + number), &name, "CUSTOM");
    }
    assert_eq!(rig.setup(VIP).await.unwrap(), b"238240");
    assert_eq!(rig.twin.log().to(AUDIENCES).len(), 3);
}

/// "Add and remove are set operations, safe to retry"; "`\"\"` for a missing key in multi-key mode".
#[tokio::test(flavor = "multi_thread")]
async fn members_enter_and_leave() {
    let (rig, keep) = rig().await;
    let enter = people(["C-1", "C-2"]).and_by("EMAIL", [Cell::from(LEA), Cell::Null]).with(
        "COUNTRY",
        PhysicalType::Utf8,
        "attribute",
        [Cell::Absent, FRANCE.into()],
    );
    for _ in 0..2 {
        assert_eq!(outcomes(&rig.members(&keep, Operation::Add, enter.clone()).await, 2), ["accepted"; 2]);
        assert_eq!(state::members(&rig.twin, &keep), 2);
    }
    for _ in 0..2 {
        assert_eq!(outcomes(&rig.members(&keep, Operation::Remove, people(["C-2"])).await, 1), ["accepted"]);
        assert_eq!(state::members(&rig.twin, &keep), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_hashed_is_not_sent() {
    let (rig, keep) = rig().await;
    let table = people(["C-1", "C-2"]).and_by("EMAIL", ["lea.martin@example.fr", LEA]);
    let told = rig.members(&keep, Operation::Add, table).await;
    assert_eq!(outcomes(&told, 2), ["rejected bad-format", "accepted"]);
    assert_eq!(state::members(&rig.twin, &keep), 1);
}

/// "replace whole content in one session (`payload` and `session` both required)".
#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_the_place_of_everybody() {
    let (rig, keep) = rig().await;
    rig.members(&keep, Operation::Add, people(["C-1", "C-2", "C-3"])).await;
    assert_eq!(outcomes(&rig.replace(&keep, people(["C-9"])).await, 1), ["accepted"]);
    assert_eq!(state::members(&rig.twin, &keep), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unknown_and_a_repeat_changes_nothing() {
    let (rig, keep) = rig().await;
    rig.twin.faults().arm(Fault::on(&users(&keep)).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let told = rig.members(&keep, Operation::Add, people(["C-1"])).await;
    assert_eq!(outcomes(&told, 1), ["unknown egress-cut"]);
    assert_eq!(outcomes(&rig.members(&keep, Operation::Add, people(["C-1"])).await, 1), ["accepted"]);
    assert_eq!(state::members(&rig.twin, &keep), 1);
}

/// "Throttled reply: HTTP 400 (inferred) with `error.code` ... 80003".
#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_request_waits_and_writes_nothing() {
    let (rig, keep) = rig().await;
    rig.twin.faults().arm(Fault::on(&users(&keep)).answer(Answer::Throttle { reset_s: None, retry_after_s: None })).unwrap();
    let told = rig.told(VIP.keep(&keep), Operation::Add, people(["C-1"])).await.unwrap().unwrap_err();
    assert_eq!(halt(&told), "throttled dest-rate-limited");
    assert_eq!(state::members(&rig.twin, &keep), 0);
}
