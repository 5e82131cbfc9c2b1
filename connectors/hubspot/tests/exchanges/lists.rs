//! "Lists": found by name or made as MANUAL, members by record ids that were looked up; "Records that do not exist are ignored".

use sluice_catalog::contract::Operation;
use sluice_conformance::Table;

use crate::rig::{Rig, list, records};

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_and_strangers_are_told() {
    let rig = Rig::new().await;
    let known = || Table::by("email", ["a@example.org", "b@example.org"]);
    assert_eq!(rig.outcomes(records("contacts", "upsert", "{}"), Operation::Upsert, known()).await, ["accepted"; 2]);
    let kept = rig.stage.setup(list(b"")).await.unwrap().unwrap();
    assert_eq!(rig.stage.setup(list(b"")).await.unwrap().unwrap(), kept, "found the second time");
    let work = list(&kept);
    let told = rig
        .outcomes(work, Operation::Add, Table::by("email", ["a@example.org", "b@example.org", "nobody@example.org", "bad@"]))
        .await;
    assert_eq!(told, ["accepted", "accepted", "skipped not-found-in-destination", "rejected bad-format"]);
    assert_eq!(rig.on(&kept).await.len(), 2);
    let told = rig.outcomes(work, Operation::Remove, Table::by("email", ["b@example.org", "nobody@example.org"])).await;
    assert_eq!(told, ["accepted"; 2]);
    let a = rig.record("contacts", "email", "a@example.org", "email").await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(rig.on(&kept).await, std::slice::from_ref(&a));
    // By HubSpot's own id, one that is not there.
    let told = rig.outcomes(work, Operation::Add, Table::by("hs_object_id", [a.as_str(), "99999999999"])).await;
    assert_eq!(told, ["accepted", "skipped not-found-in-destination"]);
}
