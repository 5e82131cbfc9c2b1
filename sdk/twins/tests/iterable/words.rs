//! The answers a client reads, in one place: their shapes are the vendor's.

use serde_json::json;
use sluice_twins::{
    Answer, Fault,
    iterable::{Options, Project},
};

use crate::client::{BULK, Bench, IN_USE, KEY, LIST, SUBSCRIBE, UNSUBSCRIBE, UPDATE, options, people, send, still};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let forgotten = vec!["old@example.org".to_owned()];
    let set_up = Options { project: Project::Hybrid, forgotten_emails: forgotten, clock: still(), ..options() };
    let bench = Bench::with(set_up).await;
    let bulk = |users| bench.post(BULK, &json!({ "users": users }));
    let single = |user| bench.post(UPDATE, &user);
    let mut answers = Vec::new();
    for (situation, request) in [
        ("all taken", bulk(json!(people(2)))),
        ("some refused", bulk(json!([{ "email": "bad@" }, { "email": "old@example.org" }, { "userId": "u_1" }]))),
        (
            "filtered",
            bench.post(BULK, &json!({ "createNewFields": false, "users": [{ "userId": "u_1", "dataFields": { "new": 1 } }] })),
        ),
        ("wrong shape", bulk(json!([{}]))),
        ("no JSON", bench.post(BULK, &json!([]))),
        ("too many", bulk(json!(people(1_001)))),
        ("unknown key", bench.client.get(format!("{}/api/lists", bench.twin.url())).header("api-key", "b")),
        ("no key", bench.client.get(format!("{}/api/lists", bench.twin.url()))),
        ("wrong path", bench.get("/api/campaigns")),
        ("one taken", single(json!({ "userId": "u_1", "email": "u_1@example.org" }))),
        ("bad address", single(json!({ "email": "000" }))),
        ("bad id", single(json!({ "userId": "" }))),
        ("forgotten", single(json!({ "email": "old@example.org" }))),
        ("clash", single(json!({ "userId": "u_1", "dataFields": { "rank": "x" } }))),
        ("conflict", single(json!({ "userId": "u_2", "email": "u_1@example.org" }))),
        ("lists", bench.get("/api/lists")),
        ("list made", bench.post("/api/lists", &json!({ "name": "VIP FR" }))),
        ("list in use", bench.client.delete(format!("{}/api/lists/{IN_USE}", bench.twin.url())).header("api-key", KEY)),
        ("subscribed", bench.post(SUBSCRIBE, &json!({ "listId": LIST, "subscribers": [{ "userId": "u_1" }] }))),
        (
            "unsubscribed",
            bench.post(UNSUBSCRIBE, &json!({ "listId": LIST, "subscribers": [{ "userId": "u_9" }], "channelUnsubscribe": false })),
        ),
        ("unknown list", bench.post(SUBSCRIBE, &json!({ "listId": 404, "subscribers": people(1) }))),
        ("members", bench.get("/api/lists/getUsers?listId=7&preferUserId=true")),
        ("size", bench.get("/api/lists/7/size")),
        ("looked up", bench.get("/api/users/byUserId?userId=u_1")),
        ("nobody", bench.get("/api/users/byUserId?userId=u_9")),
        ("fields", bench.get("/api/users/getFields")),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [429, 500, 502, 503] {
        bench.twin.faults().arm(Fault::on(BULK).answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.post(BULK, &json!({}))).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
