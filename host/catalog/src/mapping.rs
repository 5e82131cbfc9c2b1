//! The mapping of an activation: which of our fields fills which field at the platform, and what happens to nulls.

use serde::{Deserialize, Serialize};

use crate::manifest::FieldRole;

/// Mapped fields, in the operator's order. Targets are unique.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// One entry per target.
    pub fields: Vec<MappedField>,
}

/// One target and what fills it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappedField {
    /// The exact name at the platform.
    pub target: String,
    /// What it means there; `attribute` unless said. A name may be mapped once per role (an e-mail address as identifier and as
    /// attribute).
    #[serde(default)]
    pub role: FieldRole,
    /// What fills it: `{"field": "country"}` or `{"constant": true}`.
    pub value: Value,
    /// What a null does; leave-out unless said.
    #[serde(default)]
    pub null: NullPolicy,
}

/// What fills a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MappedValue)]
pub enum Value {
    /// A field of the model, by its id.
    Field(String),
    /// The same value for every row: a JSON text, number or boolean.
    Constant(serde_json::Value),
}

/// What a null in the source does to the target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NullPolicy {
    /// The field is not mentioned: the platform keeps what it has.
    #[default]
    LeaveOut,
    /// The field is emptied at the platform.
    Clear,
    /// This value is sent instead.
    Default(serde_json::Value),
}
