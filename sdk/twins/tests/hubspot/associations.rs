//! Associations in batches (*Associations*).

use serde_json::{Value, json};
use sluice_twins::hubspot::{Category, Spec};

use crate::client::{Bench, send};

const PATH: &str = "/crm/associations/2026-03/contacts/companies/batch";

/// A bench with so many contacts and companies, and their ids.
async fn bench(count: usize) -> (Bench, Vec<String>, Vec<String>) {
    let bench = Bench::start().await;
    let people = bench.people(count);
    let companies: Vec<Value> = (0..count).map(|n| json!({ "properties": { "company_code": format!("K-{n}") } })).collect();
    bench.twin.seed("companies", companies.into()).unwrap();
    let ids = bench.twin.with_state(|state| state.objects("companies").unwrap().records().map(|it| it.id.to_string()).collect());
    (bench, people, ids)
}

fn pair(from: &str, to: &str) -> Value {
    json!({ "from": { "id": from }, "to": { "id": to } })
}

fn labelled(from: &str, to: &str, types: &[(&str, u32)]) -> Value {
    let types: Vec<Value> =
        types.iter().map(|(category, number)| json!({ "associationCategory": category, "associationTypeId": number })).collect();
    json!({ "from": { "id": from }, "to": { "id": to }, "types": types })
}

fn specs(bench: &Bench, object: &str, id: &str) -> Vec<(String, Vec<u32>)> {
    let links = bench.twin.with_state(|state| state.associations(object, id.parse().unwrap()));
    let numbers = |specs: Vec<Spec>| specs.into_iter().map(|spec| spec.association_type_id).collect();
    links.into_iter().map(|((_, id), specs)| (id.to_string(), numbers(specs))).collect()
}

#[tokio::test]
async fn records_are_associated_by_default() {
    let (bench, people, companies) = bench(2).await;
    let body = json!({ "inputs": [pair(&people[0], &companies[1])] });
    let (status, answer) = send(bench.post(&format!("{PATH}/associate/default"), &body)).await;
    assert_eq!((status, &answer["status"], answer["results"].as_array().unwrap().len()), (200, &json!("COMPLETE"), 2));
    assert_eq!(
        answer["results"][0]["associationSpec"],
        json!({ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279 })
    );
    assert_eq!(specs(&bench, "contacts", &people[0]), [(companies[1].clone(), vec![279])]);
    assert_eq!(specs(&bench, "companies", &companies[1]), [(people[0].clone(), vec![280])]);
    send(bench.post(&format!("{PATH}/associate/default"), &body)).await;
    assert_eq!(specs(&bench, "contacts", &people[0]).len(), 1, "again is the same");
    let cars = "/crm/v4/associations/contacts/2-101/batch/associate/default";
    bench.twin.seed("2-101", json!([{ "properties": { "vin": "V1" } }])).unwrap();
    let car = bench.twin.with_state(|state| state.objects("2-101").unwrap().records().next().unwrap().id.to_string());
    assert_eq!(send(bench.post(cars, &json!({ "inputs": [pair(&people[1], &car)] }))).await.0, 200);
    assert_eq!(specs(&bench, "2-101", &car).len(), 1);
}

#[tokio::test]
async fn who_is_not_there_is_named_and_the_others_are_associated() {
    let (bench, people, companies) = bench(1).await;
    let inputs = json!([pair(&people[0], "999"), pair("nobody", &companies[0]), pair(&people[0], &companies[0])]);
    let (status, answer) = send(bench.post(&format!("{PATH}/associate/default"), &json!({ "inputs": inputs }))).await;
    assert_eq!((status, &answer["numErrors"]), (207, &json!(2)));
    assert_eq!(answer["errors"][0]["context"], json!({ "ids": ["999"] }));
    assert!(answer["errors"][1]["message"].as_str().unwrap().contains("CONTACT"));
    assert_eq!(specs(&bench, "contacts", &people[0]).len(), 1);
}

/// "`types:[{associationCategory:HUBSPOT_DEFINED|USER_DEFINED|INTEGRATOR_DEFINED,associationTypeId}]`".
#[tokio::test]
async fn a_label_is_of_its_direction() {
    let (bench, people, companies) = bench(1).await;
    let create = |path: &str, types: &[(&str, u32)], from: &str, to: &str| {
        send(bench.post(&format!("{path}/create"), &json!({ "inputs": [labelled(from, to, types)] })))
    };
    let (status, answer) = create(PATH, &[("USER_DEFINED", 36), ("HUBSPOT_DEFINED", 1)], &people[0], &companies[0]).await;
    assert_eq!((status, &answer["results"][0]["labels"]), (201, &json!(["Billing contact"])));
    assert_eq!(specs(&bench, "contacts", &people[0]), [(companies[0].clone(), vec![1, 279, 36])]);
    assert_eq!(specs(&bench, "companies", &companies[0]), [(people[0].clone(), vec![2, 280, 37])]);
    for types in [
        vec![("USER_DEFINED", 37)],
        vec![("HUBSPOT_DEFINED", 36)],
        vec![("INTEGRATOR_DEFINED", 36)],
        vec![("HUBSPOT_DEFINED", 280)],
        vec![("ANY", 279)],
        vec![],
    ] {
        assert_eq!(create(PATH, &types, &people[0], &companies[0]).await.0, 400, "{types:?}");
    }
    let back = "/crm/associations/2026-03/companies/contacts/batch";
    assert_eq!(create(back, &[("USER_DEFINED", 37)], &companies[0], &people[0]).await.0, 201);
    let category =
        bench.twin.with_state(|state| state.associations("contacts", people[0].parse().unwrap()))[0].1[2].association_category;
    assert_eq!(category, Category::UserDefined);
}

#[tokio::test]
async fn associations_end_all_at_once() {
    let (bench, people, companies) = bench(2).await;
    let inputs = json!([pair(&people[0], &companies[0]), pair(&people[0], &companies[1]), pair(&people[1], &companies[1])]);
    send(bench.post(&format!("{PATH}/associate/default"), &json!({ "inputs": inputs }))).await;
    let end =
        |to: Value| send(bench.post(&format!("{PATH}/archive"), &json!({ "inputs": [{ "from": { "id": people[0] }, "to": to }] })));
    assert_eq!(end(json!([{ "id": companies[0] }, { "id": companies[1] }, { "id": "999" }])).await.0, 204);
    assert!(specs(&bench, "contacts", &people[0]).is_empty());
    assert_eq!(specs(&bench, "companies", &companies[1]), [(people[1].clone(), vec![280])]);
    assert_eq!(end(json!([{ "id": companies[0] }])).await.0, 204, "again is the same");
    let tally = bench.twin.log().entries().pop().unwrap().tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (1, 0, 1));
    assert_eq!(end(json!({ "id": companies[0] })).await.0, 400, "a list");
}

#[tokio::test]
async fn a_body_is_of_one_shape() {
    let (bench, people, companies) = bench(1).await;
    let good = pair(&people[0], &companies[0]);
    for inputs in [
        json!([]),
        json!([{ "from": { "id": people[0] } }]),
        json!([{ "from": people[0], "to": companies[0] }]),
        json!([{ "from": { "id": 101 }, "to": { "id": companies[0] } }]),
        json!([labelled(&people[0], &companies[0], &[("HUBSPOT_DEFINED", 279)])]),
        json!((0..101).map(|_| good.clone()).collect::<Vec<_>>()),
    ] {
        let status = send(bench.post(&format!("{PATH}/associate/default"), &json!({ "inputs": inputs }))).await.0;
        assert_eq!(status, 400, "{inputs}");
    }
    assert!(specs(&bench, "contacts", &people[0]).is_empty());
}
