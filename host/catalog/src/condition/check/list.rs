//! Conditions on arrays: which elements there are, and how many.

use serde_json::Value;

use super::{Check, Reported, property::sentence_case};
use crate::{
    code::Code,
    condition::{
        operator::{Operator, Takes},
        tree::Property,
        typed::{Element, ListTest, Order},
        value,
    },
    limits::CONTAINED_VALUES_MAX,
};

impl Check<'_> {
    /// What an array must have. The operator is a positive one that takes a value.
    pub(super) fn list_test(&mut self, operator: Operator, property: &Property, at: &str) -> Result<ListTest, Reported> {
        let Some(value) = &property.value else { return Err(self.value(at, "a value is missing")) };
        let fold = property.options.case_insensitive;
        match operator {
            Operator::LengthIs => self.length(Order::Equal, value, at),
            Operator::LongerThan => self.length(Order::Greater, value, at),
            Operator::ShorterThan => self.length(Order::Less, value, at),
            Operator::ContainsAllOf => Ok(ListTest::HasAll { elements: self.elements(value, fold, at)?, fold }),
            _ if operator.takes() == Takes::Texts => Ok(ListTest::HasAny { elements: self.elements(value, fold, at)?, fold }),
            _ => match element(value, fold) {
                Ok(element) => Ok(ListTest::HasAny { elements: vec![element], fold }),
                Err(cause) => Err(self.value(at, cause)),
            },
        }
    }

    fn length(&mut self, order: Order, value: &Value, at: &str) -> Result<ListTest, Reported> {
        match value.as_u64().and_then(|length| u32::try_from(length).ok()) {
            Some(length) => Ok(ListTest::Length(order, length)),
            None => Err(self.value(at, "a whole number of elements is expected")),
        }
    }

    /// The elements without repeats; every bad one is reported with its position.
    fn elements(&mut self, value: &Value, fold: bool, at: &str) -> Result<Vec<Element>, Reported> {
        let Value::Array(items) = value else { return Err(self.value(at, "a list of values is expected")) };
        if items.is_empty() || items.len() > CONTAINED_VALUES_MAX {
            return Err(self.value(at, format!("a list has 1 to {CONTAINED_VALUES_MAX} values; this has {}", items.len())));
        }
        let (mut elements, mut bad) = (Vec::with_capacity(items.len()), false);
        for (position, item) in items.iter().enumerate() {
            match element(item, fold) {
                Ok(element) if elements.contains(&element) => {}
                Ok(element) => elements.push(element),
                Err(cause) => {
                    let cause = sentence_case(format!("the value at position {}: {cause}", position + 1));
                    self.report(format!("{at}/value/{position}"), Code::ValueInvalid, cause);
                    bad = true;
                }
            }
        }
        if bad { Err(Reported) } else { Ok(elements) }
    }
}

fn element(item: &Value, fold: bool) -> Result<Element, String> {
    if let Value::String(text) = item {
        value::text(text)?;
    }
    Element::of(item, fold).ok_or_else(|| "a text, a number, true or false is expected".into())
}
