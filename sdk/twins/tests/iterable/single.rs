//! One user at a time: `POST /api/users/update` and looking up (*Synchronize user attributes*).

use serde_json::{Value, json};
use sluice_twins::iterable::{Options, Project};

use crate::client::{BULK, Bench, UPDATE, options, send, still};

/// "errors per call, 409 for GDPR-forgotten or identity conflict"; *Errors* has the codes.
#[tokio::test]
async fn each_error_has_its_status_and_code() {
    let forgotten = vec!["old@example.org".to_owned()];
    let email = Bench::with(Options { forgotten_emails: forgotten.clone(), ..options() }).await;
    let hybrid = Bench::with(Options { project: Project::Hybrid, forgotten_emails: forgotten, ..options() }).await;
    for (bench, body, status, code) in [
        (&email, json!({ "email": "lea@example.org", "dataFields": { "rank": 1 } }), 200, "Success"),
        (&email, json!({ "email": "000" }), 400, "InvalidEmailAddressError"),
        (&email, json!({ "userId": "é" }), 400, "InvalidUserIdError"),
        (&email, json!({ "userId": "nobody" }), 400, "UnknownUserIdError"),
        (&email, json!({ "userId": "u_1", "preferUserId": true }), 200, "Success"),
        (&email, json!({ "email": "lea@example.org", "dataFields": { "rank": "x" } }), 400, "RequestFieldsTypesMismatched"),
        (&email, json!({ "email": "lea@example.org", "dataFields": { "signupDate": "x" } }), 400, "BadParams"),
        (&email, json!({ "email": "old@example.org" }), 409, "ForgottenUserError"),
        (&hybrid, json!({ "email": "a@example.org", "userId": "a" }), 200, "Success"),
        (&hybrid, json!({ "email": "a@example.org", "userId": "b" }), 409, "EmailAlreadyExists"),
        (&hybrid, json!({ "email": "b@example.org", "dataFields": { "userId": "a" } }), 409, "UserIdAlreadyExists"),
    ] {
        let (got, answer) = send(bench.post(UPDATE, &body)).await;
        assert_eq!((got, answer["code"].as_str().unwrap()), (status, code), "{body}");
    }
    let (_, answer) = send(email.post(UPDATE, &json!({ "email": "000" }))).await;
    let recorded = json!({ "msg": "Invalid email: 000", "code": "InvalidEmailAddressError", "params": null });
    assert_eq!(answer, recorded, "as recorded (*Errors*)");
}

/// "unknown -> 200 with an empty object (inferred)"; *Quirks*: the forms with a query take any address.
#[tokio::test]
async fn a_user_is_looked_up_by_query() {
    let bench = Bench::of(Project::Hybrid).await;
    bench.ok(UPDATE, json!({ "email": "a/b+c@example.org", "userId": "u 1", "dataFields": { "rank": 1 } })).await;
    for (path, known) in [
        ("getByEmail?email=A%2Fb%2Bc@example.org", true),
        ("byUserId?userId=u%201", true),
        ("getByEmail?email=nobody@example.org", false),
        ("byUserId?userId=U%201", false),
    ] {
        let (status, answer) = send(bench.get(&format!("/api/users/{path}"))).await;
        assert_eq!(status, 200, "{path}");
        if known {
            assert_eq!((&answer["user"]["email"], &answer["user"]["userId"]), (&json!("a/b+c@example.org"), &json!("u 1")));
            assert_eq!(answer["user"]["dataFields"]["rank"], 1, "{path}");
        } else {
            assert_eq!(answer, json!({}), "{path}");
        }
    }
    for path in ["getByEmail", "getByEmail?email=", "byUserId?email=a@b.example"] {
        assert_eq!(send(bench.get(&format!("/api/users/{path}"))).await.0, 400, "{path}");
    }
}

/// "Do not mix single-user and bulk calls for the same user within a short time."
#[tokio::test]
async fn single_and_bulk_calls_for_one_user_are_warned_of() {
    let bench = Bench::with(Options { clock: still(), ..options() }).await;
    let user = |n: u32| json!({ "email": format!("u{n}@example.org"), "dataFields": { "rank": n } });
    bench.ok(UPDATE, user(1)).await;
    bench.ok(UPDATE, user(1)).await;
    bench.ok(BULK, json!({ "users": [user(2), user(3)] })).await;
    assert_eq!(bench.warnings(), []);
    bench.ok(BULK, json!({ "users": [user(2), user(1)] })).await;
    bench.ok(UPDATE, user(3)).await;
    assert_eq!(bench.warnings(), [("single-and-bulk", "users[1]".to_owned()), ("single-and-bulk", "user".to_owned())]);
}

#[tokio::test]
async fn a_key_that_is_not_known_does_nothing_and_is_warned_of() {
    let bench = Bench::start().await;
    bench.ok(UPDATE, json!({ "email": "lea@example.org", "datafields": { "rank": 1 } })).await;
    bench.ok(BULK, json!({ "users": [{ "email": "lea@example.org", "fields": {} }], "createFields": true })).await;
    assert_eq!(bench.data("lea@example.org"), Value::from(serde_json::Map::new()));
    let codes: Vec<_> = bench.warnings().into_iter().filter(|w| w.0 == "unknown-key").map(|w| w.1).collect();
    assert_eq!(codes, ["datafields", "users[0].fields", "createFields"]);
}
