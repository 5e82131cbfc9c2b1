//! A segment: the rows of one model that satisfy a condition (features 5).

use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    condition::{Conjunction, Context, Group, Inside, Member, Node, Tree, Version, sentence},
    ids::{ModelId, SegmentId},
    model::Model,
    problem::{Problem, naming},
    remote::Remote,
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
    /// Of a remote segment: where its members come from. It has no conditions of its own; another segment can be made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
    /// Whether it is ready to be sent.
    #[serde(default, skip_serializing_if = "SegmentState::is_active")]
    pub state: SegmentState,
    /// Whether the statistics note when each member came and went.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tracks_members: bool,
}

/// Whether a segment is ready to be sent. Every one can be looked at and be part of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentState {
    /// Still being worked on: it is not sent, and no statistics are kept.
    Draft,
    /// It may be sent.
    #[default]
    Active,
    /// Kept to look at: it is not sent any more, and no statistics are kept.
    Archived,
}

impl SegmentState {
    fn is_active(&self) -> bool {
        *self == Self::Active
    }
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
            remote: None,
            state: SegmentState::Active,
            tracks_members: false,
        }
    }

    /// Why an activation cannot send it; none where it can.
    pub fn unsent(&self) -> Option<Problem> {
        let word = match self.state {
            SegmentState::Active => return None,
            SegmentState::Draft => "a draft",
            SegmentState::Archived => "archived",
        };
        let cause = format!("The segment {} is {word}; only an active one is sent.", self.name);
        Some(Problem::new("/from/segment", Code::SegmentNotActive, cause))
    }

    /// The condition that a saved segment is evaluated by: of a remote one, that a row is in the list that is kept under its id.
    pub fn asked(&self, id: SegmentId) -> Group {
        match &self.remote {
            None => self.condition.root.clone(),
            Some(_) => {
                let listed = Node::Member(Member { segment: id, inside: Inside::Yes });
                Group { op: Conjunction::And, not: false, children: vec![listed] }
            }
        }
    }

    /// Every rule, given the model that `self.model` names and what the condition reaches ([`Context::missing`]).
    pub fn validate(&self, model: &Model, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        if let Err(found) = self.condition.check(model, context) {
            problems.extend(found.into_iter().map(|p| Problem { pointer: format!("/condition{}", p.pointer), ..p }));
        }
        if let Some(remote) = &self.remote {
            if !self.condition.root.children.is_empty() || self.condition.root.not {
                let cause = "A remote segment has no conditions of its own; make another segment of those in it.";
                problems.push(Problem::new("/condition/root", Code::MemberInvalid, cause));
            }
            problems.extend(remote.validate(model).into_iter().map(|p| Problem { pointer: format!("/remote{}", p.pointer), ..p }));
        }
        if let Some(limit) = &self.limit {
            problems.extend(limit.validate(model).into_iter().map(|p| Problem { pointer: format!("/limit{}", p.pointer), ..p }));
        }
        problems
    }

    /// The condition and the limit in words, without a full stop.
    pub fn sentence(&self, model: &Model, context: &Context) -> String {
        let condition = match &self.remote {
            None => sentence(&self.condition.root, model, context),
            Some(remote) => {
                let by: Vec<&str> = remote.matches.iter().map(|shared| shared.field.as_str()).collect();
                format!("is in the segment {:?} of the platform, by {}", remote.segment, by.join(" or "))
            }
        };
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
