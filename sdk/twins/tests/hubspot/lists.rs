//! Lists (*Lists*): made, found by name, searched.

use serde_json::{Value, json};
use sluice_twins::hubspot::ProcessingType;

use crate::client::{Bench, LISTS, MANUAL, send};

fn body(name: &str, processing: &str) -> Value {
    json!({ "name": name, "objectTypeId": "0-1", "processingType": processing })
}

/// "Name must be unique in the account."
#[tokio::test]
async fn a_list_is_made_once() {
    let bench = Bench::start().await;
    let (status, answer) = send(bench.post(LISTS, &body("VIP DE", "MANUAL"))).await;
    assert_eq!((status, &answer["list"]["listId"], &answer["list"]["name"]), (200, &json!("4"), &json!("VIP DE")));
    let (status, answer) = send(bench.post(LISTS, &body("VIP DE", "MANUAL"))).await;
    assert_eq!((status, &answer["subCategory"]), (400, &json!("ILS.DUPLICATE_LIST_NAMES")));
    let of_companies = json!({ "name": "VIP DE", "objectTypeId": "0-2", "processingType": "MANUAL" });
    assert_eq!(send(bench.post(LISTS, &of_companies)).await.0, 400, "in the account, not in the type");
    assert_eq!(bench.twin.with_state(|state| state.lists().len()), 4);
    assert_eq!(bench.twin.state().lists()[&4].processing_type, ProcessingType::Manual);
}

#[tokio::test]
async fn a_list_is_of_a_kind() {
    let bench = Bench::start().await;
    let filter = json!({ "filterBranchType": "OR" });
    for (name, changes, want) in [
        ("a", json!({ "processingType": "DYNAMIC", "filterBranch": filter }), 200),
        ("b", json!({ "processingType": "SNAPSHOT", "filterBranch": filter }), 200),
        ("c", json!({ "processingType": "DYNAMIC" }), 400),
        ("c", json!({ "filterBranch": filter }), 400),
        ("c", json!({ "processingType": "STATIC" }), 400),
        ("c", json!({ "processingType": null }), 400),
        ("c", json!({ "objectTypeId": "contacts" }), 400),
        ("c", json!({ "objectTypeId": "0-99" }), 400),
        ("c", json!({ "objectTypeId": "2-101" }), 200),
        (" ", json!({}), 400),
        ("d", json!({ "colour": "red" }), 400),
    ] {
        let mut body = body(name, "MANUAL");
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, answer) = send(bench.post(LISTS, &body)).await;
        assert_eq!(status, want, "{body} {answer}");
    }
}

#[tokio::test]
async fn a_list_is_found_by_its_name_and_by_its_id() {
    let bench = Bench::start().await;
    let by_name = |object: &str, name: &str| format!("{LISTS}/object-type-id/{object}/name/{name}");
    assert_eq!(bench.read(&by_name("0-1", "VIP%20FR")).await["list"]["listId"], json!(MANUAL));
    send(bench.post(LISTS, &body("Été / 100 %", "MANUAL"))).await;
    assert_eq!(bench.read(&by_name("0-1", "%C3%89t%C3%A9%20%2F%20100%20%25")).await["list"]["listId"], "4");
    for path in
        [by_name("0-1", "VIP"), by_name("0-1", "vip%20fr"), by_name("0-2", "VIP%20FR"), format!("{LISTS}/99"), format!("{LISTS}/x")]
    {
        let (status, answer) = send(bench.get(&path)).await;
        assert_eq!((status, &answer["category"]), (404, &json!("OBJECT_NOT_FOUND")), "{path}");
    }
    assert_eq!(bench.read(&format!("{LISTS}/{MANUAL}")).await["list"]["processingType"], "MANUAL");
    assert_eq!(bench.read(&format!("/crm/v3/lists/{MANUAL}")).await["list"]["name"], "VIP FR");
}

/// "`{"query":"VIP","listIds":[],"processingTypes":["MANUAL"],"additionalProperties":[],"offset":0,"count":500}`".
#[tokio::test]
async fn lists_are_searched() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!(ids))).await;
    let search = |body: Value| send(bench.post(&format!("{LISTS}/search"), &body));
    let names = |answer: &Value| {
        let lists = answer["lists"].as_array().unwrap().iter();
        lists.map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let whole = json!({ "query": "VIP", "listIds": [], "processingTypes": ["MANUAL"], "additionalProperties": ["hs_list_size"], "offset": 0, "count": 500 });
    let (status, answer) = search(whole).await;
    assert_eq!(
        (status, names(&answer), &answer["hasMore"], &answer["total"]),
        (200, vec!["VIP FR".to_owned()], &json!(false), &json!(1))
    );
    assert_eq!(answer["lists"][0]["additionalProperties"], json!({ "hs_list_size": "2" }));
    for (body, want) in [
        (json!({}), vec!["VIP FR", "Old VIP", "Engaged"]),
        (json!({ "query": "vip" }), vec!["VIP FR", "Old VIP"]),
        (json!({ "listIds": ["3", "99"] }), vec!["Engaged"]),
        (json!({ "processingTypes": ["SNAPSHOT", "DYNAMIC"] }), vec!["Old VIP", "Engaged"]),
        (json!({ "objectTypeId": "0-2" }), vec![]),
        (json!({ "offset": 1, "count": 1 }), vec!["Old VIP"]),
    ] {
        assert_eq!(names(&search(body.clone()).await.1), want, "{body}");
    }
    let (_, page) = search(json!({ "offset": 1, "count": 1 })).await;
    assert_eq!((&page["offset"], &page["hasMore"], &page["total"]), (&json!(2), &json!(true), &json!(3)));
    for body in [
        json!({ "count": 501 }),
        json!({ "count": 0 }),
        json!({ "offset": -1 }),
        json!({ "processingTypes": ["ALL"] }),
        json!({ "filter": 1 }),
    ] {
        assert_eq!(search(body.clone()).await.0, 400, "{body}");
    }
}
