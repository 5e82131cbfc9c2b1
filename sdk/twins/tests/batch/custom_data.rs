//! Custom data of apps (*Synchronize contacts*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::batch::{APP_API_KEY, Options};

use crate::client::{Bench, USERS, options, send, users};

const IOS: &str = "ios-live";
const ANDROID: &str = "DEV-android";

fn user(path: &str) -> String {
    format!("{USERS}/{path}")
}

/// The request of the notes, and what is kept of it; "202 with a token (inferred)".
#[tokio::test]
async fn every_kind_of_value_is_kept() {
    let bench = Bench::start().await;
    let values = json!({ "u.city": "Nice", "u.points": 1250, "date(u.last_order)": "2026-02-11T09:30:00Z",
        "ut.interests": ["trail", "yoga"] });
    let call = json!([{ "id": "C-10293", "update": { "overwrite": false, "values": values } }]);
    let answer = bench.ok(USERS, call).await;
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["token"]);
    assert_eq!(bench.values("C-10293"), values);
    assert!(bench.warnings().is_empty());
    assert_eq!(bench.twin.state().profiles().len(), 0, "profiles are another API's");
}

/// "any key with null: removed"; "`overwrite:true` first erases all API-set data of that user"; bulk and single alike.
#[tokio::test]
async fn an_update_merges_or_overwrites() {
    let bench = Bench::start().await;
    for (overwrite, values, want) in [
        (json!(false), json!({ "u.a": 1, "ut.t": ["x"] }), json!({ "u.a": 1, "ut.t": ["x"] })),
        (json!(false), json!({ "u.b": 2, "ut.t": { "$add": ["y"] } }), json!({ "u.a": 1, "u.b": 2, "ut.t": ["x", "y"] })),
        (json!(false), json!({ "u.a": null, "ut.t": { "$remove": ["x", "z"] } }), json!({ "u.b": 2, "ut.t": ["y"] })),
        (json!(true), json!({ "u.c": true, "u.b": null }), json!({ "u.c": true })),
    ] {
        let update = json!({ "overwrite": overwrite, "values": values });
        bench.ok(USERS, json!([{ "id": "C-1", "update": update }])).await;
        bench.ok(&user("C-2"), update).await;
        assert_eq!((bench.values("C-1"), bench.values("C-2")), (want.clone(), want));
    }
    bench.ok(USERS, json!([{ "id": "C-1", "update": { "values": { "u.d": 1 } } }])).await;
    assert_eq!(bench.values("C-1"), json!({ "u.c": true, "u.d": 1 }), "without overwrite it is a merge");
}

/// "`DELETE` erases all custom data of a user".
#[tokio::test]
async fn custom_data_is_erased() {
    let bench = Bench::start().await;
    bench.ok(USERS, users(2)).await;
    for (id, applied) in [("C-1", 1), ("C-9", 0)] {
        let (status, _) = send(bench.request(Method::DELETE, &user(id))).await;
        assert_eq!(status, 202);
        let tally = bench.twin.log().entries().last().unwrap().tally;
        assert_eq!((tally.applied, tally.ignored), (applied, 1 - applied), "{id}");
    }
    assert_eq!((bench.values("C-0"), bench.values("C-1"), bench.values("C-9")), (json!({ "u.rank": 0 }), json!({}), Value::Null));
}

/// The id of a single call is a segment of the path, escaped.
#[tokio::test]
async fn an_id_in_a_path_is_unescaped() {
    let bench = Bench::start().await;
    let body = json!({ "values": { "u.a": 1 } });
    for (path, id) in [("a%2Fb", "a/b"), ("%C3%A9%20+", "é +"), ("C-1", "C-1")] {
        bench.ok(&user(path), body.clone()).await;
        assert_eq!(bench.values(id), json!({ "u.a": 1 }), "{path}");
    }
    let long = "x".repeat(513);
    assert_eq!(bench.code(&user(&long), &body).await, (400, "MALFORMED_PARAMETER".to_owned()));
    bench.ok(&user(&long[1..]), body).await;
}

/// "Per-record errors: none known, a bad payload refuses the call: bisect".
#[tokio::test]
async fn a_bad_item_refuses_the_call() {
    let bench = Bench::start().await;
    let with = |values: Value| json!({ "id": "C-9", "update": { "values": values } });
    for (item, code) in [
        (json!({ "update": { "values": {} } }), "MISSING_PARAMETER"),
        (json!({ "id": 9, "update": { "values": {} } }), "MALFORMED_PARAMETER"),
        (json!({ "id": "", "update": { "values": {} } }), "MALFORMED_PARAMETER"),
        (json!({ "id": "C-9" }), "MISSING_PARAMETER"),
        (json!({ "id": "C-9", "update": [] }), "MALFORMED_PARAMETER"),
        (json!({ "id": "C-9", "update": {} }), "MISSING_PARAMETER"),
        (json!({ "id": "C-9", "update": { "overwrite": "no", "values": {} } }), "MALFORMED_PARAMETER"),
        (json!({ "id": "C-9", "values": {} }), "MISSING_PARAMETER"),
        (with(json!([])), "MALFORMED_PARAMETER"),
        (with(json!({ "city": "Nice" })), "MALFORMED_PARAMETER"),
        (with(json!({ "u.City": "Nice" })), "MALFORMED_PARAMETER"),
        (with(json!({ "u.city": "" })), "MALFORMED_PARAMETER"),
        (with(json!({ "date(u.last_order)": 1_770_802_200 })), "MALFORMED_PARAMETER"),
        (with(json!({ "ut.interests": "trail" })), "MALFORMED_PARAMETER"),
        (with(json!({ "$email_address": "lea@example.org" })), "MALFORMED_PARAMETER"),
    ] {
        let call = json!([users(1)[0], item]);
        assert_eq!(bench.code(USERS, &call).await, (400, code.to_owned()), "{item}");
    }
    for body in [json!([]), json!({}), json!({ "values": { "city": 1 } })] {
        assert_eq!(bench.code(&user("C-9"), &body).await.0, 400, "{body}");
    }
    assert_eq!(bench.count(), 0);
}

/// "Each app/platform has its own key: … the same payload must be posted once per key".
#[tokio::test]
async fn each_app_keeps_its_own() {
    let bench = Bench::with(Options { app_api_keys: vec![IOS.to_owned(), ANDROID.to_owned()], ..options() }).await;
    bench.ok(&format!("/1.0/{IOS}/data/users"), users(1)).await;
    let has = |app| bench.twin.user(app, "C-0").is_some();
    assert_eq!((has(IOS), has(ANDROID)), (true, false));
    bench.ok(&format!("/1.0/{ANDROID}/data/users"), users(1)).await;
    assert!(has(ANDROID));
}

/// "data for an unknown custom id is kept or ignored": either, by what was asked for.
#[tokio::test]
async fn data_of_unknown_users_is_kept_or_ignored() {
    for keeps in [true, false] {
        let bench = Bench::with(Options { keeps_unknown_users: keeps, ..options() }).await;
        bench.twin.seed("users", json!([{ "app": APP_API_KEY, "id": "C-0", "values": { "u.a": 1 } }])).unwrap();
        bench.ok(USERS, users(3)).await;
        let tally = bench.twin.log().entries()[0].tally;
        assert_eq!((tally.applied, tally.ignored), if keeps { (3, 0) } else { (1, 2) });
        assert_eq!(bench.count(), if keeps { 3 } else { 1 });
        assert_eq!(bench.values("C-0"), json!({ "u.a": 1, "u.rank": 0 }));
    }
}

#[tokio::test]
async fn what_a_good_client_would_not_send_is_warned_of() {
    let bench = Bench::start().await;
    let tags = |from: usize, to: usize| (from..to).map(|n| format!("t{n}")).collect::<Vec<_>>();
    let item = |values: Value| json!({ "id": "C-1", "update": { "values": values, "b": 1 }, "a": 1 });
    bench.ok(USERS, json!([item(json!({ "ut.t": tags(0, 50) })), item(json!({ "ut.t": { "$add": tags(50, 51) } }))])).await;
    let mut warned = bench.warnings();
    warned.sort();
    let want = [
        ("attribute-dropped", "[1].update.values.ut.t"),
        ("same-custom-id-twice", "[1]"),
        ("unknown-key", "[0].a"),
        ("unknown-key", "[0].update.b"),
        ("unknown-key", "[1].a"),
        ("unknown-key", "[1].update.b"),
    ];
    assert_eq!(warned, want.map(|(code, place)| (code, place.to_owned())));
    assert_eq!(bench.values("C-1"), json!({ "ut.t": tags(0, 50) }));
}
