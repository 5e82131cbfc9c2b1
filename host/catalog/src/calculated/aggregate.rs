//! Checking an aggregated field: its path and condition as those of a segment, its function, its type, its default.

use super::{AggregateFunction, Aggregated};
use crate::{
    code::Code,
    condition::{self, Checked as Condition, Conjunction, Context, Group, Hop, Node, Quantifier, Related},
    formula::{Term, constant, holds},
    model::{Field, Model, unknown_field},
    problem::Problem,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

/// Digits after the point that an average has beyond those of its field.
const AVERAGE_DIGITS: u8 = 4;

/// An aggregated field that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedAggregate {
    /// 1 to 6 steps from model to model.
    pub hops: Vec<Hop>,
    /// Which rows of the last model, window included.
    pub condition: Condition,
    /// What is computed of them.
    pub aggregation: Aggregation,
    /// The type of the result; the field's own type holds it.
    pub ty: DataType,
    /// The value where there is none, of the field's type.
    pub default: Option<Term>,
}

/// What is computed; the positions are fields of the last model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // as [`AggregateFunction`]
pub enum Aggregation {
    Count,
    CountDistinct(usize),
    Sum(usize),
    Avg(usize),
    Min(usize),
    Max(usize),
    First { value: usize, time: usize },
    Last { value: usize, time: usize },
    MostFrequent(usize),
    List(usize),
    Exists,
    DaysSinceLast(usize),
}

impl Aggregation {
    /// Positions of the last model's fields that it reads.
    pub fn fields(self) -> Vec<usize> {
        match self {
            Self::Count | Self::Exists => Vec::new(),
            Self::CountDistinct(field)
            | Self::Sum(field)
            | Self::Avg(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::MostFrequent(field)
            | Self::List(field)
            | Self::DaysSinceLast(field) => vec![field],
            Self::First { value, time } | Self::Last { value, time } => vec![value, time],
        }
    }
}

/// The place of a problem inside of the aggregate.
fn problem(place: &str, code: Code, cause: impl Into<String>) -> Problem {
    Problem::new(place, code, cause)
}

impl Aggregated {
    /// The aggregate of `field` of `model`; pointers are relative to the aggregate.
    pub(super) fn check(&self, field: &Field, model: &Model, context: &Context) -> Result<CheckedAggregate, Vec<Problem>> {
        let (hops, condition) = self.rows(model, context)?;
        let last = hops.last().and_then(|hop| context.models.get(&hop.model));
        let last = last.ok_or_else(|| vec![problem("/path", Code::RelatedInvalid, "The path leads nowhere.")])?;
        let (aggregation, ty) = self.aggregation(last).map_err(|problem| vec![problem])?;
        if !holds(field.ty, ty) {
            let cause = format!("The aggregate gives {ty}, and the field {} is declared {}; change its type.", field.id, field.ty);
            return Err(vec![problem("/function", Code::CalculatedInvalid, cause)]);
        }
        let default = self.default(field, aggregation).map_err(|problem| vec![problem])?;
        Ok(CheckedAggregate { hops, condition, aggregation, ty, default })
    }

    /// Path, window and `where`, by the rules of conditions.
    fn rows(&self, model: &Model, context: &Context) -> Result<(Vec<Hop>, Condition), Vec<Problem>> {
        let related = Related {
            path: self.path.clone(),
            quantifier: Some(Quantifier::Any),
            measure: None,
            filter: self.filter.clone(),
            window: self.window.clone(),
            empty_counts: false,
        };
        let group = Group { op: Conjunction::And, not: false, children: vec![Node::Related(related)] };
        let checked = group.check(model, context).map_err(|problems| {
            let inside = |pointer: &str| pointer.strip_prefix("/children/0").unwrap_or(pointer).to_owned();
            problems.into_iter().map(|p| Problem { pointer: inside(&p.pointer), ..p }).collect::<Vec<_>>()
        })?;
        match checked {
            Condition::All(mut children) => match children.pop() {
                Some(Condition::Reach(reach)) if reach.parents.is_empty() => Ok((reach.hops, reach.condition)),
                _ => {
                    let cause =
                        "The condition of an aggregated field speaks of the related rows alone, not of the record's fields.";
                    Err(vec![problem("/where", Code::CalculatedInvalid, cause)])
                }
            },
            _ => unreachable!("a group joined by `and` is checked to All"),
        }
    }

    fn aggregation(&self, last: &Model) -> Result<(Aggregation, DataType), Problem> {
        use AggregateFunction as F;
        let position = |id: &str, place: &str| {
            let found = last.fields.iter().position(|field| field.id == id);
            found.ok_or_else(|| unknown_field(place.to_owned(), id, last))
        };
        let orders = matches!(self.function, F::First | F::Last | F::DaysSinceLast);
        if self.by.is_some() && !orders {
            return Err(problem("/by", Code::CalculatedInvalid, "Only `first`, `last` and `days-since-last` look at an order."));
        }
        let time = || -> Result<usize, Problem> {
            let Some(id) = self.by.as_deref().or(last.time_field.as_deref()) else {
                let cause = format!("The model {} has no time field; name a date or timestamp.", last.name);
                return Err(problem("/by", Code::CalculatedInvalid, cause));
            };
            let at = position(id, "/by")?;
            match last.fields[at].ty {
                ty if ty.is_time() => Ok(at),
                ty => Err(problem("/by", Code::CalculatedInvalid, format!("A date or timestamp is expected; {id} is {ty}."))),
            }
        };
        let field = match (&self.field, self.function) {
            (Some(_), F::Count | F::Exists | F::DaysSinceLast) => {
                return Err(problem("/field", Code::CalculatedInvalid, "This function takes no field."));
            }
            (None, F::Count) => return Ok((Aggregation::Count, DataType::Integer)),
            (None, F::Exists) => return Ok((Aggregation::Exists, DataType::Boolean)),
            (None, F::DaysSinceLast) => return Ok((Aggregation::DaysSinceLast(time()?), DataType::Integer)),
            (None, _) => return Err(problem("/field", Code::CalculatedInvalid, "This function needs a field.")),
            (Some(id), _) => position(id, "/field")?,
        };
        let ty = last.fields[field].ty;
        let wrong = |cause: &str| Err(problem("/field", Code::CalculatedInvalid, cause));
        let nested = matches!(ty, DataType::Json | DataType::Array);
        match self.function {
            F::CountDistinct | F::MostFrequent | F::List if nested => {
                wrong("JSON and arrays have no equality that all engines share.")
            }
            F::MostFrequent | F::List if ty == DataType::Float => wrong("Floats are not listed by value; cast to a decimal first."),
            F::CountDistinct => Ok((Aggregation::CountDistinct(field), DataType::Integer)),
            F::MostFrequent => Ok((Aggregation::MostFrequent(field), ty)),
            F::List => Ok((Aggregation::List(field), DataType::Array)),
            F::First => Ok((Aggregation::First { value: field, time: time()? }, ty)),
            F::Last => Ok((Aggregation::Last { value: field, time: time()? }, ty)),
            F::Sum | F::Avg if !ty.is_number() => wrong("Only numbers have a sum and an average."),
            F::Sum => Ok((
                Aggregation::Sum(field),
                match ty {
                    DataType::Decimal { scale, .. } => DataType::Decimal { precision: DECIMAL_DIGITS_MAX, scale },
                    other => other,
                },
            )),
            F::Avg => Ok((
                Aggregation::Avg(field),
                match ty {
                    DataType::Decimal { scale, .. } => average(scale),
                    DataType::Integer => average(0),
                    other => other,
                },
            )),
            F::Min | F::Max if !ty.is_number() && !ty.is_time() => {
                wrong("Only numbers and times have a smallest and a largest that all engines share.")
            }
            F::Min => Ok((Aggregation::Min(field), ty)),
            F::Max => Ok((Aggregation::Max(field), ty)),
            F::Count | F::Exists | F::DaysSinceLast => unreachable!("returned above"),
        }
    }

    fn default(&self, field: &Field, aggregation: Aggregation) -> Result<Option<Term>, Problem> {
        let Some(value) = &self.default else { return Ok(None) };
        if matches!(aggregation, Aggregation::Count | Aggregation::CountDistinct(_) | Aggregation::Exists) {
            let cause = "Counts are 0, and `exists` is false, where there is no row; they take no default.";
            return Err(problem("/default", Code::CalculatedInvalid, cause));
        }
        let wrong = |cause: String| problem("/default", Code::ValueInvalid, condition::sentence_case(cause));
        constant(value, field.ty).map(Some).map_err(wrong)
    }
}

/// The type of an average of numbers with so many digits after the point.
fn average(scale: u8) -> DataType {
    DataType::Decimal { precision: DECIMAL_DIGITS_MAX, scale: (scale + AVERAGE_DIGITS).min(DECIMAL_DIGITS_MAX) }
}
