//! Segments and who is on them (*Step 2*, *Setup objects*).

use serde_json::{Value, json};
use sluice_twins::mailchimp::Options;

use crate::client::{Bench, LIST, SAVED, SEGMENT, emails, options, people, send};

const SEGMENTS: &str = "/3.0/lists/a1b2c3d4e5/segments";

/// The notes' example; "rows neither in added nor in errors were unknown to the audience or already in that state".
#[tokio::test]
async fn members_are_put_on_a_segment_and_taken_off() {
    let bench = Bench::start().await;
    bench.upsert(people(3)).await;
    let answer = bench.change(json!(["U0@example.org", "u1@example.org", "nobody@example.org"]), json!(["u2@example.org"])).await;
    let names =
        |list: &str| answer[list].as_array().unwrap().iter().map(|member| member["email_address"].clone()).collect::<Value>();
    assert_eq!((names("members_added"), names("members_removed")), (json!(["u0@example.org", "u1@example.org"]), json!([])));
    assert_eq!((&answer["total_added"], &answer["total_removed"], &answer["errors"]), (&json!(2), &json!(0), &json!([])));
    assert_eq!(bench.on(), ["u0@example.org", "u1@example.org"]);
    let reduced = format!("{SEGMENT}?fields=errors,total_added,total_removed,error_count");
    let body = json!({ "members_to_add": ["u0@example.org", "u2@example.org"], "members_to_remove": ["u1@example.org"] });
    let answer = bench.ok("POST", &reduced, body).await;
    assert_eq!(answer, json!({ "errors": [], "total_added": 1, "total_removed": 1, "error_count": 0 }));
    assert_eq!(bench.on(), ["u0@example.org", "u2@example.org"]);
    assert_eq!(bench.count(), 3, "who is taken off stays in the audience (*Removal*)");
    let tallies: Vec<_> =
        bench.twin.log().to(SEGMENT).iter().map(|e| (e.tally.objects, e.tally.applied, e.tally.ignored)).collect();
    assert_eq!(tallies, [(4, 2, 2), (3, 2, 1)]);
    assert_eq!(bench.warnings(), []);
}

/// An archived one is not in the audience; one of any other status is.
#[tokio::test]
async fn the_archived_are_passed_over_and_the_unsubscribed_are_not() {
    let bench = Bench::start().await;
    let seed = |status: &str| json!({ "list_id": LIST, "email_address": format!("{status}@example.org"), "status": status });
    bench.twin.seed("members", json!([seed("archived"), seed("unsubscribed"), seed("transactional")])).unwrap();
    let all = json!(["archived@example.org", "unsubscribed@example.org", "transactional@example.org"]);
    assert_eq!(bench.change(all, json!([])).await["total_added"], 2);
    assert_eq!(bench.on(), ["transactional@example.org", "unsubscribed@example.org"]);
}

/// "max 500; more -> 400 Invalid Resource", with the recorded sentence.
#[tokio::test]
async fn five_hundred_of_each_pass_and_one_more_is_refused() {
    let bench = Bench::start().await;
    bench.upsert(people(500)).await;
    let sentence = "Maximum allowed member items exceeded, please provide at most 500 items in members_to_add field or \
                    members_to_remove field";
    for (add, remove) in [(501, 0), (0, 501)] {
        let body = json!({ "members_to_add": emails(add), "members_to_remove": emails(remove) });
        let refused = bench.refused("POST", SEGMENT, body).await;
        assert_eq!(refused, (400, "Invalid Resource".to_owned(), sentence.to_owned()));
    }
    assert!(bench.on().is_empty());
    let answer = bench.change(emails(500), emails(500)).await;
    assert_eq!((&answer["total_added"], &answer["total_removed"]), (&json!(500), &json!(500)));
}

/// "`errors[]` of `{email_addresses:[..],error}`"; what makes a row is inferred.
#[tokio::test]
async fn an_address_that_is_none_is_named() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let answer = bench.change(json!(["000", "u0@example.org", "a b@example.org"]), json!(["111"])).await;
    assert_eq!(
        answer["errors"],
        json!([{ "email_addresses": ["000", "a b@example.org", "111"], "error": "Email address is invalid" }])
    );
    assert_eq!((&answer["error_count"], &answer["total_added"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_segment_that_is_not_static_and_a_body_of_a_wrong_shape_are_refused() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let saved = format!("{SEGMENTS}/{SAVED}");
    assert_eq!(bench.refused("POST", &saved, json!({ "members_to_add": emails(1) })).await.1, "Invalid Resource");
    assert_eq!(bench.refused("POST", &format!("{saved}/members"), json!({ "email_address": "u0@example.org" })).await.0, 400);
    for body in [
        json!({}),
        json!({ "members_to_add": "u0@example.org" }),
        json!({ "members_to_add": [1] }),
        json!({ "members_to_remove": null }),
    ] {
        assert_eq!(bench.refused("POST", SEGMENT, body.clone()).await.1, "Invalid Resource", "{body}");
    }
    assert_eq!(bench.refused("POST", &format!("{SEGMENTS}/404"), json!({ "members_to_add": [] })).await.0, 404);
    bench.ok("POST", SEGMENT, json!({ "members_to_add": emails(1) })).await;
    assert_eq!(bench.on().len(), 1, "one list is enough");
}

#[tokio::test]
async fn who_is_named_twice_is_warned_of() {
    let bench = Bench::start().await;
    bench.upsert(people(2)).await;
    bench.change(json!(["u0@example.org", "U0@example.org", "u1@example.org"]), json!(["u1@example.org"])).await;
    let want = [("same-member-twice", "members_to_add[1]"), ("added-and-removed", "u1@example.org")];
    assert_eq!(bench.warnings(), want.map(|(code, detail)| (code, detail.to_owned())));
    assert_eq!(bench.on(), ["u0@example.org"], "added first, then removed (inferred)");
}

/// *Step 2*: `POST .../segments/{id}/members` and `DELETE .../segments/{id}/members/{hash}`.
#[tokio::test]
async fn members_are_put_on_a_segment_one_by_one() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let path = format!("{SEGMENT}/members");
    for _ in 0..2 {
        assert_eq!(bench.ok("POST", &path, json!({ "email_address": "U0@example.org" })).await["tags_count"], 1);
    }
    assert_eq!(bench.on(), ["u0@example.org"]);
    assert_eq!(bench.refused("POST", &path, json!({ "email_address": "nobody@example.org" })).await.0, 404);
    assert_eq!(bench.refused("POST", &path, json!({})).await.0, 400);
    let leave = format!("{path}/u0%40example.org");
    assert_eq!(send(bench.call("DELETE", &leave, &Value::Null)).await, (204, json!("")));
    assert_eq!(send(bench.call("DELETE", &leave, &Value::Null)).await.0, 404, "gone");
    assert!(bench.on().is_empty());
}

/// *Setup objects*: `{"name":"VIP FR","static_segment":[]}` -> `{"id","name","type":"static","member_count":0}`.
#[tokio::test]
async fn segments_are_made_and_found() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let made = bench.ok("POST", SEGMENTS, json!({ "name": "VIP DE", "static_segment": [] })).await;
    assert_eq!((&made["name"], &made["type"], &made["member_count"]), (&json!("VIP DE"), &json!("static"), &json!(0)));
    let id = made["id"].as_i64().unwrap();
    let full =
        bench.ok("POST", SEGMENTS, json!({ "name": "Full", "static_segment": ["u0@example.org", "nobody@example.org"] })).await;
    assert!(full["id"].as_i64().unwrap() > id);
    assert_eq!((&full["member_count"], &bench.ok("GET", &format!("{SEGMENTS}/{id}"), Value::Null).await), (&json!(1), &made));
    let found = bench.ok("GET", &format!("{SEGMENTS}?type=static&count=1000&fields=segments.id,segments.name"), Value::Null).await;
    let want = json!([{ "id": 7, "name": "VIP FR" }, { "id": id, "name": "VIP DE" }, { "id": id + 1, "name": "Full" }]);
    assert_eq!(found, json!({ "segments": want }));
    let searched = bench.ok("GET", "/3.0/lists/a1b2c3d4e5/tag-search?name=vip%20fr", Value::Null).await;
    assert_eq!(searched, json!({ "tags": [{ "id": 7, "name": "VIP FR" }], "total_items": 1 }));
    assert_eq!(bench.ok("GET", "/3.0/lists/a1b2c3d4e5/tag-search", Value::Null).await["total_items"], 3);
    for body in [
        json!({ "name": "vip de", "static_segment": [] }),
        json!({ "name": "", "static_segment": [] }),
        json!({ "static_segment": [] }),
        json!({ "name": "No list" }),
        json!({ "name": "Many", "static_segment": emails(501) }),
    ] {
        assert_eq!(bench.refused("POST", SEGMENTS, body).await.1, "Invalid Resource");
    }
    assert_eq!(bench.refused("GET", &format!("{SEGMENTS}?type=tag"), Value::Null).await.0, 400);
}

/// *Quirks*: "Mailchimp may change the case of tag names".
#[tokio::test]
async fn a_new_tag_may_be_lower_case() {
    let bench = Bench::with(Options { tags_lower_case: true, ..options() }).await;
    assert_eq!(bench.ok("POST", SEGMENTS, json!({ "name": "VIP DE", "static_segment": [] })).await["name"], "vip de");
}
