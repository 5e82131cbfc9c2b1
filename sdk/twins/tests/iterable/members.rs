//! A list's members read back (*Remote segment*).

use serde_json::{Value, json};
use sluice_twins::iterable::{Options, Project};

use crate::client::{Bench, DYNAMIC, LIST, options, people, send};

/// Status, content type and text of a question.
async fn ask(bench: &Bench, path: &str) -> (u16, String, String) {
    let response = bench.get(path).send().await.unwrap();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), content_type, response.text().await.unwrap())
}

/// "text/plain, one identifier per line (e-mail, or userId with preferUserId in hybrid projects)".
#[tokio::test]
async fn members_are_named_by_what_the_project_goes_by() {
    for (project, subscribers, plain, preferred) in [
        (
            Project::Email,
            json!([{ "email": "a@example.org", "dataFields": { "userId": "a" } }]),
            "a@example.org\n",
            "a@example.org\n",
        ),
        (
            Project::UserId,
            json!([{ "userId": "a", "dataFields": { "email": "a@example.org" } }, { "userId": "b" }]),
            "a\nb\n",
            "a\nb\n",
        ),
        (
            Project::Hybrid,
            json!([{ "email": "a@example.org", "userId": "a" }, { "userId": "b" }, { "email": "c@example.org" }]),
            "a@example.org\nb\nc@example.org\n",
            "a\nb\nc@example.org\n",
        ),
    ] {
        let bench = Bench::of(project).await;
        bench.subscribe(subscribers).await;
        for (query, want) in [("", plain), ("&preferUserId=false", plain), ("&preferUserId=true", preferred)] {
            let (status, content_type, text) = ask(&bench, &format!("/api/lists/getUsers?listId={LIST}{query}")).await;
            assert_eq!((status, text.as_str()), (200, want), "{project:?} {query}");
            assert!(content_type.starts_with("text/plain"), "{content_type}");
        }
    }
}

/// "whole list, no pagination"; the size is a "plain number"; dynamic lists work too (inferred).
#[tokio::test]
async fn the_whole_list_comes_at_once_and_its_size_is_a_number() {
    let bench = Bench::start().await;
    let users: Vec<Value> =
        (0..6_000).map(|n| json!({ "email": format!("u{n}@example.org"), "dataFields": { "emailListIds": [DYNAMIC] } })).collect();
    assert_eq!(bench.twin.seed("users", users.into()), Ok(6_000));
    let (_, _, text) = ask(&bench, &format!("/api/lists/getUsers?listId={DYNAMIC}")).await;
    assert_eq!(text.lines().count(), 6_000);
    assert_eq!(ask(&bench, &format!("/api/lists/{DYNAMIC}/size")).await.2, "6000");
    assert_eq!(ask(&bench, &format!("/api/lists/getUsers?listId={LIST}")).await.2, "");
    // "previewUsers?listId=&size=5000": at most that many, a thousand when not said.
    for (query, want) in [("", 1_000), ("&size=1", 1), ("&size=5000", 5_000)] {
        let (status, _, text) = ask(&bench, &format!("/api/lists/previewUsers?listId={DYNAMIC}{query}")).await;
        let lines: std::collections::BTreeSet<_> = text.lines().collect();
        assert_eq!((status, lines.len()), (200, want), "{query}");
    }
}

#[tokio::test]
async fn a_question_of_a_wrong_shape_is_refused() {
    let bench = Bench::start().await;
    for path in [
        "getUsers",
        "getUsers?listId=x",
        "getUsers?listId=404",
        "getUsers?listId=7&preferUserId=yes",
        "previewUsers?listId=404",
        "previewUsers?listId=7&size=0",
        "previewUsers?listId=7&size=5001",
        "404/size",
    ] {
        let (status, answer) = send(bench.get(&format!("/api/lists/{path}"))).await;
        assert_eq!((status, &answer["code"]), (400, &json!("BadParams")), "{path}");
    }
}

/// "503 on timeout for very large lists"; *Errors*: its words are recorded.
#[tokio::test]
async fn a_very_large_list_takes_too_long() {
    let bench = Bench::with(Options { members_before_timeout: 3, ..options() }).await;
    bench.subscribe(json!(people(2))).await;
    assert_eq!(send(bench.get("/api/lists/getUsers?listId=7")).await.0, 200);
    bench.subscribe(json!(people(3))).await;
    let (status, answer) = send(bench.get("/api/lists/getUsers?listId=7")).await;
    assert_eq!((status, &answer["msg"]), (503, &json!("Request timeout. Try again later.")));
    assert_eq!(ask(&bench, "/api/lists/7/size").await.2, "3");
}
