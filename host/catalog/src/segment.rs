//! A segment: the rows of one model that satisfy a condition (features 5).

use serde::{Deserialize, Serialize};

use crate::{
    condition::{Context, Tree},
    ids::ModelId,
    model::Model,
    problem::{Problem, naming},
};

/// A declared segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// 1 to 120 characters, unique among the workspace's segments.
    pub name: String,
    /// For people; at most 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// For finding it again; at most 20.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whose rows.
    pub model: ModelId,
    /// Which rows.
    pub condition: Tree,
}

impl Segment {
    /// Every rule, given the model that `self.model` names and what the condition reaches ([`Context::missing`]).
    pub fn validate(&self, model: &Model, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        if let Err(found) = self.condition.check(model, context) {
            problems.extend(found.into_iter().map(|p| Problem { pointer: format!("/condition{}", p.pointer), ..p }));
        }
        problems
    }

    /// The form to store: value lists without repeats. Call it after [`Segment::validate`] found nothing.
    pub fn tidy(&mut self, model: &Model, context: &Context) {
        self.condition.tidy(model, context);
    }
}
