//! Members in batches: `POST /lists/{id}` (*Step 1*, *Idempotency*).

use serde_json::{Value, json};
use sluice_twins::mailchimp::{Options, Status};

use crate::client::{BATCH, Bench, LIST, VIP, emails, options, people, send, told};

fn rows(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(email, code, error)| ((*email).to_owned(), (*code).to_owned(), (*error).to_owned())).collect()
}

/// The notes' example: upsert, "true = upsert", then the same again: "safe to retry".
#[tokio::test]
async fn a_batch_makes_and_updates_members() {
    let bench = Bench::start().await;
    let lea = json!({
        "email_address": "Lea.Martin@example.fr", "status": "subscribed", "merge_fields": { "fname": "Léa", "LTV": 412.5, "BDAY": "03/27" },
        "interests": { "i1": true }, "language": "fr", "vip": true, "location": { "latitude": 48.8, "longitude": 2.3 },
        "ip_signup": "192.0.2.1", "timestamp_signup": "2026-03-02T08:00:00Z", "tags": ["new"],
    });
    for want in [(1, 0), (0, 1)] {
        let answer = bench.upsert(json!([lea])).await;
        assert_eq!((told(&answer).0, told(&answer).1), want);
        let list = if want.0 == 1 { "new_members" } else { "updated_members" };
        let shown = &answer[list][0];
        assert_eq!(shown["merge_fields"], json!({ "FNAME": "Léa", "LTV": 412.5, "BDAY": "03/27", "ADDR": "" }), "in upper case");
        assert_eq!((&shown["id"], &shown["email_address"]), (&json!("6c3209eb3c75c3d18e1c95d03d396d2b"), &lea["email_address"]));
        assert_eq!((&shown["tags_count"], &shown["tags"][0]["name"]), (&json!(1), &json!("new")));
    }
    let member = bench.member("lea.martin@example.fr");
    assert_eq!((member.writes, member.status, member.interests["i1"]), (2, Status::Subscribed, true));
    assert_eq!(
        Value::from(member.details),
        json!({
            "language": "fr", "vip": true, "location": { "latitude": 48.8, "longitude": 2.3 }, "ip_signup": "192.0.2.1",
            "timestamp_signup": "2026-03-02T08:00:00Z",
        })
    );
    assert_eq!(bench.warnings(), []);
}

/// "max 500 members"; more is refused whole.
#[tokio::test]
async fn five_hundred_members_pass_and_one_more_is_refused() {
    let bench = Bench::start().await;
    let (status, answer) = send(bench.post(BATCH, &json!({ "members": people(501) }))).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("members")));
    assert_eq!(bench.count(), 0);
    let answer = bench.ok("POST", BATCH, json!({ "members": people(500) })).await;
    assert_eq!((told(&answer).0, bench.count()), (500, 500));
}

/// "`update_existing`: false = insert-only (existing rows reported `ERROR_CONTACT_EXISTS`)"; false when not said (inferred).
#[tokio::test]
async fn without_update_existing_a_known_member_is_an_error_row() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let exists = "u0@example.org is already a list member. Use PUT to insert or update list members.";
    for body in [json!({ "members": people(2) }), json!({ "members": people(1), "update_existing": false })] {
        let answer = bench.ok("POST", BATCH, body).await;
        assert_eq!(told(&answer).2, rows(&[("u0@example.org", "ERROR_CONTACT_EXISTS", exists)]));
    }
    assert_eq!((bench.count(), bench.member("u0@example.org").writes), (2, 1));
}

/// "yes for a new member; omit on update to keep the current status".
#[tokio::test]
async fn a_new_member_needs_a_status_and_a_known_one_keeps_his() {
    let bench = Bench::start().await;
    let bare = json!([{ "email_address": "u0@example.org" }]);
    let answer = bench.upsert(bare.clone()).await;
    let error = "Required fields were not provided: status";
    assert_eq!(told(&answer), (0, 0, rows(&[("u0@example.org", "ERROR_GENERIC", error)])));
    for status in ["subscribed", "unsubscribed", "cleaned", "pending", "transactional"] {
        let email = format!("{status}@example.org");
        bench.upsert(json!([{ "email_address": email, "status": status }])).await;
        bench.upsert(json!([{ "email_address": email }])).await;
        assert_eq!(serde_json::to_value(bench.status(&email)).unwrap(), status, "kept");
    }
    assert_eq!(bench.warnings(), []);
    bench.upsert(json!([{ "email_address": "transactional@example.org", "status": "subscribed" }])).await;
    assert_eq!(bench.warnings(), [("status-changed", "members[0]".to_owned())]);
}

/// "re-subscribing an unsubscribed or archived contact is refused" (title inferred); *Removal*: "blocks re-import"; *Errors*: "looks fake
/// or invalid".
#[tokio::test]
async fn who_left_or_looks_fake_is_an_error_row_and_the_others_pass() {
    let bench = Bench::with(Options { fakes: vec!["fake@example.org".to_owned()], ..options() }).await;
    let seeds = json!([
        { "list_id": LIST, "email_address": "gone@example.org", "status": "unsubscribed" },
        { "list_id": LIST, "email_address": "old@example.org", "status": "archived" },
        { "list_id": LIST, "email_address": "bounced@example.org", "status": "cleaned" },
    ]);
    bench.twin.seed("members", seeds).unwrap();
    bench.twin.seed("forgotten", json!([{ "list_id": LIST, "email_address": "erased@example.org" }])).unwrap();
    let names = [
        "gone@example.org",
        "old@example.org",
        "bounced@example.org",
        "erased@example.org",
        "Fake@example.org",
        "000",
        "u0@example.org",
    ];
    let members: Vec<_> = names.iter().map(|email| json!({ "email_address": email, "status": "subscribed" })).collect();
    let (created, updated, errors) = told(&bench.upsert(members.into()).await);
    let said: Vec<&str> = errors.iter().map(|row| row.2.split_once(' ').unwrap().1).collect();
    let compliance = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.";
    let fake = "looks fake or invalid, please enter a real email address.";
    let erased = "was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.";
    assert_eq!((created, updated, said), (1, 0, vec![compliance, compliance, compliance, erased, fake, fake]));
    assert!(errors.iter().all(|row| row.1 == "ERROR_GENERIC"));
    assert_eq!(bench.status("old@example.org"), Some(Status::Archived));
    // Without a status their fields are written, and they stay where they are.
    let members =
        json!([{ "email_address": "gone@example.org" }, { "email_address": "old@example.org", "merge_fields": { "LTV": 1 } }]);
    assert_eq!(told(&bench.upsert(members).await), (0, 2, vec![]));
    assert_eq!(
        (bench.status("gone@example.org"), bench.status("old@example.org")),
        (Some(Status::Unsubscribed), Some(Status::Archived))
    );
}

/// *Idempotency*: "with skip_duplicate_check=true the first is kept, otherwise an error row".
#[tokio::test]
async fn of_duplicates_the_first_is_kept() {
    for (skip, errors) in [(true, 0), (false, 1)] {
        let bench = Bench::start().await;
        let member =
            |email: &str, ltv: u32| json!({ "email_address": email, "status": "subscribed", "merge_fields": { "LTV": ltv } });
        let body = json!({ "members": [member("a@b.example", 1), member("A@b.example", 2)], "update_existing": true });
        let answer = bench.ok("POST", &format!("/3.0/lists/{LIST}?skip_duplicate_check={skip}"), body).await;
        let (created, updated, rows) = told(&answer);
        assert_eq!((created, updated, rows.len()), (1, 0, errors), "{skip}");
        assert_eq!(bench.member("a@b.example").merge_fields["LTV"], 1);
        assert_eq!(bench.warnings(), [("same-member-twice", "members[1]".to_owned())]);
    }
}

/// "with sync_tags:true the member's tags are replaced by this list"; a tag is a static segment; *Quirks*: names change their case.
#[tokio::test]
async fn tags_are_added_or_replace_the_members() {
    let bench = Bench::with(Options { tags_lower_case: true, ..options() }).await;
    let tags = |tags: Value, sync: bool| json!({ "members": [{ "email_address": "u0@example.org", "status": "subscribed", "tags": tags }], "update_existing": true, "sync_tags": sync });
    let names = || {
        bench.twin.with_state(|state| {
            let segments = state.audiences()[LIST].segments.values();
            segments.filter(|s| s.members.contains("u0@example.org")).map(|s| s.name.clone()).collect::<Vec<_>>()
        })
    };
    bench.ok("POST", BATCH, tags(json!(["vip fr", "New"]), false)).await;
    assert_eq!(names(), ["VIP FR", "new"], "known by any case; a new one may change it");
    bench.ok("POST", BATCH, tags(json!(["Other"]), false)).await;
    assert_eq!(names(), ["VIP FR", "new", "other"]);
    bench.ok("POST", BATCH, tags(json!(["NEW"]), true)).await;
    assert_eq!(names(), ["new"]);
    bench.ok("POST", BATCH, json!({ "members": people(1), "update_existing": true, "sync_tags": true })).await;
    assert_eq!(names(), ["new"], "a member of whose tags nothing is said keeps them");
    bench.ok("POST", BATCH, tags(json!([]), true)).await;
    assert!(names().is_empty());
    assert!(bench.twin.with_state(|state| state.members(LIST, VIP).is_empty()));
}

/// *Errors*: 400 `Invalid Resource` with `errors[]`; the whole request, whatever else is in it.
#[tokio::test]
async fn a_body_of_a_wrong_shape_is_refused_whole_and_each_field_is_named() {
    let bench = Bench::start().await;
    let good = json!({ "email_address": "u0@example.org", "status": "subscribed" });
    for (member, field) in [
        (json!(1), "members.item:1"),
        (json!({}), "members.item:1.email_address"),
        (json!({ "email_address": 1 }), "members.item:1.email_address"),
        (json!({ "email_address": null }), "members.item:1.email_address"),
        (json!({ "email_address": "a@b.example", "status": "active" }), "members.item:1.status"),
        (json!({ "email_address": "a@b.example", "status": "archived" }), "members.item:1.status"),
        (json!({ "email_address": "a@b.example", "merge_fields": [] }), "members.item:1.merge_fields"),
        (json!({ "email_address": "a@b.example", "interests": { "i1": 1 } }), "members.item:1.interests.i1"),
        (json!({ "email_address": "a@b.example", "vip": "true" }), "members.item:1.vip"),
        (json!({ "email_address": "a@b.example", "tags": ["a", 1] }), "members.item:1.tags.item:1"),
        (json!({ "email_address": "a@b.example", "location": { "latitude": "48" } }), "members.item:1.location.latitude"),
        (json!({ "email_address": "a@b.example", "ip_opt": "here" }), "members.item:1.ip_opt"),
        (json!({ "email_address": "a@b.example", "timestamp_opt": "02/03/2026" }), "members.item:1.timestamp_opt"),
        (json!({ "email_address": "a@b.example", "email_type": "pdf" }), "members.item:1.email_type"),
    ] {
        let (status, answer) = send(bench.post(BATCH, &json!({ "members": [good, member] }))).await;
        let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!((status, fields), (400, vec![field]), "{member}");
    }
    for body in [
        json!({}),
        json!({ "members": {} }),
        json!({ "members": [good], "update_existing": "yes" }),
        json!({ "members": [good], "sync_tags": 1 }),
    ] {
        assert_eq!(bench.refused("POST", BATCH, body.clone()).await.1, "Invalid Resource", "{body}");
    }
    let (_, answer) = send(bench.post(BATCH, &json!({ "members": [{ "email_address": 1, "vip": 1 }], "sync_tags": 1 }))).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 3, "all at once");
    for body in ["", "{", "[]", "null"] {
        let request = bench.bare("POST", BATCH).bearer_auth(crate::client::KEY).header("content-type", "application/json");
        let (status, answer) = send(request.body(body)).await;
        assert_eq!((status, &answer["title"]), (400, &json!("JSON Parse Error")), "{body}");
    }
    let untyped = bench.bare("POST", BATCH).bearer_auth(crate::client::KEY).body(json!({ "members": [good] }).to_string());
    assert_eq!(send(untyped).await.0, 400, "no content type");
    assert_eq!(
        bench.refused("POST", &format!("/3.0/lists/{LIST}?skip_merge_validation=yes"), json!({ "members": [good] })).await.0,
        400
    );
    assert_eq!(bench.count(), 0, "refused requests leave nothing");
}

/// *Step 2*: "request reduced replies to avoid megabyte answers".
#[tokio::test]
async fn a_megabyte_of_an_answer_is_warned_of() {
    let bench = Bench::start().await;
    let tags: Vec<String> = (0..40).map(|n| format!("a tag with a rather long name, number {n}")).collect();
    let members = |tags: &[String]| -> Value {
        (0..500).map(|n| json!({ "email_address": format!("u{n}@example.org"), "status": "subscribed", "tags": tags })).collect()
    };
    let reduced = format!("{BATCH}&fields=errors,total_created,total_updated,error_count");
    let answer = bench.ok("POST", &reduced, json!({ "members": members(&tags) })).await;
    assert_eq!(answer, json!({ "errors": [], "total_created": 500, "total_updated": 0, "error_count": 0 }));
    assert_eq!(bench.warnings(), []);
    bench.upsert(members(&[])).await;
    assert_eq!(bench.warnings().iter().map(|w| w.0).collect::<Vec<_>>(), ["megabyte-answer"]);
    assert_eq!(emails(500).as_array().unwrap().len(), bench.count());
}
