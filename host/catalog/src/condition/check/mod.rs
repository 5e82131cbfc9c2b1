//! From the stored tree to the checked one: every problem at once, each with the pointer to its condition.

mod list;
mod property;
mod related;
mod sequence;

pub(crate) use property::sentence_case;

use std::collections::HashSet;

use serde_json::Value;

use super::{
    context::Context,
    operator::Takes,
    related::{Inside, Member},
    tree::{Conjunction, Group, Node, Property, Tree},
    typed::{Checked, Element, Members},
    value,
};
use crate::{
    code::Code,
    ids::{ModelId, SegmentId},
    limits::{CONDITION_CHILDREN_MAX, CONDITION_DEPTH_MAX, CONDITION_NODES_MAX},
    model::Model,
    problem::Problem,
    types::DataType,
};

/// Problems reported of one tree: a person corrects the first hundred before reading on.
const PROBLEMS_MAX: usize = 100;

impl Tree {
    /// The tree with typed values, or everything that is wrong with it. Pointers are relative to the tree.
    pub fn check(&self, model: &Model, context: &Context) -> Result<Checked, Vec<Problem>> {
        self.root
            .check(model, context)
            .map_err(|problems| problems.into_iter().map(|p| Problem { pointer: format!("/root{}", p.pointer), ..p }).collect())
    }

    /// Takes repeats out of value lists (features 5.3, rule 8). Lists with a problem are left as they are.
    pub fn tidy(&mut self, model: &Model, context: &Context) {
        self.root.tidy(model, context);
    }
}

impl Group {
    /// As [`Tree::check`], with pointers relative to the group.
    pub fn check(&self, model: &Model, context: &Context) -> Result<Checked, Vec<Problem>> {
        let frame = Frame { model, id: context.model, parent: None, parents: Vec::new() };
        let within = context.segment.into_iter().collect();
        let mut check = Check { frame, context, problems: Vec::new(), nodes: 0, within };
        let checked = check.group(self, String::new(), 1);
        if check.problems.is_empty() { Ok(checked) } else { Err(check.problems) }
    }

    fn tidy(&mut self, model: &Model, context: &Context) {
        for child in &mut self.children {
            match child {
                Node::Group(group) => group.tidy(model, context),
                Node::Property(property) => property.tidy(model),
                Node::Related(related) => tidy_where(&related.path, related.filter.as_mut(), model, context),
                Node::Sequence(sequence) => {
                    for step in &mut sequence.steps {
                        tidy_where(&step.path, step.filter.as_mut(), model, context);
                    }
                }
                Node::Member(_) | Node::Disabled(_) => {}
            }
        }
    }
}

impl Property {
    fn tidy(&mut self, model: &Model) {
        let Some(field) = model.field(&self.field) else { return };
        let key = |item: &Value| match field.ty {
            DataType::Array => Element::of(item, false).map(|element| format!("{element:?}")).ok_or(()),
            ty => value::scalar(item, ty).map(|scalar| format!("{scalar:?}")).map_err(drop),
        };
        if let (Takes::List | Takes::Texts, Some(Value::Array(items))) = (self.operator.takes(), &mut self.value) {
            let mut seen = HashSet::new();
            items.retain(|item| key(item).map_or(true, |key| seen.insert(key)));
        }
    }
}

/// Of the rows at the end of a path.
fn tidy_where(path: &[String], filter: Option<&mut Group>, model: &Model, context: &Context) {
    let last = path.iter().try_fold(model, |model, name| context.models.get(&model.relationship(name)?.model));
    if let (Some(last), Some(group)) = (last, filter) {
        group.tidy(last, context);
    }
}

struct Check<'a> {
    frame: Frame<'a>,
    context: &'a Context,
    problems: Vec<Problem>,
    nodes: usize,
    /// The segments whose conditions are being read, from the outside in.
    within: Vec<SegmentId>,
}

/// Whose rows are spoken of.
struct Frame<'a> {
    model: &'a Model,
    id: Option<ModelId>,
    /// Inside a condition on related rows: the model of the record whose related rows they are.
    parent: Option<&'a Model>,
    /// Positions of the parent's fields that were named.
    parents: Vec<usize>,
}

/// Marks a branch whose problem is already in the list.
struct Reported;

impl Check<'_> {
    fn report(&mut self, pointer: String, code: Code, cause: impl Into<String>) -> Reported {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(pointer, code, cause));
        }
        Reported
    }

    fn value(&mut self, at: &str, cause: impl std::fmt::Display) -> Reported {
        self.report(format!("{at}/value"), Code::ValueInvalid, property::sentence_case(cause))
    }

    fn group(&mut self, group: &Group, at: String, depth: usize) -> Checked {
        let always = Checked::All(Vec::new());
        self.nodes += 1 + group.children.len();
        if depth > CONDITION_DEPTH_MAX {
            self.report(at, Code::ConditionTooDeep, format!("Groups nest at most {CONDITION_DEPTH_MAX} deep."));
            return always;
        }
        if group.children.len() > CONDITION_CHILDREN_MAX {
            self.report(at, Code::ConditionTooDeep, format!("A group has at most {CONDITION_CHILDREN_MAX} children."));
            return always;
        }
        if self.nodes > CONDITION_NODES_MAX {
            if !self.problems.iter().any(|p| p.cause.contains("in all")) {
                let cause = format!("A condition has at most {CONDITION_NODES_MAX} groups and conditions in all.");
                self.report(at, Code::ConditionTooDeep, cause);
            }
            return always;
        }
        let mut children = Vec::with_capacity(group.children.len());
        for (index, child) in group.children.iter().enumerate() {
            let at = format!("{at}/children/{index}");
            match child {
                Node::Group(group) => children.push(self.group(group, at, depth + 1)),
                Node::Property(property) => children.extend(self.property(property, &at).ok()),
                Node::Related(related) => children.extend(self.related(related, &at, depth).ok()),
                Node::Member(member) => children.extend(self.member(member, &at).ok()),
                Node::Sequence(sequence) => children.extend(self.sequence(sequence, &at, depth).ok()),
                Node::Disabled(_) => {}
            }
        }
        let joined = match group.op {
            Conjunction::Or if !children.is_empty() => Checked::Any(children),
            Conjunction::Or | Conjunction::And => Checked::All(children),
        };
        if group.not { Checked::Not(Box::new(joined)) } else { joined }
    }

    /// The condition of the other segment, which is checked once more: its model may have changed since it was saved.
    fn member(&mut self, member: &Member, at: &str) -> Result<Checked, Reported> {
        let (pointer, context) = (format!("{at}/segment"), self.context);
        let name = |id: &SegmentId| context.segments.get(id).map_or_else(|| "this segment".to_owned(), |s| s.name.clone());
        if let Some(start) = self.within.iter().position(|id| *id == member.segment) {
            let circle: Vec<_> = self.within[start..].iter().chain([&member.segment]).map(name).collect();
            let cause = format!("The segments are made of each other: {}.", circle.join(" → "));
            return Err(self.report(pointer, Code::SegmentCycle, cause));
        }
        let Some(segment) = context.segments.get(&member.segment) else {
            let cause = format!("There is no segment {} in this workspace.", member.segment);
            return Err(self.report(pointer, Code::MemberInvalid, cause));
        };
        if self.frame.id != Some(segment.model) {
            let cause = format!("The segment {} is of another model than {}.", segment.name, self.frame.model.name);
            return Err(self.report(pointer, Code::MemberInvalid, cause));
        }
        if segment.remote.is_some() {
            let listed = Checked::Listed(member.segment);
            return Ok(match member.inside {
                Inside::Yes => listed,
                Inside::No => Checked::Not(Box::new(listed)),
            });
        }
        let mut within = self.within.clone();
        within.push(member.segment);
        let frame = Frame { model: self.frame.model, id: self.frame.id, parent: None, parents: Vec::new() };
        let mut inner = Check { frame, context, problems: Vec::new(), nodes: self.nodes, within };
        let condition = inner.group(&segment.condition.root, "/condition/root".into(), 1);
        if let Some(limit) = &segment.limit {
            let found = limit.validate(inner.frame.model).into_iter();
            inner.problems.extend(found.map(|p| Problem { pointer: format!("/limit{}", p.pointer), ..p }));
        }
        let (nodes, problems) = (inner.nodes, inner.problems);
        self.nodes = nodes;
        match problems.into_iter().next() {
            None => {}
            Some(p) if matches!(p.code, Code::SegmentCycle | Code::ConditionTooDeep) => {
                return Err(self.report(pointer, p.code, p.cause));
            }
            Some(p) => {
                let cause = format!("The segment {} is broken at {p}", segment.name);
                return Err(self.report(pointer, Code::SegmentBroken, cause));
            }
        }
        let checked = Checked::Member(Box::new(Members { condition, limit: segment.limit.clone() }));
        Ok(match member.inside {
            Inside::Yes => checked,
            Inside::No => Checked::Not(Box::new(checked)),
        })
    }
}
