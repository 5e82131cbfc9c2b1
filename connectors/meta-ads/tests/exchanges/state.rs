//! What a twin's ad account and dataset hold, and how they are filled before a test begins: all that these tests know of the twin's inside.

use serde_json::json;
use sluice_twins::meta_ads::{ACCOUNT, DATASET, Running};

/// Puts an audience in place.
pub(crate) fn have_audience(twin: &Running, id: &str, name: &str, subtype: &str) {
    twin.seed("audiences", json!([{ "id": id, "account_id": ACCOUNT, "name": name, "subtype": subtype }])).unwrap();
}

/// Audiences of a name, by id.
pub(crate) fn audiences(twin: &Running, name: &str) -> Vec<String> {
    twin.with_state(|state| {
        state.audiences().iter().filter(|(_, audience)| audience.name == name).map(|(id, _)| id.clone()).collect()
    })
}

/// How many members an audience has.
pub(crate) fn members(twin: &Running, id: &[u8]) -> usize {
    let id = std::str::from_utf8(id).unwrap();
    twin.audience(id).unwrap().people.len()
}

/// How many events the dataset has.
pub(crate) fn events(twin: &Running) -> usize {
    twin.with_state(|state| state.datasets()[DATASET].events().len())
}
