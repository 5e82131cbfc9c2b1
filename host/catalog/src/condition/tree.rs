//! The stored form of a condition: what is written to the database, to files and over the API.
//!
//! Strict: an unknown key, an unknown operator or a node of a later version is an error that names it. Shape only; whether fields
//! exist and values fit is [`super::check`]'s question.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::{
    operator::Operator,
    related::{Member, Related, ValueRef},
    sequence::Sequence,
};

/// A versioned condition. JSON: `{"version": 1, "root": {"op": "and", "children": […]}}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The form of the tree; 1.
    pub version: Version,
    /// The outermost group; without children it means every row.
    pub root: Group,
}

/// The versions that this release reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// Groups, conditions on fields, on related rows and their order, on membership.
    #[default]
    V1,
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u64::deserialize(d)? {
            1 => Ok(Self::V1),
            other => Err(de::Error::custom(format!("condition version {other} is not known; this release reads version 1"))),
        }
    }
}

impl utoipa::PartialSchema for Version {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::Integer).enum_values(Some([1])).into()
    }
}

impl utoipa::ToSchema for Version {}

/// Conditions joined by "and" or "or". An empty group is true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Whether all or any of the children must hold.
    pub op: Conjunction,
    /// Turns the whole group into its complement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
    /// 0 to 50; groups nest 10 deep.
    #[serde(default)]
    #[schema(no_recursion)]
    pub children: Vec<Node>,
}

impl Group {
    /// The children that are asked: all but the disabled ones.
    pub fn asked(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(|child| !matches!(child, Node::Disabled(_)))
    }
}

/// How the children of a group are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conjunction {
    /// All of them.
    #[default]
    And,
    /// Any of them.
    Or,
}

/// One child of a group.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Node {
    /// A group inside the group.
    Group(Group),
    /// A condition on one field.
    Property(Property),
    /// A condition on related rows.
    Related(Related),
    /// A membership of another segment.
    Member(Member),
    /// Related rows in an order of time.
    Sequence(Sequence),
    /// A condition that is kept and not asked.
    Disabled(Disabled),
}

/// A condition that is kept for later: the group that it stands in means what it would mean without it. Its form is checked, its fields
/// are not. JSON: `{"disabled": {…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DisabledCondition)]
pub struct Disabled {
    /// The condition.
    #[schema(no_recursion)]
    pub disabled: Box<Node>,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(d)?;
        let Value::Object(map) = &value else {
            return match value {
                Value::Bool(true) => Ok(Self::Group(Group::default())),
                _ => Err(de::Error::custom(
                    "a node of a condition is an object: a group (`op`), a condition (`field`), related rows (`path`), a sequence (`steps`), a membership (`segment`) or `disabled`",
                )),
            };
        };
        if map.contains_key("op") || map.contains_key("children") {
            Group::deserialize(value).map(Self::Group).map_err(de::Error::custom)
        } else if map.contains_key("field") || map.contains_key("operator") {
            Property::deserialize(value).map(Self::Property).map_err(de::Error::custom)
        } else if map.contains_key("path") || map.contains_key("quantifier") {
            Related::deserialize(value).map(Self::Related).map_err(de::Error::custom)
        } else if map.contains_key("segment") {
            Member::deserialize(value).map(Self::Member).map_err(de::Error::custom)
        } else if map.contains_key("disabled") {
            Disabled::deserialize(value).map(Self::Disabled).map_err(de::Error::custom)
        } else if map.contains_key("steps") {
            Sequence::deserialize(value).map(Self::Sequence).map_err(de::Error::custom)
        } else {
            Err(de::Error::custom(
                "a node is a group (`op`), a condition (`field`), related rows (`path`), a sequence (`steps`), a membership (`segment`) or `disabled`",
            ))
        }
    }
}

/// A condition on one field: operator, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Id of a field of the model.
    pub field: String,
    /// What is tested.
    pub operator: Operator,
    /// The constant side. One value (text, number, boolean, `"2026-11-01"`, `"2026-11-01T08:00:00Z"`); a list of values; a pair
    /// `[from, to]`; a window `{"amount": 7, "unit": "days"}` or `{"from": 30, "to": 90, "unit": "days"}`; days or percent as a number.
    /// A decimal may be text, so that no digit is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Instead of `value`: another field of the same type, of the same record (`"city"`) or, inside a condition on related rows, of
    /// the record whose related rows they are (`{"parent": "city"}`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_ref: Option<ValueRef>,
    /// Fine points of the operator.
    #[serde(default, skip_serializing_if = "Options::is_default")]
    pub options: Options,
}

/// Fine points; each is refused where the operator has no use for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Texts are equal when their lower-case forms are; off unless said.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub case_insensitive: bool,
    /// For `has-any-value` and `has-no-value` of a string: the empty text counts as no value; on unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty_as_no_value: Option<bool>,
    /// For relative windows of days and more: exactly so much time back from now, instead of calendar units.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// For relative windows of weeks; Monday unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week_starts_on: Option<WeekStart>,
}

impl Options {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The first day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the definition
pub enum WeekStart {
    Monday,
    Saturday,
    Sunday,
}
