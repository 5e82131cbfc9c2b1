use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Object, Objects, Seen};
use crate::{
    code::Code,
    ids::{ActivationId, DestinationId, ModelId, SegmentId, SourceId},
    problem::Problem,
};

const CUSTOMERS: u64 = 1;
const ORDERS: u64 = 2;

fn id(at: u64) -> ModelId {
    ModelId::new(at, 1)
}

fn segment(at: u64) -> SegmentId {
    SegmentId::new(at, 1)
}

fn activation(at: u64) -> ActivationId {
    ActivationId::new(at, 1)
}

/// Customers with a total over their orders' net amounts; a segment of it, one of the country; an activation of each.
fn objects() -> Objects {
    let model = |name: &str, fields: Value, relationships: Value| {
        serde_json::from_value(json!({
            "name": name, "source": SourceId::new(1, 1), "definition": { "table": name }, "kind": "custom", "fields": fields,
            "primary_key": ["id"], "relationships": relationships,
        }))
        .unwrap()
    };
    let money = json!({ "decimal": { "precision": 38, "scale": 2 } });
    let total = json!({ "aggregate": { "path": ["orders"], "function": "sum", "field": "net" } });
    let customers = model(
        "customers",
        json!([
            { "id": "id", "type": "integer" },
            { "id": "country", "type": "string" },
            { "id": "total", "type": money, "calculated": total },
        ]),
        json!([{ "name": "orders", "kind": "has-many", "model": id(ORDERS), "on": [{ "field": "id", "other": "customer" }] }]),
    );
    let orders = model(
        "orders",
        json!([
            { "id": "id", "type": "integer" },
            { "id": "customer", "type": "integer" },
            { "id": "amount", "type": money },
            { "id": "net", "type": money, "calculated": { "formula": "round(amount * 0.8, 2)" } },
        ]),
        json!([]),
    );
    let of = |name: &str, child: Value| {
        serde_json::from_value(json!({ "name": name, "model": id(CUSTOMERS),
            "condition": { "version": 1, "root": { "op": "and", "children": [child] } } }))
        .unwrap()
    };
    let sending = |name: &str, from: u64| {
        serde_json::from_value(json!({
            "name": name, "from": { "segment": segment(from) }, "destination": DestinationId::new(1, 1), "service": "contacts",
            "mode": "upsert", "mapping": { "fields": [{ "target": "id", "value": { "field": "id" } }] },
        }))
        .unwrap()
    };
    Objects {
        models: BTreeMap::from([(id(CUSTOMERS), customers), (id(ORDERS), orders)]),
        segments: BTreeMap::from([
            (segment(1), of("good", json!({ "field": "total", "operator": "at-least", "value": 100 }))),
            (segment(2), of("french", json!({ "field": "country", "operator": "is", "value": "FR" }))),
        ]),
        activations: BTreeMap::from([(activation(1), sending("good ones", 1)), (activation(2), sending("french ones", 2))]),
        variables: Default::default(),
    }
}

fn lost(model: u64, field: &str) -> Seen {
    let problem = Problem::new("/fields/2/column", Code::ModelBroken, format!("The column of {field} is gone."));
    Seen::from([(id(model), BTreeMap::from([(field.to_owned(), problem)]))])
}

#[test]
fn a_lost_column_breaks_what_is_made_of_it_over_models_and_nothing_else() {
    let objects = objects();
    assert!(objects.findings(&Seen::new()).is_empty());
    let found = objects.findings(&lost(ORDERS, "amount"));
    let broken: Vec<Object> = found.keys().copied().collect();
    assert_eq!(
        broken,
        [Object::Model(id(CUSTOMERS)), Object::Model(id(ORDERS)), Object::Segment(segment(1)), Object::Activation(activation(1))]
    );
    let told = |object: Object| found[&object].iter().map(|finding| finding.cause.clone()).collect::<Vec<_>>();
    assert_eq!(
        told(Object::Model(id(ORDERS))),
        ["The column of amount is gone.", "The calculated field orders.net is made of orders.amount, which is broken."]
    );
    assert_eq!(
        told(Object::Model(id(CUSTOMERS))),
        ["The calculated field customers.total is made of orders.amount, which is broken."]
    );
    assert!(told(Object::Segment(segment(1)))[0].starts_with("The segment reads orders.amount, which is broken."));
    assert!(told(Object::Activation(activation(1)))[0].starts_with("The segment good is broken."));
    assert!(found.values().flatten().all(|finding| finding.culprit != "orders.net"), "the root is named, not what lies between");
}

#[test]
fn a_lost_key_of_a_relationship_breaks_what_follows_it() {
    let found = objects().findings(&lost(ORDERS, "customer"));
    let kinds: Vec<&str> = found.keys().map(|object| object.kind()).collect();
    assert_eq!(kinds, ["model", "model", "segment", "activation"]);
    assert!(found[&Object::Model(id(CUSTOMERS))].iter().any(|finding| finding.pointer == "/relationships/0/on"));
}

#[test]
fn a_change_breaks_what_was_healthy_and_not_what_it_is_about() {
    let before = objects();
    let mut after = before.clone();
    after.models.get_mut(&id(ORDERS)).unwrap().fields.retain(|field| field.id != "net");
    let own = BTreeSet::from([Object::Model(id(ORDERS))]);
    let found = before.breaks(&after, &own);
    let broken: Vec<Object> = found.keys().copied().collect();
    assert_eq!(broken, [Object::Model(id(CUSTOMERS)), Object::Segment(segment(1)), Object::Activation(activation(1))]);
    assert_eq!(found[&Object::Model(id(CUSTOMERS))][0].pointer, "/fields/2/calculated/aggregate/field");
    // What was broken before is not told again.
    assert!(after.breaks(&after, &BTreeSet::new()).is_empty());
}
