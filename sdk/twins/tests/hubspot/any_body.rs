//! For all bodies: the twin answers, what it says adds up, and a refused request leaves nothing behind.

use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::client::{Bench, CONTACTS, LISTS, send};
use crate::json;

/// JSON whose keys and texts are often ones that mean something to the vendor.
fn json_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "inputs",
        "id",
        "idProperty",
        "properties",
        "objectWriteTraceId",
        "associations",
        "from",
        "to",
        "types",
        "associationCategory",
        "HUBSPOT_DEFINED",
        "associationTypeId",
        "email",
        "customer_id",
        "firstname",
        "hs_object_id",
        "name",
        "label",
        "groupName",
        "contactinformation",
        "type",
        "fieldType",
        "recordIdsToAdd",
        "listIds",
        "count",
        "",
        "é",
        ";",
        "a@b.example",
        "101",
    ]);
    json::of_words(word)
}

/// Inputs of a right outer shape, so that the inner rules are reached.
fn inputs() -> impl Strategy<Value = Vec<Value>> {
    let by = prop::sample::select(vec!["email", "customer_id"]);
    let key = prop::sample::select(vec!["a@b.example", "A@b.example", "c@d.example", "C-1", "bad@", ""]);
    let name = prop::sample::select(vec!["email", "customer_id", "firstname", "is_vip", "interests", "loyalty", "createdate"]);
    let value = prop::sample::select(vec!["a@b.example", "e@f.example", "C-1", "true", ";hats", "shoes;x", ""]);
    let input = (key, prop::collection::vec((name, value), 0..3), prop::option::of(0..9_u8));
    (by, prop::collection::vec(input, 1..6)).prop_map(|(by, inputs)| {
        let input = |(key, properties, trace): (&str, Vec<(&str, &str)>, Option<u8>)| {
            let properties: Map<String, Value> =
                properties.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            json!({ "idProperty": by, "id": key, "properties": properties, "objectWriteTraceId": trace.map(|it| it.to_string()) })
        };
        inputs.into_iter().map(input).collect()
    })
}

fn len(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_body_is_answered_and_a_refused_one_leaves_nothing(body in json_like()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let bench = Bench::start().await;
            bench.people(1);
            let upsert = format!("{CONTACTS}/upsert");
            let update = format!("{CONTACTS}/update");
            let create = format!("{CONTACTS}/create");
            let read = format!("{CONTACTS}/read");
            let archive = format!("{CONTACTS}/archive");
            let search = format!("{LISTS}/search");
            let change = format!("{LISTS}/1/memberships/add-and-remove");
            let add = format!("{LISTS}/1/memberships/add");
            let associate = "/crm/associations/2026-03/contacts/contacts/batch/create".to_owned();
            let end = "/crm/associations/2026-03/contacts/contacts/batch/archive".to_owned();
            let property = "/crm/properties/2026-03/contacts".to_owned();
            for (method, path) in [
                (Method::POST, upsert), (Method::POST, update), (Method::POST, create), (Method::POST, read), (Method::POST, archive),
                (Method::POST, search), (Method::PUT, change), (Method::PUT, add), (Method::POST, associate), (Method::POST, end),
                (Method::POST, property), (Method::POST, LISTS.to_owned()),
            ] {
                for wrapped in [body.clone(), json!({ "inputs": body }), json!({ "inputs": [body] })] {
                    let (status, answer) = send(bench.send_body(method.clone(), &path, &wrapped)).await;
                    assert!(matches!(status, 200 | 201 | 204 | 207 | 400 | 409), "{path} {status} {answer}");
                    let entry = bench.twin.log().entries().pop().unwrap();
                    if status >= 400 {
                        assert_eq!(entry.tally.applied, 0, "{path} {answer}");
                        assert!(bench.twin.ledger().entries().iter().all(|e| e.request != entry.number));
                        assert!(answer["category"].is_string() && answer["correlationId"].is_string(), "{answer}");
                    }
                }
            }
        });
    }

    #[test]
    fn a_batch_adds_up(inputs in inputs(), partial in any::<bool>()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut options = crate::client::options();
            options.partial_by_email = partial;
            let bench = Bench::with(options).await;
            bench.twin.seed("contacts", json!([{ "properties": { "email": "e@f.example", "customer_id": "C-1" } }])).unwrap();
            let before = bench.twin.state().data("contacts");
            let (status, answer) = bench.upsert(inputs.clone().into()).await;
            let tally = bench.twin.log().entries().pop().unwrap().tally;
            match status {
                200 => assert_eq!((len(&answer["results"]), tally.refused), (inputs.len(), 0)),
                207 => {
                    assert_eq!(len(&answer["results"]) + len(&answer["errors"]), inputs.len(), "{answer}");
                    assert_eq!(answer["numErrors"], json!(len(&answer["errors"])));
                    assert!(answer["errors"].as_array().unwrap().iter().all(|error| len(&error["context"]["ids"]) == 1));
                }
                400 | 409 => assert_eq!(bench.twin.state().data("contacts"), before, "{answer}"),
                other => panic!("{other} {answer}"),
            }
            if status < 400 {
                assert_eq!(tally.applied as usize, len(&answer["results"]));
                assert_eq!(bench.twin.ledger().total() as usize, len(&answer["results"]));
            }
            bench.twin.with_state(|state| {
                let records: Vec<_> = state.objects("contacts").unwrap().records().collect();
                for name in ["email", "customer_id"] {
                    let mut values: Vec<_> = records.iter().filter_map(|it| it.properties.get(name)).collect();
                    let all = values.len();
                    values.sort();
                    values.dedup();
                    assert_eq!(values.len(), all, "{name} is unique");
                }
            });
        });
    }
}
