//! Arrays of texts (array attributes, topics, tags): sent whole, or in parts by `{"$add": […], "$remove": […]}`, which are
//! operations on a set (*Synchronize profiles*, "Idempotency").

use serde_json::{Map, Value};

/// What an array may hold.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) items_max: usize,
    pub(super) fits: fn(&str) -> bool,
}

/// Whether a value is an array, or parts of one. Parts have one of the two names at least (inferred), and nothing else.
pub(super) fn check(value: &Value, rule: Rule) -> Result<(), String> {
    match value {
        Value::Array(items) => whole(items, rule),
        Value::Object(parts) => {
            if parts.is_empty() || parts.keys().any(|name| name != "$add" && name != "$remove") {
                return Err("must be a string, a number, a boolean, an array, or $add and $remove".to_owned());
            }
            parts.values().try_for_each(|part| match part {
                Value::Array(items) => whole(items, rule),
                _ => Err("$add and $remove must be arrays".to_owned()),
            })
        }
        _ => Err("must be an array".to_owned()),
    }
}

fn whole(items: &[Value], rule: Rule) -> Result<(), String> {
    if items.len() > rule.items_max {
        return Err(format!("must have at most {} items", rule.items_max));
    }
    if items.iter().all(|item| item.as_str().is_some_and(rule.fits)) {
        Ok(())
    } else {
        Err("must hold valid strings only".to_owned())
    }
}

/// The array after checked parts were put to it; none when there is something else than an array, or it would hold too many.
pub(super) fn after(stored: Option<&Value>, parts: &Map<String, Value>, items_max: usize) -> Option<Value> {
    let mut items = match stored {
        None => Vec::new(),
        Some(stored) => stored.as_array()?.clone(),
    };
    let part = |name: &str| parts.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.retain(|item| !part("$remove").contains(item));
    for item in part("$add") {
        if !items.contains(item) {
            items.push(item.clone());
        }
    }
    (items.len() <= items_max).then_some(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_operations_on_a_set() {
        let stored = json!(["a", "b"]);
        for (stored, parts, want) in [
            (Some(&stored), json!({ "$add": ["b", "c"] }), Some(json!(["a", "b", "c"]))),
            (Some(&stored), json!({ "$remove": ["a", "z"] }), Some(json!(["b"]))),
            (Some(&stored), json!({ "$add": ["c"], "$remove": ["a"] }), Some(json!(["b", "c"]))),
            (Some(&stored), json!({ "$add": ["c", "d"] }), None),
            (Some(&json!("a")), json!({ "$add": ["c"] }), None),
            (None, json!({ "$add": ["c"] }), Some(json!(["c"]))),
            (None, json!({ "$remove": ["c"] }), Some(json!([]))),
        ] {
            assert_eq!(after(stored, parts.as_object().unwrap(), 3), want, "{parts}");
        }
    }

    #[test]
    fn an_array_or_its_parts_hold_texts_alone() {
        let rule = Rule { items_max: 2, fits: |text| !text.is_empty() };
        for (value, good) in [
            (json!([]), true),
            (json!(["a", "b"]), true),
            (json!(["a", "b", "c"]), false),
            (json!(["a", ""]), false),
            (json!(["a", 1]), false),
            (json!(["a", null]), false),
            (json!({ "$add": ["a"], "$remove": ["b"] }), true),
            (json!({ "$add": ["a", "b", "c"] }), false),
            (json!({ "$add": "a" }), false),
            (json!({ "$add": ["a"], "x": [] }), false),
            (json!({}), false),
            (json!("a"), false),
        ] {
            assert_eq!(check(&value, rule).is_ok(), good, "{value}");
        }
    }
}
