//! Lists: found by name or made, members who join and leave, strangers by their position, and faults on the way.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, acme::Running};

use super::{KEY, ask, put, twin};

async fn make(twin: &Running, name: &str) -> (u16, Value) {
    ask(twin, KEY, Method::POST, "/v1/lists", Some(&json!({ "name": name }))).await
}

async fn members(twin: &Running, body: Value) -> (u16, Value) {
    ask(twin, KEY, Method::POST, "/v1/members", Some(&body)).await
}

fn on(twin: &Running, id: &str) -> Vec<String> {
    twin.with_state(|state| state.lists[id].members.iter().cloned().collect())
}

/// Two contacts and the list `VIP`, which is empty.
async fn bench() -> Running {
    let twin = twin().await;
    put(&twin, json!([{ "email": "a@b.cd" }, { "email": "e@f.gh" }])).await;
    assert_eq!(make(&twin, "VIP").await, (201, json!({ "id": "l_1", "name": "VIP" })));
    twin
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_once_and_found_by_its_name() {
    let twin = bench().await;
    assert_eq!(make(&twin, "VIP").await.1["code"], "name_taken");
    assert_eq!(make(&twin, "vip").await, (201, json!({ "id": "l_2", "name": "vip" })));
    let (status, answer) = ask(&twin, KEY, Method::GET, "/v1/lists", None).await;
    assert_eq!((status, answer), (200, json!({ "lists": [{ "id": "l_1", "name": "VIP" }, { "id": "l_2", "name": "vip" }] })));
    for (name, wanted) in [(" ".to_owned(), 400), ("x".repeat(81), 400), ("x".repeat(80), 201)] {
        assert_eq!(make(&twin, &name).await.0, wanted, "{name}");
    }
    twin.seed("lists", (4..=100).map(|n| json!({ "name": format!("list {n}") })).collect()).unwrap();
    assert_eq!(
        make(&twin, "one too many").await,
        (422, json!({ "code": "list_limit", "message": "There are as many lists as an account may have." }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn members_join_and_leave_and_strangers_are_named_by_their_position() {
    let twin = bench().await;
    let (status, answer) = members(&twin, json!({ "list": "l_1", "add": ["A@b.cd", "nobody", "who@f.gh", "e@f.gh"] })).await;
    let named = |answer: &Value| -> Vec<(u64, String)> {
        let one = |one: &Value| (one["at"].as_u64().unwrap(), one["code"].as_str().unwrap().to_owned());
        answer["refused"].as_array().unwrap().iter().map(one).collect()
    };
    let wanted = vec![(1, "invalid_email".to_owned()), (2, "unknown_contact".to_owned())];
    assert_eq!((status, &answer["taken"], named(&answer)), (200, &json!(2), wanted));
    assert_eq!(on(&twin, "l_1"), ["a@b.cd", "e@f.gh"]);
    // Who is on the list already, or is not on it, is where the client wants them to be.
    let all_taken = |taken: u64| (200, json!({ "taken": taken, "refused": [] }));
    assert_eq!(members(&twin, json!({ "list": "l_1", "add": ["a@b.cd"] })).await, all_taken(1));
    assert_eq!(members(&twin, json!({ "list": "l_1", "remove": ["a@b.cd"] })).await, all_taken(1));
    assert_eq!(members(&twin, json!({ "list": "l_1", "remove": ["a@b.cd"] })).await, all_taken(1));
    assert_eq!((on(&twin, "l_1"), twin.warnings()), (vec!["e@f.gh".to_owned()], vec![]));
    members(&twin, json!({ "list": "l_1", "remove": ["e@f.gh", "E@f.gh"] })).await;
    assert_eq!(twin.warnings()[0].code, "same-contact-twice");
    assert_eq!(twin.state().contacts.len(), 2, "nobody is made or deleted by it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_for_members_changes_nothing() {
    let twin = bench().await;
    let many: Vec<String> = (0..101).map(|n| format!("c{n}@example.org")).collect();
    for (body, status, code) in [
        (json!({ "list": "l_1" }), 400, "malformed"),
        (json!({ "list": "l_1", "add": ["a@b.cd"], "remove": ["e@f.gh"] }), 400, "malformed"),
        (json!({ "list": "l_1", "add": [] }), 400, "malformed"),
        (json!({ "list": "l_1", "add": ["a@b.cd"], "note": 1 }), 400, "malformed"),
        (json!({ "list": "l_9", "add": ["a@b.cd"] }), 404, "not_found"),
        (json!({ "list": "l_1", "add": many }), 413, "too_many"),
    ] {
        let (told, answer) = members(&twin, body.clone()).await;
        assert_eq!((told, answer["code"].as_str()), (status, Some(code)), "{body}");
    }
    for (method, path) in [(Method::GET, "/v1/lists"), (Method::POST, "/v1/lists"), (Method::POST, "/v1/members")] {
        assert_eq!(ask(&twin, "other", method, path, None).await.0, 401, "{path}");
    }
    assert_eq!(on(&twin, "l_1"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_lists_apply_the_part_that_they_say() {
    let twin = bench().await;
    let two = || json!({ "list": "l_1", "add": ["a@b.cd", "e@f.gh"] });
    twin.faults().arm(Fault::on("/v1/members").answer(Answer::ErrorsForRest { text: "no".to_owned() })).unwrap();
    let (_, answer) = members(&twin, two()).await;
    assert_eq!(answer, json!({ "taken": 1, "refused": [{ "at": 1, "code": "unknown_contact", "message": "no" }] }));
    assert_eq!(on(&twin, "l_1"), ["a@b.cd"]);
    twin.faults().arm(Fault::on("/v1/members").apply(Apply::All).answer(Answer::Status { status: 503 })).unwrap();
    assert_eq!(members(&twin, two()).await.0, 503);
    assert_eq!(on(&twin, "l_1").len(), 2, "applied, though the answer says nothing of it");
    for (apply, lists) in [(Apply::Nothing, 1), (Apply::All, 2)] {
        twin.faults().arm(Fault::on("/v1/lists").apply(apply).answer(Answer::Status { status: 503 })).unwrap();
        assert_eq!(make(&twin, "lost").await.0, 503);
        assert_eq!(twin.state().lists.len(), lists);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_seeded_shown_and_written_down() {
    let twin = bench().await;
    members(&twin, json!({ "list": "l_1", "add": ["a@b.cd"] })).await;
    let kinds: Vec<_> = twin.ledger().entries().iter().map(|entry| (entry.kind.as_str(), entry.key.clone())).collect();
    let own = |kind, key: &str| (kind, key.to_owned());
    assert_eq!(kinds[2..], [own("list", "l_1"), own("membership", "a@b.cd")]);
    twin.seed("lists", json!([{ "name": "old", "members": ["E@f.gh"] }, { "name": "empty" }])).unwrap();
    let (_, shown) = ask(&twin, KEY, Method::GET, "/__twin/state/lists/l_2", None).await;
    assert_eq!(shown, json!({ "name": "old", "members": ["e@f.gh"] }));
    let (_, state) = ask(&twin, KEY, Method::GET, "/__twin/state", None).await;
    assert_eq!(state["lists"].as_object().unwrap().len(), 3);
    for refused in [json!([{ "name": "old" }]), json!([{ "name": "new", "members": ["who@f.gh"] }]), json!([{ "id": "l_7" }])] {
        assert!(twin.seed("lists", refused.clone()).is_err(), "{refused}");
    }
    twin.reset();
    assert!(twin.state().lists.is_empty());
}
