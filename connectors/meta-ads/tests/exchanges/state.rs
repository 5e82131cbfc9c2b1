//! What a twin's ad account and dataset hold, and how they are filled before a test begins: all that these tests know of the twin's inside.

use serde_json::{Value, json};
use sluice_twins::meta_ads::Running;

/// Puts an audience in place.
pub(crate) fn have_audience(twin: &Running, id: &str, name: &str, subtype: &str) {
    twin.seed("audiences", json!([{ "id": id, "name": name, "subtype": subtype }])).unwrap();
}

fn state(twin: &Running) -> Value {
    serde_json::to_value(twin.state()).unwrap()
}

/// Audiences of a name, by id.
pub(crate) fn audiences(twin: &Running, name: &str) -> Vec<String> {
    let all = state(twin)["audiences"].as_object().unwrap().clone();
    all.into_iter().filter(|(_, audience)| audience["name"] == name).map(|(id, _)| id).collect()
}

/// How many members an audience has.
pub(crate) fn members(twin: &Running, id: &[u8]) -> usize {
    let id = std::str::from_utf8(id).unwrap();
    let members = &state(twin)["audiences"][id]["members"];
    members.as_array().map(Vec::len).or(members.as_object().map(|members| members.len())).unwrap()
}

/// How many events the dataset has.
pub(crate) fn events(twin: &Running) -> usize {
    state(twin)["events"].as_array().unwrap().len()
}
