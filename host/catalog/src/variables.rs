//! Values that a workspace keeps under names: what "a good customer" spends is said once, and every condition that names it follows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    code::Code,
    limits::{LIST_VALUES_MAX, VARIABLE_CHARS_MAX, VARIABLES_MAX},
    model::is_field_id,
    problem::Problem,
};

/// By name: a text, a number, true or false, or a list of such. Which type it is to have is the condition's business.
pub type Variables = BTreeMap<String, Value>;

/// Everything that is wrong with a set of variables, with pointers into it.
pub fn problems(variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |name: &str, cause: String| problems.push(Problem::new(format!("/{name}"), Code::FieldInvalid, cause));
    if variables.len() > VARIABLES_MAX {
        wrong("", format!("A workspace has at most {VARIABLES_MAX} variables."));
    }
    for (name, value) in variables {
        if !is_field_id(name) {
            wrong(name, "A name is a lower-case letter, then lower-case letters, digits and `_`; at most 63.".to_owned());
        }
        let fine = match value {
            Value::Array(items) => !items.is_empty() && items.len() <= LIST_VALUES_MAX && items.iter().all(is_scalar),
            single => is_scalar(single),
        };
        if !fine {
            let cause = format!(
                "A value is a text of at most {VARIABLE_CHARS_MAX} characters, a number, true or false, or a list of up to \
                 {LIST_VALUES_MAX} of them."
            );
            wrong(name, cause);
        }
    }
    problems
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().count() <= VARIABLE_CHARS_MAX,
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_is_a_value_or_a_list_of_values_under_a_name() {
        let of = |value: Value| problems(&serde_json::from_value(value).expect("an object"));
        assert_eq!(of(json!({ "good_total": 250, "lands": ["FR", "DE"], "on": true, "since": "2026-01-01" })), []);
        let wrong = of(json!({ "Good": 1, "none": null, "empty": [], "deep": [[1]], "object": {} }));
        let pointers: Vec<&str> = wrong.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/Good", "/deep", "/empty", "/none", "/object"]);
        assert_eq!(of(json!({ "long": "x".repeat(VARIABLE_CHARS_MAX + 1) })).len(), 1);
    }
}
