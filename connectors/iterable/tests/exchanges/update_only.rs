//! Update-only: nobody is made. "`bulkUpdate` has no update-only switch", so the way depends on the project's type.

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation},
};
use sluice_conformance::{
    Cell, Table,
    words::{halt, outcomes},
};
use sluice_twins::iterable::Project;
use sluice_twins::{Answer, Fault};

use crate::{
    rig::{BULK_UPDATE, Rig, SUBSCRIBE, UPDATE_ONLY},
    state,
};

const KNOWN_USERS: &str = "Sluice: known users";

fn gold(identifier: &str, names: &[&str]) -> Table {
    Table::by(identifier, names.iter().copied()).with("tier", PhysicalType::Utf8, "attribute", vec!["gold"; names.len()])
}

/// "(a) userId-based/hybrid projects: `lists/subscribe` into a scratch list with `updateExistingUsersOnly:true` and `dataFields`."
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_ours_leaves_strangers_alone_in_one_step() {
    for project in [Project::UserId, Project::Hybrid] {
        let rig = Rig::of(project).await;
        state::have_users(&rig.twin, json!([{ "userId": "u_1", "dataFields": { "tier": "basic" } }]));
        let keep = rig.setup(UPDATE_ONLY).await.unwrap();
        assert_eq!(rig.setup(UPDATE_ONLY).await.unwrap(), keep, "found the second time");
        assert_eq!(state::lists(&rig.twin, KNOWN_USERS).len(), 1);
        let told = rig.told(UPDATE_ONLY.keep(&keep), Operation::Update, gold("userId", &["u_1", "u_2"])).await.unwrap().unwrap();
        assert_eq!(outcomes(&told, 2), ["accepted", "skipped not-found-in-destination"]);
        assert_eq!(state::fields(&rig.twin, "u_1").unwrap()["tier"], "gold");
        assert_eq!(state::users(&rig.twin), ["u_1"]);
        assert_eq!((rig.twin.log().to(SUBSCRIBE).len(), rig.twin.log().to(BULK_UPDATE).len()), (1, 0));
    }
}

/// "(b) any project: look each user up first; unknown -> 200 with an empty object (inferred)"; "an e-mail containing `/` cannot be
/// used in a path".
#[tokio::test(flavor = "multi_thread")]
async fn in_a_project_by_address_each_user_is_asked_after() {
    let rig = Rig::of(Project::Email).await;
    state::have_users(&rig.twin, json!([{ "email": "a/b+c@example.org", "dataFields": { "tier": "basic" } }]));
    assert_eq!(rig.setup(UPDATE_ONLY).await.unwrap(), b"", "no list is needed");
    let names = ["a/b+c@example.org", "new@example.org"];
    let told = rig.told(UPDATE_ONLY, Operation::Update, gold("email", &names)).await.unwrap().unwrap();
    assert_eq!(outcomes(&told, 2), ["accepted", "skipped not-found-in-destination"]);
    assert_eq!(state::fields(&rig.twin, "a/b+c@example.org").unwrap()["tier"], "gold");
    assert_eq!(state::users(&rig.twin), ["a/b+c@example.org"]);
    assert_eq!(rig.twin.log().to("/api/users/getByEmail").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_while_a_question_has_no_answer() {
    for (answer, wanted) in [
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::Status { status: 401 }, "auth dest-auth"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
    ] {
        let rig = Rig::of(Project::Email).await;
        state::have_users(&rig.twin, json!([{ "email": "a@example.org" }]));
        rig.twin.faults().arm(Fault::on("/api/users/getByEmail").answer(answer.clone())).unwrap();
        let told = rig.told(UPDATE_ONLY, Operation::Update, gold("email", &["a@example.org"])).await.unwrap().unwrap_err();
        assert_eq!(halt(&told), wanted, "{answer:?}");
        assert_eq!(rig.twin.log().to(BULK_UPDATE).len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_cannot_be_asked_after_in_one_call_is_cut() {
    let rig = Rig::of(Project::Email).await;
    let table = Table::by("email", (0..201).map(|n| Cell::Text(format!("{n}@example.org"))));
    let told = rig.told(UPDATE_ONLY, Operation::Update, table).await.unwrap().unwrap_err();
    let Halt::SplitBatch { rows_fit, .. } = told else { panic!("{told:?}") };
    assert_eq!((rows_fit, rig.twin.log().total()), (Some(200), 0));
}
