//! The English reading of a condition: one sentence, for people, that says what the tree does.
//!
//! It reads the stored form, so that it also works while a condition is being written and is not yet valid.

use serde_json::Value;

use super::{
    operator::{Operator, Takes},
    tree::{Conjunction, Group, Node, Property},
};
use crate::model::Model;

/// Values of a list that are spelled out; the rest is counted.
const VALUES_SHOWN: usize = 5;

/// The condition in words, without a full stop: `country is not "United Kingdom" and orders is at least 2`.
pub fn sentence(group: &Group, model: &Model) -> String {
    if group.children.is_empty() && !group.not {
        return "every row".into();
    }
    group_words(group, model, true)
}

fn group_words(group: &Group, model: &Model, outer: bool) -> String {
    let joint = match group.op {
        Conjunction::And => " and ",
        Conjunction::Or => " or ",
    };
    let parts: Vec<String> = group
        .children
        .iter()
        .map(|child| match child {
            Node::Group(group) => group_words(group, model, false),
            Node::Property(property) => property_words(property, model),
        })
        .collect();
    let inside = if parts.is_empty() { "every row".into() } else { parts.join(joint) };
    match (group.not, outer || parts.len() < 2) {
        (true, _) => format!("not ({inside})"),
        (false, true) => inside,
        (false, false) => format!("({inside})"),
    }
}

fn property_words(property: &Property, model: &Model) -> String {
    let field = model.field(&property.field).map_or(property.field.as_str(), |field| field.label());
    let words = property.operator.words();
    let value = match (&property.value, &property.value_ref) {
        (_, Some(id)) => format!("the field {}", model.field(id).map_or(id.as_str(), |field| field.label())),
        (Some(value), None) => value_words(property.operator, value),
        (None, None) if property.operator.takes() == Takes::Nothing => String::new(),
        (None, None) => "…".into(),
    };
    let mut text = format!("{field} {words}");
    if !value.is_empty() {
        text.push(' ');
        text.push_str(&value);
    }
    if property.options.case_insensitive {
        text.push_str(" (in any case)");
    }
    if property.options.exact {
        text.push_str(" (to the second)");
    }
    if property.options.empty_as_no_value == Some(false) {
        text.push_str(" (an empty text is a value)");
    }
    text
}

fn value_words(operator: Operator, value: &Value) -> String {
    let number = |key: &str| value.get(key).map_or_else(|| "…".into(), Value::to_string);
    let unit = |plural: bool| {
        let unit = value.get("unit").and_then(Value::as_str).unwrap_or("…");
        if plural { unit.to_owned() } else { unit.trim_end_matches('s').to_owned() }
    };
    let window = || {
        let amount = number("amount");
        let unit = unit(amount != "1");
        format!("{amount} {unit}")
    };
    match operator.takes() {
        Takes::Window => match operator {
            Operator::MoreThanAgo => format!("{} ago", window()),
            Operator::MoreThanFromNow => format!("{} from now", window()),
            _ => window(),
        },
        Takes::WindowPair => format!("{} and {} {} ago", number("from"), number("to"), unit(true)),
        Takes::Days if value.as_u64() == Some(0) => "today".into(),
        Takes::Days => format!("within {value} days of today"),
        Takes::Percent => format!("{value} percent"),
        Takes::Pair => match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => format!("{low} and {high}"),
            _ => "…".into(),
        },
        Takes::List | Takes::Texts => match value.as_array() {
            Some(items) => {
                let shown: Vec<String> = items.iter().take(VALUES_SHOWN).map(Value::to_string).collect();
                let more = items.len().saturating_sub(VALUES_SHOWN);
                if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
            }
            None => "…".into(),
        },
        Takes::One | Takes::Pattern | Takes::Nothing => value.to_string(),
    }
}
