//! The bundle as it is written: objects as JSON, references by name, secrets beside their destination or source.

use serde::Deserialize;
use serde_json::{Map, Value};

/// An object of a bundle. The same fields as the resource takes; references are names.
pub(crate) type Item = Map<String, Value>;

/// Named objects of one workspace.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Bundle {
    /// As `Source`, and `credentials`, as of destinations.
    #[schema(value_type = Vec<Object>)]
    pub(crate) sources: Vec<Item>,
    /// As `Model`; `source` and each relationship's `model` are names.
    #[schema(value_type = Vec<Object>)]
    pub(crate) models: Vec<Item>,
    /// As `Segment`; `model` and each `segment` of its condition are names.
    #[schema(value_type = Vec<Object>)]
    pub(crate) segments: Vec<Item>,
    /// As `Destination`, and `credentials`: secret by name, set each time they are given.
    #[schema(value_type = Vec<Object>)]
    pub(crate) destinations: Vec<Item>,
    /// As `Activation`; `from.model`, `from.segment` and `destination` are names.
    #[schema(value_type = Vec<Object>)]
    pub(crate) activations: Vec<Item>,
}

impl Bundle {
    /// How many objects it has.
    pub(crate) fn len(&self) -> usize {
        self.sources.len() + self.models.len() + self.segments.len() + self.destinations.len() + self.activations.len()
    }
}
