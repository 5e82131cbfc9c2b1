//! Conversion events: taken once, refused together, halved apart.

use sluice_conformance::words::outcomes;
use sluice_twins::{Answer, Apply, Fault};

use crate::{
    rig::{EVENTS, Rig},
    state,
};

/// "Server/server duplicates with the same `event_id`+`event_name` within 48 h keep the first".
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_sent_twice_is_there_once() {
    let rig = Rig::new().await;
    rig.twin.faults().arm(Fault::on(EVENTS).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let two = || rig.purchases(&[("o-1", 10.0), ("o-2", 20.0)]);
    assert_eq!(outcomes(&rig.events(two()).await.unwrap(), 2), ["unknown egress-cut"; 2]);
    assert_eq!(outcomes(&rig.events(two()).await.unwrap(), 2), ["accepted"; 2]);
    assert_eq!(state::events(&rig.twin), 2);
}

/// "One bad event rejects the whole request and nothing is stored".
#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_spoils_its_request_without_being_named() {
    let rig = Rig::new().await;
    rig.twin.faults().arm(Fault::on(EVENTS).holding("o-2").answer(Answer::Status { status: 400 })).unwrap();
    let told = rig.events(rig.purchases(&[("o-1", 10.0), ("o-2", 20.0), ("o-3", 30.0)])).await.unwrap();
    assert!(outcomes(&told, 3).iter().all(|row| row.starts_with("rejected ")), "{told:?}");
    assert_eq!(told.receipt.attrs, [("scope".to_owned(), "batch".to_owned())], "halves find the event that is to blame");
    assert_eq!(state::events(&rig.twin), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_known_beforehand_is_refused_by_name_and_the_others_arrive() {
    let rig = Rig::new().await;
    let told = rig.events(rig.purchases(&[("o-1", 10.0), ("o-2", f64::NAN), ("o-3", 30.0)])).await.unwrap();
    assert_eq!(outcomes(&told, 3), ["accepted", "rejected bad-format", "accepted"]);
    assert_eq!(state::events(&rig.twin), 2);
}
