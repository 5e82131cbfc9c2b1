//! Sequences: their steps, the time between them, and the fields that they share.

use super::{Check, Frame, Reported};
use crate::{
    code::Code,
    condition::{
        ordered::{Ordered, OrderedStep, SameAs},
        related::Inside,
        sequence::{Same, Sequence, Step, Within},
        typed::{Checked, Unit},
    },
    limits::{SEQUENCE_STEPS_MAX, SEQUENCE_STEPS_MIN},
    model::{Model, unknown_field},
    types::DataType,
};

/// What is known of the steps before.
#[derive(Default)]
struct Before<'a> {
    /// The rows of each, where they could be found, and whether it was done.
    steps: Vec<(Option<&'a Model>, bool)>,
    /// The type of the first time that could be found.
    time: Option<DataType>,
    /// Positions of the record's fields that were named.
    parents: Vec<usize>,
}

impl<'a> Check<'a> {
    pub(super) fn sequence(&mut self, sequence: &Sequence, at: &str, depth: usize) -> Result<Checked, Reported> {
        let count = sequence.steps.len();
        if !(SEQUENCE_STEPS_MIN..=SEQUENCE_STEPS_MAX).contains(&count) {
            let cause = format!("A sequence has {SEQUENCE_STEPS_MIN} to {SEQUENCE_STEPS_MAX} steps; this has {count}.");
            return Err(self.report(format!("{at}/steps"), Code::SequenceInvalid, cause));
        }
        let (mut before, mut steps) = (Before::default(), Vec::with_capacity(count));
        for (index, step) in sequence.steps.iter().enumerate() {
            steps.extend(self.step(step, &format!("{at}/steps/{index}"), depth, &mut before).ok());
        }
        if steps.len() < count {
            return Err(Reported);
        }
        Ok(Checked::Sequence(Box::new(Ordered { steps, parents: before.parents })))
    }

    fn step(&mut self, step: &Step, at: &str, depth: usize, before: &mut Before<'a>) -> Result<OrderedStep, Reported> {
        let first = before.steps.is_empty();
        let did = step.did == Inside::Yes;
        let found = self.path(&step.path, at);
        before.steps.push((found.as_ref().ok().map(|(_, last, _)| *last), did));
        let (hops, last, id) = found?;
        self.nodes += 1 + hops.len();

        let parents = std::mem::take(&mut before.parents);
        let inner = Frame { model: last, id: Some(id), parent: Some(self.frame.model), parents };
        let outer = std::mem::replace(&mut self.frame, inner);
        let time = self.time_field(step.time.as_deref(), &format!("{at}/time"));
        let filter = step.filter.as_ref().map(|group| self.group(group, format!("{at}/where"), depth + 1));
        before.parents = std::mem::replace(&mut self.frame, outer).parents;

        let wrong =
            |check: &mut Self, place: &str, cause: String| Err(check.report(format!("{at}{place}"), Code::SequenceInvalid, cause));
        let ty = time.as_ref().ok().map(|time| last.fields[*time].ty);
        let one_type = match (ty, before.time) {
            (Some(ty), Some(other)) if ty != other => {
                wrong(self, "/time", format!("The first step happens at a {other}, and this one at a {ty}; all have one type."))
            }
            _ => Ok(()),
        };
        before.time = before.time.or(ty);
        let may_begin = match (first, did, step.within) {
            (true, false, _) => wrong(self, "/did", "The first step is what the others follow, so it was done.".into()),
            (true, true, Some(_)) => wrong(self, "/within", "Nothing comes before the first step; it has no `within`.".into()),
            _ => Ok(()),
        };
        let within = if first { Ok(None) } else { step.within.map(|within| self.within(within, ty, at)).transpose() };
        let mut same = Vec::with_capacity(step.same.len());
        for (index, pair) in step.same.iter().enumerate() {
            same.extend(self.same(pair, last, &format!("{at}/same/{index}"), before).ok());
        }
        let (time, within) = (time?, within?);
        one_type.and(may_begin)?;
        if same.len() < step.same.len() {
            return Err(Reported);
        }
        Ok(OrderedStep { hops, condition: filter.unwrap_or(Checked::All(Vec::new())), time, did, within, same })
    }

    fn within(&mut self, within: Within, ty: Option<DataType>, at: &str) -> Result<Within, Reported> {
        let cause = if within.amount == 0 {
            "The amount must be at least 1.".to_owned()
        } else if matches!(within.unit, Unit::Months | Unit::Quarters | Unit::Years) {
            "Months and more have no fixed length; say it in days or weeks.".into()
        } else if within.amount > within.unit.amount_max() {
            format!("At most {} of this unit.", within.unit.amount_max())
        } else if ty == Some(DataType::Date) && within.days().is_none() {
            "A date has no minutes or hours; say it in days or weeks.".into()
        } else {
            return Ok(within);
        };
        Err(self.report(format!("{at}/within"), Code::SequenceInvalid, cause))
    }

    fn same(&mut self, pair: &Same, model: &Model, at: &str, before: &Before<'a>) -> Result<SameAs, Reported> {
        let here = self.shared(&pair.field, model, &format!("{at}/field"));
        let steps = &before.steps[..before.steps.len() - 1];
        let earlier = pair.step.checked_sub(1).and_then(|step| steps.get(step));
        let other = match earlier {
            None => {
                let cause = format!("There is no earlier step {}; steps are counted from 1.", pair.step);
                return Err(self.report(format!("{at}/step"), Code::SequenceInvalid, cause));
            }
            Some((_, false)) => {
                let cause = format!("Step {} was not done, so it has no row to compare with.", pair.step);
                return Err(self.report(format!("{at}/step"), Code::SequenceInvalid, cause));
            }
            // What is wrong with that step is told there.
            Some((None, true)) => return Err(Reported),
            Some((Some(other), true)) => *other,
        };
        let there = self.shared(&pair.other, other, &format!("{at}/other"));
        let (here, there) = (here?, there?);
        let (ty, other_ty) = (model.fields[here].ty, other.fields[there].ty);
        if ty != other_ty {
            let cause = format!("{} is {ty}, and {} is {other_ty}; shared fields have one type.", pair.field, pair.other);
            return Err(self.report(format!("{at}/other"), Code::SequenceInvalid, cause));
        }
        Ok(SameAs { field: here, step: pair.step - 1, other: there })
    }

    /// Position of a field that steps may share.
    fn shared(&mut self, id: &str, model: &Model, pointer: &str) -> Result<usize, Reported> {
        match model.fields.iter().position(|field| field.id == id) {
            None => {
                self.problems.push(unknown_field(pointer.to_owned(), id, model));
                Err(Reported)
            }
            Some(position) => match model.fields[position].ty {
                ty @ (DataType::Float | DataType::Json | DataType::Array) => {
                    let cause = format!("A shared field must be exact and scalar; {id} is {ty}.");
                    Err(self.report(pointer.to_owned(), Code::SequenceInvalid, cause))
                }
                _ => Ok(position),
            },
        }
    }
}
