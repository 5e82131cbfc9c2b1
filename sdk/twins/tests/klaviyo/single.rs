//! Profiles one by one (*Contacts*): made, updated, made or updated, looked up by filter and by id.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::klaviyo::Options;

use crate::client::{Bench, PROFILES, UPSERT, one, options, people, profile, send};

impl Bench {
    async fn patch(&self, id: &str, attributes: Value) -> (u16, Value) {
        let mut body = one(attributes);
        body["data"]["id"] = id.into();
        send(self.send_body(Method::PATCH, &format!("{PROFILES}/{id}"), &body)).await
    }
}

/// "sync upsert of one; 201 created, 200 updated".
#[tokio::test]
async fn an_upsert_says_whether_the_profile_was_there() {
    let bench = Bench::start().await;
    for (attributes, want) in [
        (json!({ "email": "a@example.org", "properties": { "rank": 1 } }), 201),
        (json!({ "email": "a@example.org", "external_id": "a" }), 200),
        (json!({ "external_id": "a", "phone_number": "+33612345678" }), 200),
        (json!({ "phone_number": "+33612345678", "first_name": "Léa" }), 200),
        (json!({ "external_id": "A" }), 201),
    ] {
        let (status, answer) = send(bench.post(UPSERT, &one(attributes.clone()))).await;
        assert_eq!((status, &answer["data"]["type"]), (want, &json!("profile")), "{attributes}: {answer}");
    }
    let kept = bench.twin.profile("a").unwrap();
    assert_eq!((kept.writes, bench.count()), (4, 2));
    assert_eq!(bench.data("a"), json!({ "first_name": "Léa", "properties": { "rank": 1 } }));
}

/// "409 duplicate_profile, errors[0].meta.duplicate_profile_id | profile exists on POST /profiles".
#[tokio::test]
async fn making_a_profile_that_is_there_is_a_conflict_that_names_it() {
    let bench = Bench::start().await;
    let attributes = json!({ "email": "a@example.org", "external_id": "a", "phone_number": "+33612345678" });
    assert_eq!(send(bench.post(PROFILES, &one(attributes))).await.0, 201);
    let id = bench.id("a");
    for name in [json!({ "email": "A@example.org" }), json!({ "external_id": "a" }), json!({ "phone_number": "+33612345678" })] {
        let (status, answer) = send(bench.post(PROFILES, &one(name.clone()))).await;
        let error = &answer["errors"][0];
        assert_eq!(
            (status, &error["code"], &error["meta"]["duplicate_profile_id"]),
            (409, &json!("duplicate_profile"), &json!(id)),
            "{name}"
        );
    }
    let with_id = json!({ "data": { "type": "profile", "id": id, "attributes": { "email": "b@example.org" } } });
    assert_eq!(bench.refused(bench.post(PROFILES, &with_id)).await.2, "/data/id");
    assert_eq!((bench.count(), bench.twin.profile("a").unwrap().writes), (1, 1));
}

/// "clearing = PATCH /api/profiles/{id} or POST /api/profile-import with null"; "Absent key = unchanged".
#[tokio::test]
async fn null_clears_a_field_of_a_single_profile() {
    let bench = Bench::start().await;
    let full = json!({ "email": "a@example.org", "external_id": "a", "title": "Dr", "location": { "city": "Lyon", "zip": "1" }, "properties": { "p": 1, "q": 2 } });
    assert_eq!(send(bench.post(UPSERT, &one(full))).await.0, 201);
    let id = bench.id("a");
    assert_eq!(bench.patch(&id, json!({ "title": null, "location": { "zip": null }, "properties": { "p": null } })).await.0, 200);
    assert_eq!(bench.data("a"), json!({ "location": { "city": "Lyon" }, "properties": { "q": 2 } }));
    let cleared = one(json!({ "external_id": "a", "email": null, "location": null }));
    let (status, answer) = send(bench.post(UPSERT, &cleared)).await;
    assert_eq!((status, &answer["data"]["attributes"]["email"]), (200, &Value::Null));
    assert_eq!(bench.data("a"), json!({ "properties": { "q": 2 } }));
    assert!(bench.twin.profile("a@example.org").is_none());
    // Without its last identifier nobody would find it (inferred).
    let (status, answer) = bench.patch(&id, json!({ "external_id": null })).await;
    assert_eq!((status, &answer["errors"][0]["source"]["pointer"]), (400, &json!("/data/attributes/external_id")));
    assert_eq!(bench.patch(&id, json!({ "external_id": null, "email": "b@example.org" })).await.0, 200);
    assert_eq!(bench.id("b@example.org"), id);
    assert_eq!(bench.warnings(), []);
}

#[tokio::test]
async fn an_update_is_of_a_profile_that_is_there() {
    let bench = Bench::start().await;
    for name in ["a", "b"] {
        send(bench.post(UPSERT, &one(json!({ "external_id": name })))).await;
    }
    let id = bench.id("a");
    assert_eq!(bench.patch("01UNKNOWN", json!({ "title": "Dr" })).await.0, 404);
    let (status, answer) = bench.patch(&id, json!({ "external_id": "b" })).await;
    assert_eq!((status, &answer["errors"][0]["meta"]["duplicate_profile_id"]), (409, &json!(bench.id("b"))));
    let mut other = one(json!({ "title": "Dr" }));
    for said in [Value::Null, bench.id("b").into()] {
        other["data"]["id"] = said.clone();
        let refused = bench.refused(bench.send_body(Method::PATCH, &format!("{PROFILES}/{id}"), &other)).await;
        assert_eq!((refused.0, refused.2.as_str()), (400, "/data/id"), "{said}");
    }
    let patch = json!({ "data": { "type": "profile", "id": id, "attributes": {}, "meta": { "patch_properties": { "append": { "tags": "x" } } } } });
    assert_eq!(send(bench.send_body(Method::PATCH, &format!("{PROFILES}/{id}"), &patch)).await.0, 200);
    assert_eq!(bench.data("a"), json!({ "properties": { "tags": ["x"] } }));
}

/// Of one profile, what fails in a job is the call's refusal.
#[tokio::test]
async fn what_is_wrong_with_a_profile_refuses_the_call() {
    let bench = Bench::with(Options { sms_set_up: false, ..options() }).await;
    for (attributes, place) in [
        (json!({ "phone_number": "+33612345678" }), "/data/attributes"),
        (json!({ "first_name": "nobody" }), "/data/attributes"),
        (json!({ "email": "bad@" }), "/data/attributes/email"),
        (json!({ "_kx": "made-up" }), "/data/attributes/_kx"),
        (json!({ "external_id": "a", "properties": { "p": vec![0; 4_001] } }), "/data/attributes/properties/p"),
        (json!({ "external_id": "a", "nothing": 1 }), "/data/attributes/nothing"),
    ] {
        for path in [UPSERT, PROFILES] {
            let want = (400, "invalid".to_owned(), place.to_owned());
            assert_eq!(bench.refused(bench.post(path, &one(attributes.clone()))).await, want, "{path} {attributes}");
        }
    }
    let unknown = json!({ "data": { "type": "profile", "id": "01UNKNOWN", "attributes": { "external_id": "a" } } });
    assert_eq!(bench.refused(bench.post(UPSERT, &unknown)).await.0, 404);
    assert_eq!(bench.count(), 0);
}

/// "filter=any(email,["a@x.fr","b@x.fr"])&page[size]=100"; "also any(external_id,..), any(phone_number,..), any(id,..)".
#[tokio::test]
async fn profiles_are_found_by_any_of_their_names() {
    let bench = Bench::start().await;
    let mut some = people(3).as_array().unwrap().clone();
    some.push(profile(json!({ "external_id": "C-1", "phone_number": "+33612345678", "location": { "city": "Lyon" } })));
    bench.imported(some.into(), &[]).await;
    let id = bench.id("C-1");
    for (filter, want) in [
        (r#"any(email,["U0@example.org","u2@example.org","x@example.org"])"#.to_owned(), 2),
        ("equals(email,'u1@example.org')".to_owned(), 1),
        (r#"any(external_id,["C-1","c-1"])"#.to_owned(), 1),
        (r#"any(phone_number,["+33612345678"])"#.to_owned(), 1),
        (format!("any(id,['{id}','01UNKNOWN'])"), 1),
        (format!("equals(id,'{id}'),equals(external_id,'C-2')"), 0),
        ("greater-than(created,2020-01-01T00:00:00Z)".to_owned(), 4),
        ("less-than(updated,2020-01-01T00:00:00Z)".to_owned(), 0),
    ] {
        let (status, answer) = bench.ask(PROFILES, &[("filter", &filter), ("page[size]", "100")]).await;
        assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, want), "{filter}");
    }
    let query = [("filter", "equals(external_id,'C-1')"), ("fields[profile]", "email,external_id,phone_number")];
    let (_, answer) = bench.ask(PROFILES, &query).await;
    let want = json!({ "email": null, "external_id": "C-1", "phone_number": "+33612345678" });
    assert_eq!((&answer["data"][0]["id"], &answer["data"][0]["attributes"]), (&json!(id), &want));
    let (_, answer) = bench.ask(&format!("{PROFILES}/{id}"), &[("fields[profile]", "location.city")]).await;
    assert_eq!(answer["data"]["attributes"], json!({ "location": { "city": "Lyon" } }));
    assert_eq!(send(bench.get(&format!("{PROFILES}/01UNKNOWN"))).await.0, 404);
}

#[tokio::test]
async fn a_question_of_a_wrong_shape_is_refused_with_its_parameter() {
    let bench = Bench::start().await;
    for (name, value) in [
        ("filter", "any(first_name,['a'])"),
        ("filter", "greater-than(email,2026-01-01T00:00:00Z)"),
        ("filter", "any(_kx,['a'])"),
        ("filter", "any(email,[a"),
        ("page[size]", "0"),
        ("page[size]", "101"),
        ("page[size]", "x"),
        ("page[cursor]", "x"),
        ("page[number]", "2"),
        ("fields[profile]", "email,colour"),
        ("fields[profile]", "joined_group_at"),
        ("additional-fields[profile]", "predictive_analytics"),
        ("include", "lists"),
        ("sort", "first_name"),
    ] {
        let (status, answer) = bench.ask(PROFILES, &[(name, value)]).await;
        assert_eq!((status, &answer["errors"][0]["source"]["parameter"]), (400, &json!(name)), "{name}={value}");
    }
    let (status, answer) = send(bench.get(&format!("{PROFILES}?page[size]=1&page[size]=2"))).await;
    assert_eq!((status, &answer["errors"][0]["source"]["parameter"]), (400, &json!("page[size]")));
}

#[tokio::test]
async fn profiles_come_in_the_order_that_was_asked_for() {
    let bench = Bench::start().await;
    for email in ["b@example.org", "c@example.org", "a@example.org"] {
        send(bench.post(UPSERT, &one(json!({ "email": email })))).await;
    }
    for (sort, want) in
        [("created", "bca"), ("-created", "acb"), ("email", "abc"), ("-email", "cba"), ("id", "bca"), ("-updated", "acb")]
    {
        let mut got = String::new();
        let mut next = format!("{PROFILES}?sort={sort}&page[size]=1");
        loop {
            let answer = bench.read(&next).await;
            got.extend(answer["data"][0]["attributes"]["email"].as_str().unwrap().chars().take(1));
            match answer["links"]["next"].as_str() {
                Some(link) => next = link.strip_prefix(bench.twin.url()).unwrap().to_owned(),
                None => break,
            }
        }
        assert_eq!(got, want, "{sort}");
    }
}
