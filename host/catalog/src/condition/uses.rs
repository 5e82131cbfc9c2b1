//! Which fields a checked condition reads, of its own model and of the models that it reaches.

use std::collections::BTreeSet;

use super::{
    context::Context,
    typed::{Checked, Hop, Operand, Quantity, Test, TextTest},
};
use crate::{ids::ModelId, model::Model, size::KeepOrder};

/// A field by its model (none: the model in question) and its position.
pub type Place = (Option<ModelId>, usize);

/// Whose rows a condition is about.
#[derive(Clone, Copy)]
pub(crate) struct Seat<'a> {
    pub(crate) id: Option<ModelId>,
    pub(crate) model: &'a Model,
}

impl Checked {
    /// The fields that the condition, one about `model`, reads.
    pub fn uses(&self, model: &Model, context: &Context) -> BTreeSet<Place> {
        let (seat, mut found) = (Seat { id: None, model }, BTreeSet::new());
        self.walk(seat, seat, context, &mut found);
        found
    }

    /// `parent` is the model of the record whose related rows the condition is about.
    pub(crate) fn walk(&self, of: Seat<'_>, parent: Seat<'_>, context: &Context, found: &mut BTreeSet<Place>) {
        match self {
            Self::All(children) | Self::Any(children) => children.iter().for_each(|child| child.walk(of, parent, context, found)),
            Self::Not(child) => child.walk(of, parent, context, found),
            Self::Leaf(leaf) => {
                found.insert((of.id, leaf.field));
                match leaf.test.operand() {
                    Some(Operand::Field(other)) => drop(found.insert((of.id, *other))),
                    Some(Operand::Parent(other)) => drop(found.insert((parent.id, *other))),
                    Some(Operand::Constant(_)) | None => {}
                }
            }
            Self::Member(members) => {
                members.condition.walk(of, of, context, found);
                if let Some(KeepOrder::Field(field)) = members.limit.as_ref().map(|limit| &limit.order) {
                    found.extend(of.model.fields.iter().position(|known| known.id == field.id).map(|at| (of.id, at)));
                }
            }
            Self::Listed(_) => {
                let position = |id: &String| of.model.fields.iter().position(|known| known.id == *id);
                found.extend(of.model.primary_key.iter().filter_map(position).map(|at| (of.id, at)));
            }
            Self::Reach(reach) => {
                let last = hops(&reach.hops, of.id, found);
                found.extend(reach.parents.iter().map(|field| (of.id, *field)));
                match &reach.quantity {
                    Quantity::Any => {}
                    Quantity::Measure(measured) => found.extend(measured.aggregate.field().map(|field| (last, field))),
                    Quantity::Pick { time, .. } => drop(found.insert((last, *time))),
                }
                if let Some(model) = last.and_then(|id| context.models.get(&id)) {
                    reach.condition.walk(Seat { id: last, model }, of, context, found);
                }
            }
            Self::Sequence(ordered) => {
                found.extend(ordered.parents.iter().map(|field| (of.id, *field)));
                let lasts: Vec<_> = ordered.steps.iter().map(|step| hops(&step.hops, of.id, found)).collect();
                for (step, last) in ordered.steps.iter().zip(&lasts) {
                    found.insert((*last, step.time));
                    found.extend(step.same.iter().flat_map(|same| [(*last, same.field), (lasts[same.step], same.other)]));
                    if let Some(model) = last.and_then(|id| context.models.get(&id)) {
                        step.condition.walk(Seat { id: *last, model }, of, context, found);
                    }
                }
            }
        }
    }
}

/// Adds the joined fields of a path that begins at a model; gives the model at its end.
pub(crate) fn hops(hops: &[Hop], from: Option<ModelId>, found: &mut BTreeSet<Place>) -> Option<ModelId> {
    hops.iter().fold(from, |before, hop| {
        found.extend(hop.on.iter().flat_map(|(here, there)| [(before, *here), (Some(hop.model), *there)]));
        Some(hop.model)
    })
}

impl Test {
    /// The right side of a comparison with one.
    fn operand(&self) -> Option<&Operand> {
        match self {
            Self::Equals(operand) | Self::Compare(_, operand) => Some(operand),
            Self::Text { test, .. } => match test {
                TextTest::Equals(operand)
                | TextTest::StartsWith(operand)
                | TextTest::EndsWith(operand)
                | TextTest::Contains(operand) => Some(operand),
                TextTest::OneOf(_) | TextTest::ContainsAny(_) | TextTest::ContainsAll(_) | TextTest::Pattern(_) => None,
            },
            Self::HasValue { .. }
            | Self::OneOf(_)
            | Self::Between(..)
            | Self::Time(_)
            | Self::List(_)
            | Self::Anniversary { .. }
            | Self::Percentile { .. } => None,
        }
    }
}

impl super::typed::Aggregate {
    /// The field that is aggregated.
    fn field(self) -> Option<usize> {
        match self {
            Self::Count => None,
            Self::CountDistinct(field)
            | Self::CountDays(field)
            | Self::Sum(field)
            | Self::Avg(field)
            | Self::Min(field)
            | Self::Max(field) => Some(field),
        }
    }
}
