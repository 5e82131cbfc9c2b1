//! Members of a list, read back: "text/plain, one identifier per line; whole list, no pagination".

use serde_json::{Value, json};
use sluice_catalog::contract::{Halt, MembersPage};
use sluice_conformance::words::halt;
use sluice_twins::iterable::Project;
use sluice_twins::{Answer, Fault, Pick};
use tokio::task::JoinSet;

use crate::{rig::Rig, state};

const GET_USERS: &str = "/api/lists/getUsers";

async fn read(rig: &Rig, segment: &str, cursor: Option<Vec<u8>>) -> Result<MembersPage, Halt> {
    rig.stage.members(segment, cursor, None).await.unwrap()
}

/// The cells of a text column that has no value in some rows.
fn texts(page: &MembersPage, column: usize) -> Vec<Option<String>> {
    let held = &page.members.columns[column];
    let end = |row: usize| i32::from_le_bytes(held.offsets[row * 4..row * 4 + 4].try_into().unwrap()) as usize;
    let is_there = |row: usize| held.validity.is_empty() || held.validity[row / 8] >> (row % 8) & 1 == 1;
    let text = |row: usize| String::from_utf8(held.data[end(row)..end(row + 1)].to_vec()).unwrap();
    (0..page.members.rows as usize).map(|row| is_there(row).then(|| text(row))).collect()
}

fn columns(page: &MembersPage) -> Vec<&str> {
    page.schema.iter().map(|field| field.name.as_str()).collect()
}

/// "GET /api/lists/getUsers?listId=&preferUserId=true -> e-mail, or userId with preferUserId in hybrid projects"; dynamic lists too
/// (inferred).
#[tokio::test(flavor = "multi_thread")]
async fn members_come_by_the_projects_identifier() {
    let users = json!([{ "userId": "u_1", "email": "a@example.org" }, { "email": "b@example.org" }]);
    let rig = Rig::of(Project::Hybrid).await;
    state::have_list(&rig.twin, 7, "engaged", "Dynamic", users);
    let page = read(&rig, "7", None).await.unwrap();
    assert_eq!((columns(&page), page.next.clone()), (vec!["userId", "email"], None));
    let mut rows: Vec<_> = texts(&page, 0).into_iter().zip(texts(&page, 1)).collect();
    rows.sort();
    assert_eq!(rows, [(None, Some("b@example.org".to_owned())), (Some("u_1".to_owned()), None)]);

    let rig = Rig::of(Project::Email).await;
    state::have_list(&rig.twin, 7, "engaged", "Standard", json!([{ "email": "a@example.org" }, { "email": "b@example.org" }]));
    let page = read(&rig, "7", None).await.unwrap();
    let mut emails: Vec<String> = texts(&page, 0).into_iter().flatten().collect();
    emails.sort();
    assert_eq!((columns(&page), emails), (vec!["email"], vec!["a@example.org".to_owned(), "b@example.org".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_comes_page_by_page_from_one_answer() {
    let rig = Rig::of(Project::UserId).await;
    let all: Vec<Value> = (0..25_000).map(|n| json!({ "userId": format!("u_{n}") })).collect();
    state::have_list(&rig.twin, 7, "all", "Standard", Value::Array(all));
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = read(&rig, "7", cursor).await.unwrap();
        seen.extend(texts(&page, 0).into_iter().flatten());
        pages += 1;
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), pages, rig.twin.log().to(GET_USERS).len()), (25_000, 3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_nobody_is_one_page_and_a_list_that_is_not_there_is_missing() {
    let rig = Rig::of(Project::UserId).await;
    state::have_list(&rig.twin, 7, "nobody", "Standard", json!([]));
    let page = read(&rig, "7", None).await.unwrap();
    assert_eq!((page.members.rows, page.next), (0, None));
    for segment in ["8", "nobody", ""] {
        assert_eq!(halt(&read(&rig, segment, None).await.unwrap_err()), "missing dest-object-missing", "{segment}");
    }
}

/// "503 on timeout for very large lists"; 429: "5/minute". Each is asked again by the gate until the next turn is far away, some eleven
/// seconds, and then it is the component's: so they are tried side by side.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_come_whole_is_not_a_shorter_list() {
    let mut trials = JoinSet::new();
    for (answer, wanted) in [
        (Answer::Status { status: 503 }, "unavailable dest-unavailable"),
        (Answer::Throttle { reset_s: None, retry_after_s: None }, "throttled dest-rate-limited"),
        (Answer::Status { status: 500 }, "unavailable dest-unavailable"),
        (Answer::CaptivePortal, "unavailable dest-protocol"),
        (Answer::Truncated, "unavailable egress-cut"),
    ] {
        trials.spawn(async move {
            let rig = Rig::of(Project::UserId).await;
            state::have_list(&rig.twin, 7, "vip", "Standard", json!([{ "userId": "u_1" }, { "userId": "u_2" }]));
            rig.twin.faults().arm(Fault::on(GET_USERS).pick(Pick::Every(1)).answer(answer.clone())).unwrap();
            assert_eq!(halt(&read(&rig, "7", None).await.unwrap_err()), wanted, "{answer:?}");
        });
    }
    trials.join_all().await;
}
