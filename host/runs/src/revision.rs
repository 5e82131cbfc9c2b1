//! Numbers that stand for parts of an activation, to tell whether they have changed: how its rows are sent (a row that was refused is
//! offered again when that is another one, features 7.7), what is written to, and where its ledger's rows lie.

use sha2::{Digest, Sha256};
use sluice_catalog::{activation::Activation, mapping::MappedField};

/// 63 bits of a hash of all that decides how a row is sent: destination, service, mode, mapping and options. The order of the mapping, the
/// schedule, guards and whatever else an edit may touch leave it as it is.
///
/// The ledger keeps it with each refused row. Ledgers of versions that kept the activation's own revision there differ in every row, so the
/// first run after the update offers what was refused once more.
pub(crate) fn of(activation: &Activation) -> u64 {
    let mut fields: Vec<&MappedField> = activation.mapping.fields.iter().collect();
    fields.sort_by(|a, b| (&a.target, a.role.as_str()).cmp(&(&b.target, b.role.as_str())));
    short_hash(&serde_json::json!([activation.destination, activation.service, activation.mode, fields, activation.options]))
}

/// 63 bits of a hash of all that decides what at the platform is written to: destination, its settings, service and options.
pub(crate) fn target(activation: &Activation, settings: &serde_json::Value) -> u64 {
    short_hash(&serde_json::json!([activation.destination, settings, activation.service, activation.options]))
}

/// 63 bits of a hash of where the rows of a ledger lie: another destination or another service holds nothing of them.
pub(crate) fn place(activation: &Activation) -> u64 {
    short_hash(&serde_json::json!([activation.destination, activation.service]))
}

fn short_hash(value: &serde_json::Value) -> u64 {
    let hash = Sha256::digest(value.to_string());
    u64::from_be_bytes(hash[..8].try_into().expect("a hash has 32 bytes")) >> 1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(more: &Value) -> u64 {
        let mut json = json!({
            "name": "a", "from": { "model": "mdl_01J9ZK4M8QW3V5T7R2N6P0XYCD" }, "destination": "dst_01J9ZK4M8QW3V5T7R2N6P0XYCD",
            "service": "users", "mode": "upsert", "options": { "list": 1, "double": true },
            "mapping": { "fields": [
                { "target": "id", "role": "identifier", "value": { "field": "id" } },
                { "target": "plan", "value": { "field": "plan" } },
            ] },
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of(&serde_json::from_value(json).unwrap())
    }

    #[test]
    fn what_decides_how_a_row_is_sent_makes_another_revision_and_nothing_else_does() {
        let id = json!({ "target": "id", "role": "identifier", "value": { "field": "id" } });
        let plan = |policy: Value| json!({ "target": "plan", "value": { "field": "plan" }, "null": policy });
        let base = with(&json!({}));
        for (change, same) in [
            (json!({ "name": "b" }), true),
            (json!({ "schedule": { "every-seconds": 3_600 } }), true),
            (json!({ "guards": { "confirm_hours": 48 } }), true),
            (json!({ "batch_rows_max": 10 }), true),
            (json!({ "enabled": false }), true),
            (json!({ "options": { "double": true, "list": 1 } }), true),
            (json!({ "mapping": { "fields": [plan(json!("leave-out")), id] } }), true),
            (json!({ "mapping": { "fields": [id, plan(json!("clear"))] } }), false),
            (json!({ "mapping": { "fields": [id] } }), false),
            (json!({ "options": { "list": 2, "double": true } }), false),
            (json!({ "mode": "mirror" }), false),
            (json!({ "service": "events" }), false),
            (json!({ "destination": "dst_01J9ZK4M8QW3V5T7R2N6P0XYCE" }), false),
        ] {
            assert_eq!(with(&change) == base, same, "{change}");
        }
        assert!(base <= i64::MAX.unsigned_abs());
    }
}
