//! The door is message-shaped: the same component works when what stands behind the door is across a socket pair.

use std::{os::unix::net::UnixStream, sync::Arc, thread};

use serde_json::json;
use sluice_catalog::columnar::PhysicalType;
use sluice_conformance::{
    Cell, Stage,
    words::{halt, outcomes},
};
use sluice_sandbox::{SocketDoor, serve_door};
use sluice_twins::braze::{Options, Twin};
use sluice_twins::{Answer, Apply, Fault};

use crate::rig::{API_KEY, BRAZE, Rig, TRACK, account, people};

#[tokio::test(flavor = "multi_thread")]
async fn braze_runs_with_the_door_across_a_socket_pair() {
    let twin = Twin::start(Options::with_key(API_KEY)).await.unwrap();
    let (guests, host) = UnixStream::pair().unwrap();
    let mut serving = None;
    let stage = Stage::through(&BRAZE, &account(&twin, API_KEY), |door| {
        serving = Some(thread::spawn(move || serve_door(host, door.as_ref())));
        Arc::new(SocketDoor::connect(guests).unwrap())
    });
    let rig = Rig { twin, stage: stage.unwrap() };
    assert!(rig.stage.check().await.unwrap().is_ok());
    let table = |plan: &'static str| {
        let ids = (0..50).map(|n| Cell::Text(format!("C-{n}")));
        people(ids).with("plan", PhysicalType::Utf8, "attribute", vec![plan; 50])
    };

    // Two writes at once share the stream.
    let (one, two) = tokio::join!(rig.upsert(table("gold")), rig.upsert(people(["D-1"])));
    assert_eq!((outcomes(&one, 50), outcomes(&two, 1)), (vec!["accepted".to_owned(); 50], vec!["accepted".to_owned()]));
    let plans = rig.twin.with_state(|s| s.profiles().iter().filter(|p| p.attributes.get("plan") == Some(&json!("gold"))).count());
    assert_eq!((plans, rig.twin.profile("D-1").is_some()), (50, true));

    // A refusal, and an answer that is lost after Braze applied the batch, cross it as well.
    rig.twin.faults().arm(Fault::on(TRACK).answer(Answer::Status { status: 403 })).unwrap();
    assert_eq!(halt(&rig.upsert_halts(table("basic")).await), "config dest-permission");
    rig.twin.faults().arm(Fault::on(TRACK).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let told = outcomes(&rig.upsert(table("basic")).await, 50);
    assert_eq!(told, vec!["unknown egress-cut"; 50]);
    assert_eq!(rig.twin.profile("C-49").unwrap().attributes["plan"], "basic");
    assert_eq!(rig.stage.lines().len(), 5, "each request passed the one gate");

    // The host's side ends by itself when the guests are gone.
    drop(rig.stage);
    serving.unwrap().join().unwrap().unwrap();
}
