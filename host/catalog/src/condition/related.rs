//! The stored form of conditions beyond the row itself: on related rows (features 5.4), and on membership of other segments.
//!
//! All conditions of one `where` speak of the same related row; two conditions side by side may be met by different rows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    operator::Operator,
    tree::{Group, Options},
};
use crate::ids::SegmentId;

/// A condition on the rows that are found by following relationships. Each related row counts once, however many ways lead to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RelatedCondition)]
pub struct Related {
    /// 1 to 6 names of relationships: the first of the segment's model, each other of the model that the one before leads to.
    pub path: Vec<String>,
    /// How many rows must be there. Exactly one of `quantifier` and `measure` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantifier: Option<Quantifier>,
    /// Instead of counting rows: an aggregate of a field, compared with a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// Which related rows; all of them unless said. May hold conditions on rows related to these.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub filter: Option<Group>,
    /// When; any time unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// For `all`: a record without related rows counts, too; it does not unless said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_counts: bool,
}

/// How many related rows must be there. JSON: `"any"`, `"none"`, `"all"`, `"first-ever"`, `"last-ever"`, or `{"at-least": 2}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quantifier {
    /// So many or more; at least 1.
    AtLeast(u64),
    /// So many, no more and no less; 0 means none.
    Exactly(u64),
    /// So many or fewer; 0 means none.
    AtMost(u64),
    /// Rows on so many different days of the workspace's zone; at least 1.
    AtLeastDays(u64),
    /// One or more.
    Any,
    /// None at all.
    None,
    /// Every related row within the window satisfies `where`, and there is one.
    All,
    /// The earliest of all related rows lies in the window and satisfies `where`. Rows without a time are passed over.
    FirstEver,
    /// The latest of all related rows does.
    LastEver,
}

/// An aggregate over the related rows that satisfy window and `where`. Without rows, counts and sums are 0, and the others have no
/// value, so that every comparison is false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What is computed.
    pub function: Function,
    /// Id of a field of the last model of the path; `count` takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How the result is compared: operators of numbers, or of times for the smallest and largest of a time field.
    pub operator: Operator,
    /// With what; as in a condition on a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// An aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MeasureFunction)]
pub enum Function {
    /// How many rows.
    Count,
    /// How many different values; texts are compared in Unicode NFC.
    CountDistinct,
    /// Of numbers; exact for integers and decimals.
    Sum,
    /// Of numbers; exact for integers and decimals.
    Avg,
    /// The smallest number, or the earliest time.
    Min,
    /// The largest number, or the latest time.
    Max,
}

/// When the related rows must be: a condition on a time field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RelatedWindow)]
pub struct Window {
    /// Id of a date or timestamp of the last model of the path; the model's time field unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// An operator of dates and timestamps.
    pub operator: Operator,
    /// As in a condition on a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Fine points of the operator.
    #[serde(default, skip_serializing_if = "Options::is_default")]
    pub options: Options,
}

/// Whether the record, by its primary key, is in another segment of the same model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberCondition)]
pub struct Member {
    /// The other segment.
    pub segment: SegmentId,
    /// Whether it must be in.
    #[serde(rename = "in")]
    pub inside: Inside,
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the definition
pub enum Inside {
    Yes,
    No,
}

/// The other side of a comparison when it does not stand in the condition itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ValueRef {
    /// Id of a field of the same record.
    Field(String),
    /// A field of the record whose related rows are looked at.
    Parent(ParentField),
    /// A value that the workspace keeps under a name.
    Variable(Variable),
}

/// A value that the workspace keeps under a name, so that many conditions change with it. JSON: `{"variable": "good_total"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VariableRef)]
pub struct Variable {
    /// Its name.
    pub variable: String,
}

/// A field of the record whose related rows are looked at. JSON: `{"parent": "country"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentField {
    /// Its id.
    pub parent: String,
}
