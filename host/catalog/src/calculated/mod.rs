//! Calculated fields: fields of a model that are computed instead of read from a column (features 3.7).
//!
//! A formula computes over the other fields of the record; an aggregate over the rows that relationships lead to. Both have a declared
//! type like any field, so conditions, mappings and previews do not know the difference. Here is what can be said from declarations:
//! types, paths, circles. [`Checked`] is what the query room evaluates.

mod aggregate;
mod depends;
mod validate;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use aggregate::{Aggregation, CheckedAggregate};

use crate::{
    condition::{Group, Window},
    formula::Term,
};

/// How a field is computed. JSON: `{"formula": "total / orders"}` or `{"aggregate": {"path": ["orders"], "function": "count"}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Calculated {
    /// From other fields of the record, in the language of `docs/formulas.md`; at most 4,000 characters.
    Formula(String),
    /// From related rows.
    Aggregate(Box<Aggregated>),
}

/// An aggregate over the rows that a path leads to. Each related row counts once, however many ways lead to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AggregatedField)]
pub struct Aggregated {
    /// 1 to 6 names of relationships: the first of this model, each other of the model that the one before leads to.
    pub path: Vec<String>,
    /// What is computed.
    pub function: AggregateFunction,
    /// Id of a field of the last model; `count`, `exists` and `days-since-last` take none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Which related rows; all of them unless said.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub filter: Option<Group>,
    /// When; any time unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// For `first`, `last` and `days-since-last`: id of the date or timestamp of the last model that orders its rows; its time field
    /// unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The value where no related row has one. Counts are 0 and `exists` is false there; the others have no value unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// What an aggregated field computes of the related rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AggregateFunction {
    /// How many rows.
    Count,
    /// How many different values; texts are compared in Unicode NFC.
    CountDistinct,
    /// Of numbers; exact for integers and decimals.
    Sum,
    /// Of numbers, over all the rows at the end of the path, with four more digits after the point; halves go away from zero.
    Avg,
    /// The smallest number, or the earliest time.
    Min,
    /// The largest number, or the latest time.
    Max,
    /// The value of the earliest row that has a time and a value; of the smaller primary key among equals.
    First,
    /// The value of the latest one.
    Last,
    /// The value that most rows have; the smallest one among equals.
    MostFrequent,
    /// The different values in order, at most 1,000, as an array.
    List,
    /// Whether there is a row.
    Exists,
    /// Days of the workspace's zone from the latest time until today.
    DaysSinceLast,
}

/// A calculated field that was checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// Computed of the record; the term has the field's type.
    Formula(Term),
    /// Computed of related rows.
    Aggregate(CheckedAggregate),
}
