//! What may stand among a profile's properties: "types string, number, boolean, array, object", of so many items, levels and bytes
//! (*Bulk import guide*). Unknown names are made on the fly, so none is refused. A null inside of an array or of an object is kept
//! as it came (inferred).

use serde_json::{Map, Value};

use super::limits;

/// Why properties are not taken: the place, and what is wrong there.
pub(super) fn refused(properties: &Map<String, Value>) -> Option<(String, String)> {
    properties.iter().find_map(|(name, value)| {
        let why = too_much(value, 2)?;
        Some((name.clone(), why))
    })
}

fn too_much(value: &Value, level: usize) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
        Value::String(text) if text.len() > limits::TEXT_BYTES_MAX => Some("A string may have 100 KB.".to_owned()),
        Value::String(_) => None,
        Value::Array(_) | Value::Object(_) if level > limits::NESTING_MAX => {
            Some(format!("Properties may be nested {} levels deep.", limits::NESTING_MAX))
        }
        Value::Array(items) if items.len() > limits::ARRAY_ITEMS_MAX => {
            Some(format!("An array may have {} items.", limits::ARRAY_ITEMS_MAX))
        }
        Value::Array(items) => items.iter().find_map(|item| too_much(item, level + 1)),
        Value::Object(map) => map.values().find_map(|item| too_much(item, level + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::from(1), |inner, _| Value::from(Map::from_iter([("x".to_owned(), inner)])))
    }

    #[test]
    fn properties_have_limits_of_items_levels_and_bytes() {
        for (value, good) in [
            (Value::from(vec![1; 4_000]), true),
            (Value::from(vec![1; 4_001]), false),
            ("x".repeat(100_000).into(), true),
            ("x".repeat(100_001).into(), false),
            // The properties are the first level.
            (nested(9), true),
            (nested(10), false),
            (Value::from(vec![nested(8)]), true),
            (Value::from(vec![nested(9)]), false),
        ] {
            let refused = refused(&Map::from_iter([("p".to_owned(), value.clone())]));
            assert_eq!(refused.is_none(), good, "{}", value.to_string().chars().take(40).collect::<String>());
        }
    }
}
