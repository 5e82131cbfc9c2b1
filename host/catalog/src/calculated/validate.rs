//! What is wrong with a model's calculated fields: from the declaration alone, and beside the models that they reach.

use std::collections::BTreeSet;

use super::{Calculated, Checked};
use crate::{
    code::Code,
    condition::{Context, Group},
    formula::{Formula, FormulaError},
    ids::SegmentId,
    model::Model,
    problem::Problem,
};

impl Model {
    /// The calculated field at a position; `None` where the field is a column. Pointers are relative to the field's `calculated`.
    pub fn calculated(&self, position: usize, context: &Context) -> Result<Option<Checked>, Vec<Problem>> {
        let field = &self.fields[position];
        match &field.calculated {
            None => Ok(None),
            Some(Calculated::Formula(text)) => {
                let told = |errors: Vec<FormulaError>| errors.iter().map(formula_problem).collect::<Vec<_>>();
                let formula = Formula::parse(text).map_err(|error| told(vec![error]))?;
                formula.check_as(text, &self.fields, field.ty).map(|term| Some(Checked::Formula(term))).map_err(told)
            }
            Some(Calculated::Aggregate(aggregated)) => {
                let checked = aggregated.check(field, self, context);
                checked.map(|checked| Some(Checked::Aggregate(checked))).map_err(|problems| {
                    problems.into_iter().map(|p| Problem { pointer: format!("/aggregate{}", p.pointer), ..p }).collect()
                })
            }
        }
    }

    /// The segments that the conditions of aggregated fields name.
    pub fn calculated_members(&self) -> BTreeSet<SegmentId> {
        let filters = self.fields.iter().filter_map(|field| match &field.calculated {
            Some(Calculated::Aggregate(aggregated)) => aggregated.filter.as_ref(),
            Some(Calculated::Formula(_)) | None => None,
        });
        filters.flat_map(Group::members).collect()
    }

    /// What is wrong with the calculated fields as far as this model alone tells.
    pub(crate) fn validate_calculated(&self, problems: &mut Vec<Problem>) {
        for (at, field) in self.fields.iter().enumerate() {
            let Some(calculated) = &field.calculated else { continue };
            if !field.column.is_empty() {
                let cause = "A calculated field reads no column; leave it out.";
                problems.push(Problem::new(format!("/fields/{at}/column"), Code::CalculatedInvalid, cause));
            }
            if let Some(place) = self.primary_key.iter().position(|id| *id == field.id) {
                let cause = format!("A key field is a column of the source; {} is calculated.", field.id);
                problems.push(Problem::new(format!("/primary_key/{place}"), Code::CalculatedInvalid, cause));
            }
            if matches!(calculated, Calculated::Formula(_))
                && let Err(found) = self.calculated(at, &Context::default())
            {
                problems.extend(placed(at, found));
            }
        }
    }

    /// What is wrong with the calculated fields once the models that they reach are known: those that [`Context::missing`] names.
    /// Problems of formulas are [`Model::validate`]'s.
    pub fn calculated_problems(&self, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            if matches!(field.calculated, Some(Calculated::Aggregate(_)))
                && let Err(found) = self.calculated(at, context)
            {
                problems.extend(placed(at, found));
            }
        }
        problems.extend(self.circles(context));
        problems
    }
}

fn placed(field: usize, problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    problems.into_iter().map(move |p| Problem { pointer: format!("/fields/{field}/calculated{}", p.pointer), ..p })
}

/// The error of a formula with its place in words; the pointer is relative to `calculated`.
pub(crate) fn formula_problem(error: &FormulaError) -> Problem {
    Problem::new("/formula", Code::FormulaInvalid, format!("At {error}."))
}
