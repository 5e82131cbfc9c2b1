//! Contact lists: found or made, filled and emptied without making users or leaving channels.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{
    Cell, Table,
    words::{halt, outcomes},
};
use sluice_twins::iterable::Project;
use sluice_twins::{Answer, Apply, Fault};

use crate::{
    rig::{Rig, SUBSCRIBE, UNSUBSCRIBE, VIP, people},
    state,
};

fn id(keep: &[u8]) -> i64 {
    std::str::from_utf8(keep).unwrap().parse().unwrap()
}

async fn rig(project: Project) -> (Rig, Vec<u8>) {
    let rig = Rig::of(project).await;
    // Only a hybrid project takes both names of a user.
    let users = match project {
        Project::Hybrid => json!([{ "userId": "u_1", "email": "a@example.org" }, { "userId": "u_2", "email": "b@example.org" }]),
        Project::Email => json!([{ "email": "a@example.org" }, { "email": "b@example.org" }]),
        Project::UserId => json!([{ "userId": "u_1" }, { "userId": "u_2" }]),
    };
    state::have_users(&rig.twin, users);
    let keep = rig.setup(VIP).await.unwrap();
    (rig, keep)
}

/// "Create list: `POST /api/lists` -> `{"listId":1068689}`. Names are not unique: look up in `GET /api/lists` first."
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_once_and_found_after_that() {
    let (rig, keep) = rig(Project::UserId).await;
    assert_eq!(state::lists(&rig.twin, "VIP FR"), [id(&keep)]);
    assert_eq!(rig.setup(VIP).await.unwrap(), keep);
    assert_eq!(state::lists(&rig.twin, "VIP FR").len(), 1);

    // The answer to its making is lost, and the next try finds it.
    let rig = Rig::of(Project::UserId).await;
    rig.twin.faults().arm(Fault::on("/api/lists").method("POST").apply(Apply::All).answer(Answer::Drop)).unwrap();
    assert_eq!(halt(&rig.setup(VIP).await.unwrap_err()), "unavailable egress-cut");
    let keep = rig.setup(VIP).await.unwrap();
    assert_eq!(state::lists(&rig.twin, "VIP FR"), [id(&keep)]);
}

/// "Only `listType` `Standard` lists are writable (inferred)."
#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_two_lists_or_of_a_dynamic_one_is_for_a_person() {
    let rig = Rig::of(Project::UserId).await;
    state::have_list(&rig.twin, 7, "VIP FR", "Dynamic", json!([]));
    assert_eq!(halt(&rig.setup(VIP).await.unwrap_err()), "config settings-invalid");
    state::have_list(&rig.twin, 8, "VIP FR", "Standard", json!([]));
    assert_eq!(rig.setup(VIP).await.unwrap(), b"8");
    state::have_list(&rig.twin, 9, "VIP FR", "Standard", json!([]));
    assert_eq!(halt(&rig.setup(VIP).await.unwrap_err()), "config settings-invalid");
    assert_eq!(state::lists(&rig.twin, "VIP FR").len(), 3, "nothing is made");
}

/// "updateExistingUsersOnly: true = unknown users ignored; only respected in userId-based and hybrid projects."
#[tokio::test(flavor = "multi_thread")]
async fn members_enter_and_leave_attributes_go_along_and_strangers_are_not_made() {
    let (rig, keep) = rig(Project::UserId).await;
    let enter = people(["u_1", "u_2", "stranger"]).with("tier", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold"]);
    let told = rig.list(&keep, Operation::Add, enter).await;
    assert_eq!(outcomes(&told, 3), ["accepted", "accepted", "skipped not-found-in-destination"]);
    assert_eq!(state::members(&rig.twin, id(&keep)).unwrap(), ["u_1", "u_2"]);
    assert_eq!(state::fields(&rig.twin, "u_1").unwrap()["tier"], "gold");
    assert_eq!(state::fields(&rig.twin, "stranger"), None);

    let told = rig.list(&keep, Operation::Remove, people(["u_2"])).await;
    assert_eq!(outcomes(&told, 1), ["accepted"]);
    assert_eq!(state::members(&rig.twin, id(&keep)).unwrap(), ["u_1"]);
    assert!(!state::somebody_left_a_channel(&rig.twin));
    assert_eq!(rig.twin.warnings(), []);
}

/// "In email-based projects subscribing an unknown e-mail creates a profile: filter beforehand if creation is unwanted."
#[tokio::test(flavor = "multi_thread")]
async fn in_a_project_by_address_strangers_become_users_only_when_somebody_says_so() {
    for (create, outcome, users) in [
        (false, "skipped not-found-in-destination", vec!["a@example.org"]),
        (true, "accepted", vec!["a@example.org", "new@example.org"]),
    ] {
        let rig = Rig::of(Project::Email).await;
        state::have_users(&rig.twin, json!([{ "email": "a@example.org" }]));
        let options = format!(r#"{{"list":"VIP FR","create_users":{create}}}"#);
        let list = VIP.options(&options);
        let keep = rig.setup(list).await.unwrap();
        let table = Table::by("email", ["a@example.org", "new@example.org"]);
        let told = rig.told(list.keep(&keep), Operation::Add, table).await.unwrap().unwrap();
        assert_eq!(outcomes(&told, 2), ["accepted", outcome]);
        assert_eq!(state::users(&rig.twin), users);
        assert_eq!(state::members(&rig.twin, id(&keep)).unwrap(), users);
    }
}

/// "Always send `channelUnsubscribe:false`"; "a not-found on removal is success".
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_goes_by_what_iterable_last_took_and_who_is_not_there_has_left() {
    let (rig, keep) = rig(Project::Hybrid).await;
    assert_eq!(outcomes(&rig.list(&keep, Operation::Add, people(["u_1", "u_2"])).await, 2), ["accepted"; 2]);
    let leave = people([Cell::from("u_1"), Cell::Absent, "never".into(), Cell::Null])
        .and_by("email", [Cell::Absent, "b@example.org".into(), Cell::Absent, Cell::Null]);
    let told = rig.list(&keep, Operation::Remove, leave).await;
    assert_eq!(outcomes(&told, 4), ["accepted", "accepted", "accepted", "rejected no-identifier"]);
    assert_eq!(state::members(&rig.twin, id(&keep)).unwrap(), [""; 0]);
    assert_eq!(rig.twin.log().to(UNSUBSCRIBE).len(), 1);
    assert_eq!(rig.twin.log().to(UNSUBSCRIBE)[0].json().unwrap()["channelUnsubscribe"], false);
    assert!(!state::somebody_left_a_channel(&rig.twin));
}

/// "Idempotent."
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unknown_and_a_repeat_changes_nothing() {
    let (rig, keep) = rig(Project::UserId).await;
    rig.twin.faults().arm(Fault::on(SUBSCRIBE).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let told = rig.list(&keep, Operation::Add, people(["u_1"])).await;
    assert_eq!(outcomes(&told, 1), ["unknown egress-cut"]);
    for _ in 0..2 {
        assert_eq!(outcomes(&rig.list(&keep, Operation::Add, people(["u_1"])).await, 1), ["accepted"]);
        assert_eq!(state::members(&rig.twin, id(&keep)).unwrap(), ["u_1"]);
    }
}
