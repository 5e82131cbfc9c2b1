//! Lists and who is put on them by id (*Export contact lists*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::klaviyo::{OptIn, Options};

use crate::client::{ASKING, Bench, LIST, ids, options, people, send};

fn members_of(list: &str) -> String {
    format!("/api/lists/{list}/relationships/profiles")
}

async fn with_people(count: usize) -> (Bench, Vec<String>) {
    let bench = Bench::start().await;
    bench.imported(people(count), &[]).await;
    let ids = (0..count).map(|n| bench.id(&format!("u{n}@example.org"))).collect();
    (bench, ids)
}

/// "POST /api/lists/{id}/relationships/profiles … 204 empty"; "DELETE … same body"; "repeating an add or a remove is harmless";
/// "adding to a list gives no marketing consent; removing leaves consent untouched".
#[tokio::test]
async fn people_are_put_on_a_list_and_taken_off_by_id() {
    let (bench, people) = with_people(3).await;
    for _ in 0..2 {
        let response = bench.post(&members_of(LIST), &ids(&people)).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (204, ""));
        assert_eq!(bench.members(LIST).len(), 3);
    }
    for _ in 0..2 {
        // "Ids not in the list are ignored on DELETE (inferred)."
        let gone = ids(&[people[0].as_str(), "01UNKNOWN"]);
        assert_eq!(send(bench.send_body(Method::DELETE, &members_of(LIST), &gone)).await, (204, Value::String(String::new())));
        assert_eq!(bench.members(LIST), ["email:u1@example.org", "email:u2@example.org"]);
    }
    assert_eq!((bench.count(), bench.twin.profile("u1@example.org").unwrap().consents.len()), (3, 0));
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (2, 0, 2));
}

/// "max 1,000 ids"; "404 | list/profile id unknown".
#[tokio::test]
async fn a_thousand_ids_pass_and_one_more_is_refused() {
    let (bench, people) = with_people(1_001).await;
    for method in [Method::POST, Method::DELETE] {
        for (count, want) in [(1_000, 204), (1_001, 400), (0, 400)] {
            let request = bench.send_body(method.clone(), &members_of(LIST), &ids(&people[..count]));
            assert_eq!(send(request).await.0, want, "{method} {count}");
        }
        let first = ids(&people[..1]);
        assert_eq!(send(bench.send_body(method.clone(), &members_of("nobody"), &first)).await.0, 404);
        for (body, place) in [
            (json!({ "data": {} }), "/data"),
            (json!({}), "/data"),
            (json!({ "data": [{ "type": "profile" }] }), "/data/0/id"),
            (json!({ "data": [{ "type": "list", "id": people[0] }] }), "/data/0/type"),
            (json!({ "data": [{ "type": "profile", "id": people[0], "email": "a@b.example" }] }), "/data/0/email"),
            (json!({ "data": [1] }), "/data/0"),
        ] {
            let refused = bench.refused(bench.send_body(method.clone(), &members_of(LIST), &body)).await;
            assert_eq!((refused.0, refused.2.as_str()), (400, place), "{method} {body}");
        }
    }
    let unknown = bench.refused(bench.post(&members_of(LIST), &ids(&[people[0].as_str(), "01UNKNOWN"]))).await;
    assert_eq!((unknown.0, bench.members(LIST).len()), (404, 0), "an addition is refused whole");
    send(bench.post(&members_of(LIST), &ids(&[&people[0], &people[0]]))).await;
    assert_eq!(bench.warnings(), [("same-profile-twice", "data[1]".to_owned())]);
}

/// "POST /api/lists … -> 201 data.id"; "opt_in_process is optional … account default otherwise".
#[tokio::test]
async fn lists_are_made_and_found_by_name() {
    let bench = Bench::with(Options { default_opt_in: OptIn::SingleOptIn, ..options() }).await;
    let make = |attributes: Value| bench.post("/api/lists", &json!({ "data": { "type": "list", "attributes": attributes } }));
    let (status, made) = send(make(json!({ "name": "VIP FR", "opt_in_process": "double_opt_in" }))).await;
    assert_eq!((status, &made["data"]["attributes"]["opt_in_process"]), (201, &json!("double_opt_in")));
    let (_, plain) = send(make(json!({ "name": "VIP" }))).await;
    assert_eq!(plain["data"]["attributes"]["opt_in_process"], "single_opt_in");
    let id = made["data"]["id"].as_str().unwrap();
    let (_, found) = bench.ask("/api/lists", &[("filter", r#"equals(name,"VIP FR")"#)]).await;
    assert_eq!((found["data"].as_array().unwrap().len(), &found["data"][0]["id"]), (1, &json!(id)));
    let one = bench.read(&format!("/api/lists/{id}")).await;
    assert_eq!((&one["data"]["attributes"]["name"], one["data"]["id"].as_str()), (&json!("VIP FR"), Some(id)));
    assert_eq!(send(bench.get("/api/lists/nobody")).await.0, 404);
    for (attributes, place) in [
        (json!({}), "/data/attributes/name"),
        (json!({ "name": " " }), "/data/attributes/name"),
        (json!({ "name": 1 }), "/data/attributes/name"),
        (json!({ "name": "a", "opt_in_process": "none" }), "/data/attributes/opt_in_process"),
        (json!({ "name": "a", "colour": "red" }), "/data/attributes/colour"),
    ] {
        assert_eq!(bench.refused(make(attributes.clone())).await, (400, "invalid".to_owned(), place.to_owned()), "{attributes}");
    }
    assert_eq!(bench.warnings(), []);
    assert_eq!(send(make(json!({ "name": "VIP" }))).await.0, 201, "names are not unique (inferred)");
    assert_eq!(bench.warnings(), [("list-name-twice", "name".to_owned())]);
}

/// "10 per page max".
#[tokio::test]
async fn lists_come_ten_on_a_page() {
    let bench = Bench::start().await;
    let lists: Vec<Value> = (0..21).map(|n| json!({ "id": format!("L{n:05}"), "name": format!("n{n}") })).collect();
    assert_eq!(bench.twin.seed("lists", lists.into()), Ok(21));
    let (mut sizes, mut next) = (Vec::new(), "/api/lists".to_owned());
    loop {
        let answer = bench.read(&next).await;
        sizes.push(answer["data"].as_array().unwrap().len());
        match answer["links"]["next"].as_str() {
            Some(link) => next = link.strip_prefix(bench.twin.url()).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [10, 10, 3]);
    for (size, want) in [("1", 200), ("10", 200), ("11", 400), ("0", 400)] {
        assert_eq!(bench.ask("/api/lists", &[("page[size]", size)]).await.0, want, "{size}");
    }
    let (_, answer) = bench
        .ask("/api/lists", &[("filter", &format!("any(id,['{LIST}','{ASKING}'])")), ("sort", "id"), ("fields[list]", "name")])
        .await;
    assert_eq!(answer["data"][0]["attributes"], json!({ "name": format!("List {ASKING}") }));
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
}
