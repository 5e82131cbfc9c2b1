//! Lists and who is put on them (*Export contact lists*).

use serde_json::{Value, json};
use sluice_twins::iterable::Project;

use crate::client::{Bench, DYNAMIC, IN_USE, LIST, SUBSCRIBE, UNSUBSCRIBE, people, send, told};

/// "Names are not unique"; the connection check's answer has id, name, createdAt and listType.
#[tokio::test]
async fn lists_are_made_and_listed() {
    let bench = Bench::start().await;
    let body = json!({ "name": "VIP FR", "description": "the best" });
    let first = bench.ok("/api/lists", body.clone()).await["listId"].as_i64().unwrap();
    let second = bench.ok("/api/lists", body).await["listId"].as_i64().unwrap();
    assert!(second > first && first > IN_USE);
    let (status, answer) = send(bench.get("/api/lists")).await;
    assert_eq!((status, answer["lists"].as_array().unwrap().len()), (200, 5));
    let seeded = json!({ "id": LIST, "name": "List 7", "createdAt": 1_625_162_718_804_i64, "listType": "Standard" });
    assert_eq!(answer["lists"][0], seeded);
    let (made, name) = (&answer["lists"][3], json!("VIP FR"));
    assert_eq!((&made["id"], &made["name"], &made["description"]), (&json!(first), &name, &json!("the best")));
    for body in [json!({}), json!({ "name": "" }), json!({ "name": 1 }), json!({ "name": "a", "description": 1 })] {
        assert_eq!(bench.code("/api/lists", body.clone()).await, (400, "BadParams".to_owned()), "{body}");
    }
}

/// "Delete list: DELETE /api/lists/{listId} (409 if in use)."
#[tokio::test]
async fn a_list_is_deleted_unless_it_is_in_use() {
    let bench = Bench::start().await;
    bench.subscribe(json!(people(1))).await;
    let delete =
        |id: i64| send(bench.client.delete(format!("{}/api/lists/{id}", bench.twin.url())).header("api-key", crate::client::KEY));
    assert_eq!(delete(IN_USE).await.0, 409);
    let (status, answer) = delete(LIST).await;
    assert_eq!((status, &answer["code"]), (200, &json!("Success")));
    assert_eq!(delete(LIST).await.0, 400, "it is gone");
    assert!(bench.members().is_empty() && bench.twin.user("u0@example.org").unwrap().lists.is_empty());
    let made = bench.ok("/api/lists", json!({ "name": "again" })).await["listId"].as_i64().unwrap();
    bench.twin.with_state(|state| assert!(state.lists().contains_key(&made)));
}

/// "same object as users[] above", "mapped attributes are updated along the way", "Idempotent".
#[tokio::test]
async fn subscribing_makes_and_updates_users_and_puts_them_on_the_list() {
    let bench = Bench::start().await;
    for (created, writes) in [(json!(["rank"]), 1), (json!([]), 2)] {
        let answer = bench.subscribe(json!(people(2))).await;
        assert_eq!((told(&answer), &answer["createdFields"]), ((2, 0, json!({})), &created));
        assert_eq!(bench.members(), ["email:u0@example.org", "email:u1@example.org"]);
        assert_eq!(bench.data("u1@example.org"), json!({ "rank": 1 }));
        assert_eq!(bench.twin.user("u1@example.org").unwrap().writes, writes);
    }
    let answer = bench.subscribe(json!([{ "email": "bad@" }, { "email": "c@example.org", "dataFields": { "rank": "x" } }])).await;
    assert_eq!(told(&answer), (0, 2, json!({ "invalidEmails": ["bad@"], "invalidDataEmails": ["c@example.org"] })));
    assert_eq!(bench.members().len(), 2);
}

/// `updateExistingUsersOnly`: "true = unknown users ignored; only respected in userId-based and hybrid projects".
#[tokio::test]
async fn existing_users_only_is_respected_where_users_have_ids() {
    for (project, known, unknown, made) in [
        (Project::Email, json!({ "email": "a@example.org" }), json!({ "email": "b@example.org" }), true),
        (Project::UserId, json!({ "userId": "a" }), json!({ "userId": "b" }), false),
        (Project::Hybrid, json!({ "email": "a@example.org" }), json!({ "email": "b@example.org" }), false),
        (Project::Hybrid, json!({ "userId": "a" }), json!({ "userId": "b" }), false),
    ] {
        let bench = Bench::of(project).await;
        bench.bulk(json!([known])).await;
        let body = json!({ "listId": LIST, "updateExistingUsersOnly": true, "subscribers": [known, unknown] });
        let (taken, failed, named) = told(&bench.ok(SUBSCRIBE, body).await);
        let (list, name) = if unknown["email"].is_null() { ("notFoundUserIds", "b") } else { ("notFoundEmails", "b@example.org") };
        let want = if made { (2, 0, json!({})) } else { (1, 1, json!({ list: [name] })) };
        assert_eq!((taken, failed, named), want, "{project:?}");
        assert_eq!(bench.twin.state().users().len(), if made { 2 } else { 1 });
        let warned = bench.warnings().iter().any(|w| w.0 == "existing-only-ignored");
        assert_eq!(warned, project == Project::Email);
        assert_eq!(bench.twin.log().entries()[1].tally.ignored, u32::from(!made));
    }
}

/// "notFoundEmails/notFoundUserIds appear here"; taking somebody off who is not on it is no failure (inferred: idempotent).
#[tokio::test]
async fn unsubscribing_takes_off_the_list_and_names_whom_it_does_not_know() {
    let bench = Bench::start().await;
    bench.subscribe(json!(people(3))).await;
    let gone = json!([{ "email": "U0@example.org" }, { "email": "nobody@example.org" }, { "userId": "u" }, { "email": "bad@" }]);
    for _ in 0..2 {
        let answer = bench.unsubscribe(gone.clone()).await;
        let want = json!({ "notFoundEmails": ["nobody@example.org"], "notFoundUserIds": ["u"], "invalidEmails": ["bad@"] });
        assert_eq!(told(&answer), (1, 3, want));
        assert_eq!(bench.members(), ["email:u1@example.org", "email:u2@example.org"]);
    }
    assert_eq!(bench.twin.state().users().len(), 3, "the profile stays");
}

/// "Always send channelUnsubscribe:false: true unsubscribes the person from the whole channel."
#[tokio::test]
async fn unsubscribing_from_the_channel_is_kept_and_warned_of() {
    let bench = Bench::start().await;
    bench.subscribe(json!(people(1))).await;
    let person = json!([{ "email": "u0@example.org" }]);
    let flags = |bench: &Bench| bench.twin.user("u0@example.org").unwrap().channel_unsubscribed;
    for (channel, want, warning) in [
        (Some(false), false, None),
        (None, false, Some("channel-unsubscribe-not-said")),
        (Some(true), true, Some("channel-unsubscribe")),
    ] {
        let mut body = json!({ "listId": LIST, "subscribers": person, "campaignId": 3 });
        if let Some(channel) = channel {
            body["channelUnsubscribe"] = channel.into();
        }
        let before = bench.warnings().len();
        bench.ok(UNSUBSCRIBE, body).await;
        assert_eq!(flags(&bench), want, "{channel:?}");
        assert_eq!(bench.warnings().get(before).map(|w| w.0), warning);
    }
}

/// "Only listType Standard lists are writable (inferred)."
#[tokio::test]
async fn an_unknown_or_dynamic_list_and_a_wrong_shape_are_refused() {
    let bench = Bench::start().await;
    for path in [SUBSCRIBE, UNSUBSCRIBE] {
        for (list, subscribers) in [
            (json!(404), json!(people(1))),
            (json!(DYNAMIC), json!(people(1))),
            (json!("7"), json!(people(1))),
            (json!(7.5), json!(people(1))),
            (Value::Null, json!(people(1))),
            (json!(LIST), json!([])),
            (json!(LIST), json!([1])),
            (json!(LIST), Value::Null),
        ] {
            let body = json!({ "listId": list, "subscribers": subscribers });
            assert_eq!(bench.code(path, body.clone()).await, (400, "BadParams".to_owned()), "{path} {body}");
        }
    }
    for extra in ["updateExistingUsersOnly", "channelUnsubscribe", "campaignId"] {
        let path = if extra == "updateExistingUsersOnly" { SUBSCRIBE } else { UNSUBSCRIBE };
        let body = json!({ "listId": LIST, "subscribers": people(1), extra: "x" });
        assert_eq!(bench.code(path, body).await.0, 400, "{extra}");
    }
    assert!(bench.twin.state().users().is_empty());
}

#[tokio::test]
async fn who_is_taken_off_has_no_data() {
    let bench = Bench::start().await;
    bench.subscribe(json!(people(1))).await;
    bench.unsubscribe(json!([{ "email": "u0@example.org", "dataFields": { "rank": 9 } }])).await;
    assert_eq!(bench.data("u0@example.org"), json!({ "rank": 0 }));
    assert_eq!(bench.warnings(), [("unknown-key", "subscribers[0].dataFields".to_owned())]);
}
