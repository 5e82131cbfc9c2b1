//! A few hundred made-up people in a CSV file, and the bundle that sends them somewhere.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::rig::Rig;

/// `people.csv` with the ids of a range; the plan of a person is what `plan` says.
pub(crate) fn people(rig: &Rig, ids: impl IntoIterator<Item = u32>, plan: impl Fn(u32) -> &'static str) {
    let mut text = String::from("id,name,plan\n");
    for id in ids {
        writeln!(text, "{id},Person {id},{}", plan(id)).unwrap();
    }
    let part = rig.data().join("people.part");
    std::fs::write(&part, text).unwrap();
    std::fs::rename(part, rig.data().join("people.csv")).unwrap();
}

/// Source and model of the people.
pub(crate) fn bundle(rig: &Rig) -> Value {
    json!({
        "sources": [{ "name": "shop", "kind": { "files": { "path": rig.data() } } }],
        "models": [{
            "name": "people", "source": "shop", "kind": "users", "primary_key": ["id"], "definition": { "table": "people" },
            "fields": [
                { "id": "id", "type": "integer" }, { "id": "name", "type": "string" }, { "id": "plan", "type": "string" },
            ],
        }],
    })
}

/// An activation of all people; `more` replaces or adds members.
pub(crate) fn activation(name: &str, more: &Value) -> Value {
    let mut activation = json!({
        "name": name, "from": { "model": "people" }, "destination": "braze", "service": "attributes", "mode": "upsert",
        "mapping": { "fields": [
            { "target": "external_id", "role": "identifier", "value": { "field": "id" } },
            { "target": "full_name", "value": { "field": "name" } },
            { "target": "plan", "value": { "field": "plan" } },
        ] },
    });
    for (key, value) in more.as_object().unwrap() {
        activation[key] = value.clone();
    }
    activation
}

/// Everything for one activation of people to the twin.
pub(crate) fn to_braze(rig: &Rig, activations: &[Value]) -> Value {
    let mut bundle = bundle(rig);
    bundle["destinations"] = json!([rig.destination()]);
    bundle["activations"] = json!(activations);
    bundle
}
