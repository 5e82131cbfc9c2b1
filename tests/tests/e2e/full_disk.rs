//! A disk without room: a run ends by name, and with room again everything arrives.

use std::time::Duration;

use serde_json::json;
use sluice_runs::limits::WINDOW_BATCHES;
use sluice_twins::{Fault, Pick};

use crate::{
    bad_input::explained,
    process::{Process, SmallDisk},
    rig::{Rig, braze, end, tally},
    shop,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_by_name_and_with_room_again_everything_arrives() {
    let rig = Rig::new().await;
    // More than the room below in values alone, in one change set.
    shop::people(&rig, 1..=25_000, |_| LONG_PLAN);
    let process = Process::start(&rig.state()).await;
    process.client.install(braze()).await;
    process.client.apply(&shop::to_braze(&rig, &[shop::activation("people", &json!({}))])).await;
    process.kill();

    let process = Process::start_with_room(&rig.state(), 4 << 20).await;
    explained(&process.client.run("people").await, "disk-full");
    assert_eq!(rig.twin.log().total(), 0);
    process.kill();

    let process = Process::start(&rig.state()).await;
    assert_eq!(tally(&process.client.run("people").await), "accepted 25000");
    process.kill();
}

/// The state folder is a file system of its own, which fills in the middle of a run: the host stops sending, people can still look,
/// and with room again the same run goes on to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_while_rows_are_sent_costs_no_row_and_none_that_was_settled_goes_again() {
    let rig = Rig::new().await;
    shop::people(&rig, 1..=1_000, |_| "basic");
    std::fs::create_dir(rig.state()).unwrap();
    let Some(disk) = SmallDisk::start(&rig.state(), 64 << 20).await else { return };
    let client = &disk.process.client;
    client.install(braze()).await;
    let people = shop::activation("people", &json!({ "batch_rows_max": 1 }));
    let mut bundle = shop::to_braze(&rig, &[people]);
    bundle["destinations"][0]["in_flight"] = json!(2);
    client.apply(&bundle).await;
    rig.twin.faults().arm(Fault::on("/users/track").pick(Pick::Every(1)).delay_ms(20)).unwrap();

    let run = client.start_run("people").await;
    let records = format!("/runs/{run}/records?outcome=accepted");
    let accepted = || client.all(&records);
    while accepted().await.len() < 20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    disk.fill();
    let mut requests = 0;
    while requests < rig.twin.log().total() {
        requests = rig.twin.log().total();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(requests < 1_000, "what cannot be written down is not sent");
    let seen = client.get(&format!("/runs/{run}")).await.ok();
    assert_eq!((&seen["state"], &seen["finished"]), (&json!("sending"), &json!(false)), "{seen:#}");
    let settled = accepted().await;
    let refused = client.post("/apply", &bundle).await;
    assert_eq!((refused.status, refused.code()), (507, "disk-full"), "{:#}", refused.json);

    disk.free();
    rig.twin.faults().clear();
    let ended = client.wait(&run).await;
    assert_eq!((end(&ended).as_str(), tally(&ended).as_str()), ("succeeded", "accepted 1000"), "{ended:#}");
    for record in settled {
        let profile = rig.twin.profile(record["key"].as_str().unwrap()).unwrap();
        assert!(!profile.written_after(requests), "{record:#}: settled, and written again");
    }
    let again = rig.twin.log().total() - 1_000;
    assert!(again <= WINDOW_BATCHES as u64, "{again} requests again: more than the open window");
    assert_eq!(rig.twin.with_state(|s| s.profiles().iter().filter(|p| p.attributes["plan"] == "basic").count()), 1_000);
    disk.process.kill();
}

const LONG_PLAN: &str = "a plan with a name that is as long as a platform allows and says nothing and goes on and on and on and on \
    until it has said so little in so many words that a disk is full of it and nobody has learned anything from them";
