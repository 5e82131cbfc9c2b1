//! What Iterable says when it refuses or fails, and what the host is told of the rows. What is lost, cut or a stranger's is the same for
//! every connector, and tried by `tests/conformance.rs`.

use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation},
};
use sluice_conformance::{
    Table,
    words::{outcomes, told},
};
use sluice_twins::iterable::Project;
use sluice_twins::{Answer, Fault};

use crate::{
    rig::{ATTRIBUTES, BULK_UPDATE, Rig, people},
    state,
};

fn three() -> Table {
    people(["u_1", "u_2", "u_3"]).with("plan", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold"])
}

/// The table "Errors" of the sheet, by status; 301, 402, 404, 415 and 504 are not on it (inferred).
#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_code() {
    let down = Some("unknown dest-unavailable");
    for (status, row, end) in [
        (301, None, "config dest-config"),
        (401, None, "auth dest-auth"),
        (402, None, "quota dest-quota"),
        (403, None, "config dest-permission"),
        (404, None, "missing dest-object-missing"),
        (413, None, "split-batch dest-batch-too-large"),
        (415, None, "config dest-config"),
        (429, None, "throttled dest-rate-limited"),
        (500, down, "unavailable dest-unavailable"),
        (503, down, "unavailable dest-unavailable"),
        (504, Some("unknown dest-timeout"), "unavailable dest-timeout"),
    ] {
        let rig = Rig::of(Project::UserId).await;
        rig.twin.faults().arm(Fault::on(BULK_UPDATE).answer(Answer::Status { status })).unwrap();
        let written = rig.told(ATTRIBUTES, Operation::Upsert, three()).await.unwrap();
        let rows = row.map_or_else(Vec::new, |row| vec![row.to_owned(); 3]);
        assert_eq!(told(&written, 3), (rows, Some(end.to_owned())), "{status}");
        assert_eq!(rig.twin.log().total(), 1, "the connector repeats nothing: {status}");
    }
}

/// "Throttled: 429; no documented headers: back off exponentially."
#[tokio::test(flavor = "multi_thread")]
async fn a_429_of_iterable_names_no_time_and_none_is_made_up() {
    let rig = Rig::of(Project::UserId).await;
    rig.twin.faults().arm(Fault::on(BULK_UPDATE).answer(Answer::Throttle { reset_s: None, retry_after_s: None })).unwrap();
    let Halt::Throttled(reason) = rig.upsert_halts(three()).await else { panic!("not throttled") };
    assert_eq!((reason.after_ms, reason.at_ms), (None, None));
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
