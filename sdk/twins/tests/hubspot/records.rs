//! Records read in batches and archived.

use serde_json::{Value, json};

use crate::client::{Bench, CARS, CONTACTS, LISTS, MANUAL, by_email, send};

/// "`{"idProperty":"email","properties":["email"],"inputs":[{"id":"lea@example.org"}]}` (≤100; 207 with `OBJECT_NOT_FOUND` for misses)".
#[tokio::test]
async fn keys_become_ids() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    let ask = |by: Value, keys: &[&str]| {
        let inputs: Vec<Value> = keys.iter().map(|key| json!({ "id": key })).collect();
        let mut body = json!({ "properties": ["email"], "inputs": inputs });
        if !by.is_null() {
            body["idProperty"] = by;
        }
        send(bench.post(&format!("{CONTACTS}/read"), &body))
    };
    let (status, answer) = ask(json!("email"), &["U1@example.org", "u0@example.org"]).await;
    let found: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!((status, found), (200, vec![&json!(ids[0]), &json!(ids[1])]), "by id, whatever was asked first");
    assert!(answer.get("errors").is_none() && answer["results"][0]["properties"]["customer_id"].is_null());
    let (status, answer) = ask(json!("email"), &["nobody@example.org", "u0@example.org", "no-address"]).await;
    assert_eq!((status, &answer["numErrors"], answer["results"].as_array().unwrap().len()), (207, &json!(1), 1));
    assert_eq!(answer["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(answer["errors"][0]["context"]["ids"], json!(["nobody@example.org", "no-address"]));
    assert_eq!(ask(json!("customer_id"), &["C-1"]).await.1["results"][0]["id"], json!(ids[1]));
    assert_eq!(ask(Value::Null, &[&ids[0]]).await.0, 200);
    assert_eq!(ask(Value::Null, &["u0@example.org"]).await.0, 207, "an address is no id");
    assert_eq!(ask(json!("firstname"), &["A"]).await.0, 400);
}

#[tokio::test]
async fn a_secondary_address_finds_a_contact_of_another_one() {
    let bench = Bench::start().await;
    let leo = json!([{ "properties": { "email": "leo@example.org", "hs_additional_emails": "leo@home.example" } }]);
    bench.twin.seed("contacts", leo).unwrap();
    let body = json!({ "idProperty": "email", "properties": ["email"], "inputs": [{ "id": "leo@home.example" }] });
    let (status, answer) = send(bench.post(&format!("{CONTACTS}/read"), &body)).await;
    assert_eq!((status, &answer["results"][0]["properties"]["email"]), (200, &json!("leo@example.org")));
}

#[tokio::test]
async fn a_record_shows_what_was_asked_for() {
    let bench = Bench::start().await;
    let id = bench.people(1).remove(0);
    let ask = |properties: Value| {
        let body = json!({ "properties": properties, "propertiesWithHistory": [], "inputs": [{ "id": id }] });
        send(bench.post(&format!("{CONTACTS}/read"), &body))
    };
    let (_, answer) = ask(json!(["customer_id", "firstname", "hs_marketable_status", "nothing"])).await;
    let properties = &answer["results"][0]["properties"];
    assert_eq!((&properties["customer_id"], &properties["firstname"]), (&json!("C-0"), &Value::Null));
    assert_eq!(properties["hs_marketable_status"], "false", "who is new is not marketed to");
    assert_eq!((&properties["hs_object_id"], &properties["createdate"]), (&json!(id), &json!("2026-10-20T00:00:00.000Z")));
    assert!(properties.get("nothing").is_none() && properties.get("email").is_none());
    assert_eq!(bench.warnings(), [("unknown-property-asked", "nothing".to_owned())]);
    assert_eq!(ask(json!([])).await.1["results"][0]["properties"]["email"], "u0@example.org", "the usual ones");
    for body in [
        json!({ "inputs": [] }),
        json!({ "inputs": [{}] }),
        json!({ "inputs": [{ "id": 101 }] }),
        json!({ "inputs": [{ "id": "101" }], "properties": "email" }),
        json!({ "inputs": (0..101).map(|n| json!({ "id": n.to_string() })).collect::<Vec<_>>() }),
    ] {
        assert_eq!(send(bench.post(&format!("{CONTACTS}/read"), &body)).await.0, 400, "{body}");
    }
}

/// "delete (archive) | `POST …/batch/archive` … -> 204".
#[tokio::test]
async fn an_archived_record_is_found_nowhere() {
    let bench = Bench::start().await;
    let ids = bench.people(3);
    send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!([ids[0], ids[1]]))).await;
    let pair = json!({ "inputs": [{ "from": { "id": ids[0] }, "to": { "id": ids[2] } }] });
    send(bench.post("/crm/associations/2026-03/contacts/contacts/batch/associate/default", &pair)).await;
    let body = json!({ "inputs": [{ "id": ids[0] }, { "id": "999" }, { "id": "nobody" }] });
    let (status, answer) = send(bench.post(&format!("{CONTACTS}/archive"), &body)).await;
    assert_eq!((status, answer), (204, json!("")));
    assert_eq!((bench.count("contacts"), bench.members(1)), (2, vec!["contacts/email:u1@example.org".to_owned()]));
    bench.twin.with_state(|state| {
        assert_eq!(state.objects("contacts").unwrap().archived().len(), 1);
        assert!(state.associations("contacts", ids[2].parse().unwrap()).is_empty());
    });
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (3, 1, 2));
    let (_, again) = bench.upsert(json!([by_email("u0@example.org", json!({}))])).await;
    assert_eq!(again["results"][0]["new"], true, "the address is free");
    assert_ne!(again["results"][0]["id"], json!(ids[0]));
    assert_eq!(send(bench.post(&format!("{CARS}/archive"), &json!({ "inputs": [{ "id": ids[1] }] }))).await.0, 204);
    assert_eq!(bench.count("contacts"), 3, "an id is of its type");
    let by = json!({ "inputs": [{ "id": "u1@example.org", "idProperty": "email" }] });
    assert_eq!(send(bench.post(&format!("{CONTACTS}/archive"), &by)).await.0, 400, "by id alone");
}
