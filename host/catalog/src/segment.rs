//! A segment: the rows of one model that satisfy a condition (features 5).

use serde::{Deserialize, Serialize};

use crate::{
    condition::{Conjunction, Context, Group, Inside, Member, Node, Tree, Version, sentence},
    ids::{ModelId, SegmentId},
    model::Model,
    problem::{Problem, naming},
    size::SizeLimit,
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
    /// At most how many of them; all unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<SizeLimit>,
}

impl Segment {
    /// The rows of `model` that are in some segments and not in others, as a segment that can be saved.
    pub fn of_part(name: &str, model: ModelId, part: &[(SegmentId, Inside)]) -> Self {
        let member = |(segment, inside): &(SegmentId, Inside)| Node::Member(Member { segment: *segment, inside: *inside });
        let root = Group { op: Conjunction::And, not: false, children: part.iter().map(member).collect() };
        Self {
            name: name.to_owned(),
            description: String::new(),
            tags: Vec::new(),
            model,
            condition: Tree { version: Version::V1, root },
            limit: None,
        }
    }

    /// Every rule, given the model that `self.model` names and what the condition reaches ([`Context::missing`]).
    pub fn validate(&self, model: &Model, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        if let Err(found) = self.condition.check(model, context) {
            problems.extend(found.into_iter().map(|p| Problem { pointer: format!("/condition{}", p.pointer), ..p }));
        }
        if let Some(limit) = &self.limit {
            problems.extend(limit.validate(model).into_iter().map(|p| Problem { pointer: format!("/limit{}", p.pointer), ..p }));
        }
        problems
    }

    /// The condition and the limit in words, without a full stop.
    pub fn sentence(&self, model: &Model, context: &Context) -> String {
        let condition = sentence(&self.condition.root, model, context);
        match &self.limit {
            None => condition,
            Some(limit) => format!("{condition}; {}", limit.words(model)),
        }
    }

    /// The form to store: value lists without repeats. Call it after [`Segment::validate`] found nothing.
    pub fn tidy(&mut self, model: &Model, context: &Context) {
        self.condition.tidy(model, context);
    }
}
