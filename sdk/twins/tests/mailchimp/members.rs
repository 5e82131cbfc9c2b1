//! One member at a time (*Step 1*, *Step 2*, *Removal*, *Errors*).

use serde_json::{Value, json};
use sluice_twins::mailchimp::Status;

use crate::client::{Bench, LIST, VIP, people, send};

const MEMBERS: &str = "/3.0/lists/a1b2c3d4e5/members";
/// The MD5 of u0@example.org.
const HASH: &str = "52c80205149767212935a13ad1cdef63";

/// "insert-only: 400 title `Member Exists` when present"; the words are recorded.
#[tokio::test]
async fn adding_a_known_member_is_refused() {
    let bench = Bench::start().await;
    let member = json!({ "email_address": "U0@example.org", "status": "pending", "tags": ["VIP FR"] });
    assert_eq!(bench.ok("POST", MEMBERS, member.clone()).await["id"], HASH);
    let (status, title, detail) = bench.refused("POST", MEMBERS, member).await;
    let want = "U0@example.org is already a list member. Use PUT to insert or update list members.";
    assert_eq!((status, title.as_str(), detail.as_str()), (400, "Member Exists", want));
    assert_eq!(bench.on(), ["u0@example.org"]);
    for body in [
        json!({ "email_address": "b@example.org" }),
        json!({ "status": "subscribed" }),
        json!({ "email_address": "", "status": "subscribed" }),
    ] {
        assert_eq!(bench.refused("POST", MEMBERS, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(bench.count(), 1);
}

/// "upsert of one, `status_if_new` required"; it is for the new alone.
#[tokio::test]
async fn put_makes_or_updates_and_needs_a_status_for_the_new() {
    let bench = Bench::start().await;
    let path = format!("{MEMBERS}/{HASH}");
    let body = json!({ "email_address": "u0@example.org", "status_if_new": "transactional", "merge_fields": { "LTV": 1 } });
    for writes in [1, 2] {
        bench.ok("PUT", &path, body.clone()).await;
        let member = bench.member("u0@example.org");
        assert_eq!((member.status, member.writes), (Status::Transactional, writes));
    }
    bench.ok("PUT", &path, json!({ "email_address": "u0@example.org", "status_if_new": "pending" })).await;
    assert_eq!((bench.status("u0@example.org"), bench.warnings().len()), (Some(Status::Transactional), 0));
    bench
        .ok("PUT", &path, json!({ "email_address": "u0@example.org", "status_if_new": "pending", "status": "unsubscribed" }))
        .await;
    assert_eq!(bench.warnings(), [("status-changed", "status".to_owned())]);
    for (body, field) in [
        (json!({ "email_address": "u0@example.org" }), "status_if_new"),
        (json!({ "status_if_new": "pending" }), "email_address"),
        (json!({ "email_address": "other@example.org", "status_if_new": "pending" }), "email_address"),
    ] {
        let (status, answer) = send(bench.call("PUT", &path, &body)).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!(field)), "{body}");
    }
    let again = json!({ "email_address": "u0@example.org", "status_if_new": "pending", "status": "subscribed" });
    let (status, title, _) = bench.refused("PUT", &path, again).await;
    assert_eq!((status, title.as_str()), (400, "Member In Compliance State"));
}

/// "update-only: 404 when absent".
#[tokio::test]
async fn patch_updates_a_known_member_alone() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let path = format!("{MEMBERS}/{HASH}");
    bench.ok("PATCH", &path, json!({ "merge_fields": { "LTV": 9 } })).await;
    bench.ok("PATCH", &path, json!({ "status": "unsubscribed" })).await;
    let member = bench.member("u0@example.org");
    assert_eq!((member.status, &member.merge_fields["LTV"]), (Status::Unsubscribed, &json!(9)));
    assert_eq!(bench.refused("PATCH", &path, json!({ "email_address": "other@example.org" })).await.0, 400);
    assert_eq!(bench.refused("PATCH", &format!("{MEMBERS}/b@example.org"), json!({})).await.0, 404);
    assert_eq!(bench.warnings(), [], "to change a status is what it is for");
}

/// "`{hash}` = MD5 hex of the lower-cased, trimmed e-mail (the clear e-mail or `contact_id` is also accepted)".
#[tokio::test]
async fn a_member_is_found_by_hash_address_or_contact_id() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let shown = bench.ok("GET", &format!("{MEMBERS}/{HASH}"), Value::Null).await;
    let contact = shown["contact_id"].as_str().unwrap();
    for name in ["u0@example.org", "U0%40Example.org", contact, &HASH.to_uppercase()] {
        assert_eq!(
            bench.ok("GET", &format!("{MEMBERS}/{name}?fields=email_address"), Value::Null).await,
            json!({ "email_address": "u0@example.org" })
        );
    }
    assert_eq!(bench.refused("GET", &format!("{MEMBERS}/{}", &HASH[1..]), Value::Null).await.0, 404);
}

/// *Removal*: archive; "permanent erase blocks re-import". Both 204 without a body.
#[tokio::test]
async fn a_member_is_archived_or_erased() {
    let bench = Bench::start().await;
    bench.upsert(people(2)).await;
    bench.change(json!(["u0@example.org", "u1@example.org"]), json!([])).await;
    let path = |n: usize| format!("{MEMBERS}/u{n}@example.org");
    assert_eq!(send(bench.call("DELETE", &path(0), &Value::Null)).await, (204, json!("")));
    assert_eq!(bench.status("u0@example.org"), Some(Status::Archived));
    assert_eq!(bench.refused("DELETE", &path(0), Value::Null).await.0, 404, "it is archived already");
    assert_eq!(bench.ok("GET", &path(0), Value::Null).await["status"], "archived");
    let erase = format!("{}/actions/delete-permanent", path(1));
    assert_eq!(send(bench.post(&erase, &Value::Null)).await.0, 204);
    assert_eq!((bench.status("u1@example.org"), bench.on()), (None, vec!["u0@example.org".to_owned()]));
    let again = json!({ "email_address": "u1@example.org", "status": "subscribed" });
    let (status, title, _) = bench.refused("POST", MEMBERS, again).await;
    assert_eq!((status, title.as_str()), (400, "Forgotten Email Not Subscribed"));
}

/// *Step 2*: "204; creates the tag if missing; `inactive` removes; `is_syncing:true` keeps tag automations from firing".
#[tokio::test]
async fn a_member_is_tagged_by_name() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let path = format!("{MEMBERS}/{HASH}/tags");
    let tag = |name: &str, status: &str| json!({ "tags": [{ "name": name, "status": status }], "is_syncing": true });
    assert_eq!(send(bench.post(&path, &tag("vip fr", "active"))).await, (204, json!("")));
    assert_eq!(bench.on(), ["u0@example.org"]);
    bench.ok("POST", &path, tag("New", "active")).await;
    bench.ok("POST", &path, tag("VIP FR", "inactive")).await;
    bench.ok("POST", &path, tag("Unknown", "inactive")).await;
    let names =
        bench.twin.with_state(|state| state.audiences()[LIST].segments.values().map(|s| s.name.clone()).collect::<Vec<_>>());
    assert_eq!((bench.on().len(), names), (0, vec!["VIP FR".to_owned(), "Recent".to_owned(), "New".to_owned()]));
    assert_eq!(bench.warnings(), []);
    bench.ok("POST", &path, json!({ "tags": [{ "name": "New", "status": "active" }] })).await;
    assert_eq!(bench.warnings(), [("automations-fired", "is_syncing".to_owned())]);
    for body in [json!({}), json!({ "tags": [{ "name": "a" }] }), tag("a", "on"), tag(" ", "active"), json!({ "tags": ["a"] })] {
        assert_eq!(bench.refused("POST", &path, body.clone()).await.0, 400, "{body}");
    }
    let nobody = format!("{MEMBERS}/b@example.org/tags");
    assert_eq!(bench.refused("POST", &nobody, tag("a", "active")).await.0, 404);
    assert_eq!(bench.twin.with_state(|state| state.members(LIST, VIP).len()), 0);
}
