//! What a condition can reach beyond its own model: other models by their relationships, other segments by membership.
//!
//! The catalog does no I/O: who checks a condition loads what [`Context::missing`] names, until it names nothing more.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Group, Node};
use crate::{
    calculated::Calculated,
    ids::{ModelId, SegmentId},
    model::Model,
    segment::Segment,
    variables::Variables,
};

/// The models and segments around a condition. Empty for a condition on the model's own fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// The id of the model that the condition is about; without one no membership can be right.
    pub model: Option<ModelId>,
    /// The id of the segment whose condition it is, when it has one yet.
    pub segment: Option<SegmentId>,
    /// Other models.
    pub models: BTreeMap<ModelId, Model>,
    /// Other segments.
    pub segments: BTreeMap<SegmentId, Segment>,
    /// What the workspace keeps under names.
    pub variables: Variables,
}

/// Something that a condition names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A model, by a relationship.
    Model(ModelId),
    /// A segment, by a membership.
    Segment(SegmentId),
}

impl Context {
    /// Takes in what `group` reaches, from objects that are at hand. What is not found is left out.
    pub fn gather(
        &mut self,
        group: &Group,
        model: &Model,
        find_model: impl Fn(ModelId) -> Option<Model>,
        find_segment: impl Fn(SegmentId) -> Option<Segment>,
    ) {
        loop {
            let before = self.models.len() + self.segments.len();
            for named in self.missing(group, model) {
                match named {
                    Named::Model(id) => self.models.extend(find_model(id).map(|model| (id, model))),
                    Named::Segment(id) => self.segments.extend(find_segment(id).map(|segment| (id, segment))),
                }
            }
            if self.models.len() + self.segments.len() == before {
                return;
            }
        }
    }

    /// What `group`, a condition about `model`, needs and this context does not have. What lies behind a missing model is not known
    /// yet, so ask again once it is there. Names that lead nowhere are passed over; the check tells them.
    pub fn missing(&self, group: &Group, model: &Model) -> BTreeSet<Named> {
        let mut walk = Walk { context: self, missing: BTreeSet::new(), seen: BTreeSet::new(), calculated: BTreeSet::new() };
        walk.calculated(self.model, model);
        walk.group(group, model);
        walk.missing
    }
}

struct Walk<'a> {
    context: &'a Context,
    missing: BTreeSet<Named>,
    seen: BTreeSet<SegmentId>,
    /// The models whose calculated fields were looked at.
    calculated: BTreeSet<Option<ModelId>>,
}

impl Walk<'_> {
    /// What the calculated fields of a model reach.
    fn calculated(&mut self, id: Option<ModelId>, model: &Model) {
        if !self.calculated.insert(id) {
            return;
        }
        for field in &model.fields {
            if let Some(Calculated::Aggregate(aggregated)) = &field.calculated
                && let (Some(last), Some(filter)) = (self.last(&aggregated.path, model), &aggregated.filter)
            {
                self.group(filter, &last);
            }
        }
    }

    fn group(&mut self, group: &Group, model: &Model) {
        let context = self.context;
        for child in &group.children {
            match child {
                Node::Group(group) => self.group(group, model),
                Node::Property(_) | Node::Disabled(_) => {}
                Node::Member(member) => match context.segments.get(&member.segment) {
                    None => {
                        self.missing.insert(Named::Segment(member.segment));
                    }
                    Some(segment) if self.seen.insert(member.segment) => self.group(&segment.condition.root, model),
                    Some(_) => {}
                },
                Node::Related(related) => {
                    if let (Some(model), Some(group)) = (self.last(&related.path, model), &related.filter) {
                        self.group(group, &model);
                    }
                }
                Node::Sequence(sequence) => {
                    for step in &sequence.steps {
                        if let (Some(model), Some(group)) = (self.last(&step.path, model), &step.filter) {
                            self.group(group, &model);
                        }
                    }
                }
            }
        }
    }

    /// The model at the end of a path, as far as it is known.
    fn last(&mut self, path: &[String], model: &Model) -> Option<Model> {
        let mut model = model.clone();
        for name in path {
            let id = model.relationship(name)?.model;
            let Some(next) = self.context.models.get(&id) else {
                self.missing.insert(Named::Model(id));
                return None;
            };
            let next = next.clone();
            self.calculated(Some(id), &next);
            model = next;
        }
        Some(model)
    }
}

impl Group {
    /// The segments that the condition names itself, also inside conditions on related rows.
    pub fn members(&self) -> BTreeSet<SegmentId> {
        let mut found = BTreeSet::new();
        for child in &self.children {
            match child {
                Node::Group(group) => found.extend(group.members()),
                Node::Property(_) | Node::Disabled(_) => {}
                Node::Member(member) => {
                    found.insert(member.segment);
                }
                Node::Related(related) => found.extend(related.filter.iter().flat_map(Group::members)),
                Node::Sequence(sequence) => {
                    found.extend(sequence.steps.iter().filter_map(|step| step.filter.as_ref()).flat_map(Group::members));
                }
            }
        }
        found
    }
}
