//! Conditions on related rows: the path, what is counted or measured, when, and which rows.

use super::{Check, Frame, Reported};
use crate::{
    code::Code,
    condition::{
        operator::{Operator, Takes},
        related::{Function, Measure, Quantifier, Related, Window},
        tree::{Options, Property},
        typed::{Aggregate, Checked, Hop, Measured, Operand, Order, Quantity, Reach, Scalar, Test},
    },
    ids::ModelId,
    limits::{PATH_HOPS_MAX, RELATED_ROWS_MAX},
    model::{Field, Model, unknown_field},
    types::{DECIMAL_DIGITS_MAX, DataType},
};

/// Digits of a 64-bit integer.
const INTEGER_DIGITS: u8 = 19;
/// Digits after the point that an average may be compared to, beyond those of its field.
const AVERAGE_DIGITS: u8 = 4;
/// Digits that a sum may have beyond those of its field: ten milliards of rows.
const SUM_DIGITS: u8 = 10;

/// What a quantifier or a measure comes down to.
enum Wanted {
    Rows(Quantity),
    NoRows,
    AllRows,
    Measure { measured: Measured, negated: bool },
}

impl<'a> Check<'a> {
    pub(super) fn related(&mut self, related: &Related, at: &str, depth: usize) -> Result<Checked, Reported> {
        let (hops, last, id) = self.path(&related.path, at)?;
        self.nodes += hops.len();
        let inner = Frame { model: last, id: Some(id), parent: Some(self.frame.model), parents: Vec::new() };
        let outer = std::mem::replace(&mut self.frame, inner);
        let window = related.window.as_ref().map(|window| self.window_of(window, &format!("{at}/window"))).transpose();
        let filter = related.filter.as_ref().map(|group| self.group(group, format!("{at}/where"), depth + 1));
        let wanted = self.wanted(related, at);
        let parents = std::mem::replace(&mut self.frame, outer).parents;
        let (window, wanted) = (window?, wanted?);

        let all = |parts: [Option<Checked>; 2]| Checked::All(parts.into_iter().flatten().collect());
        let reach = |condition, quantity| {
            Checked::Reach(Box::new(Reach { hops: hops.clone(), condition, parents: parents.clone(), quantity }))
        };
        let not = |checked| Checked::Not(Box::new(checked));
        Ok(match wanted {
            Wanted::Rows(quantity) => reach(all([window, filter]), quantity),
            Wanted::NoRows => not(reach(all([window, filter]), Quantity::Any)),
            Wanted::Measure { measured, negated } => {
                let checked = reach(all([window, filter]), Quantity::Measure(measured));
                if negated { not(checked) } else { checked }
            }
            Wanted::AllRows => {
                let failing = filter.map(not).unwrap_or_else(|| not(Checked::All(Vec::new())));
                let none_fails = not(reach(all([window.clone(), Some(failing)]), Quantity::Any));
                if related.empty_counts {
                    none_fails
                } else {
                    let there =
                        Reach { hops: hops.clone(), condition: all([window, None]), parents: Vec::new(), quantity: Quantity::Any };
                    Checked::All(vec![none_fails, Checked::Reach(Box::new(there))])
                }
            }
        })
    }

    /// The steps of the path, and the model at its end.
    pub(super) fn path(&mut self, path: &[String], at: &str) -> Result<(Vec<Hop>, &'a Model, ModelId), Reported> {
        if path.is_empty() || path.len() > PATH_HOPS_MAX {
            let cause = format!("A path has 1 to {PATH_HOPS_MAX} relationships; this has {}.", path.len());
            return Err(self.report(format!("{at}/path"), Code::RelatedInvalid, cause));
        }
        let (mut hops, mut model) = (Vec::with_capacity(path.len()), self.frame.model);
        for (step, name) in path.iter().enumerate() {
            let pointer = format!("{at}/path/{step}");
            let Some(relationship) = model.relationship(name) else {
                let known: Vec<&str> = model.relationships.iter().map(|r| r.name.as_str()).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                let cause = format!("The model {} has no relationship {name}; it has {known}.", model.name);
                return Err(self.report(pointer, Code::RelationshipUnknown, cause));
            };
            let Some(next) = self.context.models.get(&relationship.model) else {
                let cause = format!("The relationship {name} of {} leads to a model that is not there.", model.name);
                return Err(self.report(pointer, Code::SegmentBroken, cause));
            };
            match relationship.joins(model, next) {
                Ok(on) if !on.is_empty() => hops.push(Hop { model: relationship.model, on }),
                Ok(_) => return Err(self.report(pointer, Code::RelationshipInvalid, "The relationship joins no fields.")),
                Err(problems) => {
                    let cause = problems.into_iter().map(|p| p.cause).next().unwrap_or_default();
                    return Err(self.report(pointer, Code::RelationshipInvalid, cause));
                }
            }
            model = next;
        }
        let id = hops.last().map(|hop| hop.model).expect("a path has at least one step");
        Ok((hops, model, id))
    }

    /// The window as a condition on its field.
    fn window_of(&mut self, window: &Window, at: &str) -> Result<Checked, Reported> {
        let field = self.time_field(window.field.as_deref(), &format!("{at}/field"))?;
        let field = self.frame.model.fields[field].id.clone();
        if matches!(window.operator, Operator::HasAnyValue | Operator::HasNoValue) {
            let cause = "A window says when; whether there is a time is a condition of `where`.";
            return Err(self.report(format!("{at}/operator"), Code::RelatedInvalid, cause));
        }
        let Window { operator, value, options, .. } = window.clone();
        self.property(&Property { field, operator, value, value_ref: None, options }, at)
    }

    /// Position of the time field that is named, or else of the model's own.
    pub(super) fn time_field(&mut self, named: Option<&str>, pointer: &str) -> Result<usize, Reported> {
        let model = self.frame.model;
        let Some(id) = named.or(model.time_field.as_deref()) else {
            let cause = format!("The model {} has no time field; name a date or timestamp.", model.name);
            return Err(self.report(pointer.to_owned(), Code::RelatedInvalid, cause));
        };
        match model.fields.iter().position(|field| field.id == id) {
            None => {
                self.problems.push(unknown_field(pointer.to_owned(), id, model));
                Err(Reported)
            }
            Some(position) if !model.fields[position].ty.is_time() => {
                let cause = format!("A date or a timestamp says when; {id} is {}.", model.fields[position].ty);
                Err(self.report(pointer.to_owned(), Code::RelatedInvalid, cause))
            }
            Some(position) => Ok(position),
        }
    }

    fn wanted(&mut self, related: &Related, at: &str) -> Result<Wanted, Reported> {
        let pointer = format!("{at}/quantifier");
        let (quantifier, measure) = (related.quantifier, &related.measure);
        if related.empty_counts && quantifier != Some(Quantifier::All) {
            let cause = "Only `all` can hold without rows, so only it has this choice.";
            return Err(self.report(format!("{at}/empty_counts"), Code::RelatedInvalid, cause));
        }
        let quantifier = match (quantifier, measure) {
            (Some(quantifier), None) => quantifier,
            (None, Some(measure)) => return self.measure(measure, &format!("{at}/measure")),
            (None, None) => {
                let cause = "Say how many rows, for example \"any\" or {\"at-least\": 2}, or give a measure.";
                return Err(self.report(pointer, Code::RelatedInvalid, cause));
            }
            (Some(_), Some(_)) => {
                return Err(self.report(pointer, Code::RelatedInvalid, "Rows are counted or measured, not both at once."));
            }
        };
        let time = |check: &mut Self| {
            let named = related.window.as_ref().and_then(|window| window.field.as_deref());
            check.time_field(named, &pointer)
        };
        let counted = |aggregate, order, n: u64| {
            let n = Operand::Constant(Scalar::Integer(i64::try_from(n).unwrap_or(i64::MAX)));
            let test = if order == Order::Equal { Test::Equals(n) } else { Test::Compare(order, n) };
            Wanted::Measure { measured: Measured { aggregate, ty: DataType::Integer, test }, negated: false }
        };
        let (n, least) = match quantifier {
            Quantifier::AtLeast(n) | Quantifier::AtLeastDays(n) => (n, 1),
            Quantifier::Exactly(n) | Quantifier::AtMost(n) => (n, 0),
            _ => (1, 1),
        };
        if !(least..=RELATED_ROWS_MAX).contains(&n) {
            let cause = format!("A number from {least} to {RELATED_ROWS_MAX} is expected.");
            return Err(self.report(pointer, Code::RelatedInvalid, cause));
        }
        Ok(match quantifier {
            Quantifier::Any | Quantifier::AtLeast(1) => Wanted::Rows(Quantity::Any),
            Quantifier::None | Quantifier::Exactly(0) | Quantifier::AtMost(0) => Wanted::NoRows,
            Quantifier::All => Wanted::AllRows,
            Quantifier::AtLeast(n) => counted(Aggregate::Count, Order::GreaterOrEqual, n),
            Quantifier::Exactly(n) => counted(Aggregate::Count, Order::Equal, n),
            Quantifier::AtMost(n) => counted(Aggregate::Count, Order::LessOrEqual, n),
            Quantifier::AtLeastDays(n) => counted(Aggregate::CountDays(time(self)?), Order::GreaterOrEqual, n),
            Quantifier::FirstEver => Wanted::Rows(Quantity::Pick { time: time(self)?, last: false }),
            Quantifier::LastEver => Wanted::Rows(Quantity::Pick { time: time(self)?, last: true }),
        })
    }

    fn measure(&mut self, measure: &Measure, at: &str) -> Result<Wanted, Reported> {
        let (aggregate, ty) = self.aggregate(measure, at)?;
        let operator = measure.operator;
        let compares = match operator.takes() {
            Takes::One | Takes::List | Takes::Pair | Takes::Window | Takes::WindowPair => true,
            Takes::Nothing => matches!(operator, Operator::InThePast | Operator::InTheFuture),
            Takes::Texts | Takes::Days | Takes::Percent | Takes::Pattern | Takes::Length => false,
        };
        if !operator.fits(ty) || !compares {
            let cause = format!("`{operator}` does not compare the result of a measure, which is {ty} here.");
            return Err(self.report(format!("{at}/operator"), Code::OperatorNotForType, cause));
        }
        let result = Field::plain(measure.field.as_deref().unwrap_or("count"), ty);
        let property = Property {
            field: result.id.clone(),
            operator,
            value: measure.value.clone(),
            value_ref: None,
            options: Options::default(),
        };
        let (positive, negated) = operator.positive();
        let test = self.test(positive, &property, &result, at)?;
        Ok(Wanted::Measure { measured: Measured { aggregate, ty, test }, negated })
    }

    /// What is computed, and the type of the result.
    fn aggregate(&mut self, measure: &Measure, at: &str) -> Result<(Aggregate, DataType), Reported> {
        let model = self.frame.model;
        let pointer = format!("{at}/field");
        let field = match &measure.field {
            None => None,
            Some(id) => match model.fields.iter().position(|field| field.id == *id) {
                Some(position) => Some((position, model.fields[position].ty)),
                None => {
                    self.problems.push(unknown_field(pointer, id, model));
                    return Err(Reported);
                }
            },
        };
        let wrong = |check: &mut Self, cause: &str| Err(check.report(pointer.clone(), Code::RelatedInvalid, cause));
        let decimal = |precision: u8, scale| DataType::Decimal { precision: precision.min(DECIMAL_DIGITS_MAX), scale };
        match (measure.function, field) {
            (Function::Count, None) => Ok((Aggregate::Count, DataType::Integer)),
            (Function::Count, Some(_)) => wrong(self, "`count` counts rows and takes no field; `count-distinct` takes one."),
            (_, None) => wrong(self, "This measure needs a field."),
            (Function::CountDistinct, Some((_, DataType::Json | DataType::Array))) => {
                wrong(self, "JSON and arrays have no equality that all engines share.")
            }
            (Function::CountDistinct, Some((field, _))) => Ok((Aggregate::CountDistinct(field), DataType::Integer)),
            (Function::Sum, Some((field, ty))) => match ty {
                DataType::Integer => Ok((Aggregate::Sum(field), decimal(DECIMAL_DIGITS_MAX, 0))),
                DataType::Decimal { precision, scale } => Ok((Aggregate::Sum(field), decimal(precision + SUM_DIGITS, scale))),
                DataType::Float => Ok((Aggregate::Sum(field), ty)),
                _ => wrong(self, "Only numbers have a sum."),
            },
            (Function::Avg, Some((field, ty))) => match ty {
                DataType::Integer => Ok((Aggregate::Avg(field), average(INTEGER_DIGITS, 0))),
                DataType::Decimal { precision, scale } => Ok((Aggregate::Avg(field), average(precision, scale))),
                DataType::Float => Ok((Aggregate::Avg(field), ty)),
                _ => wrong(self, "Only numbers have an average."),
            },
            (Function::Min | Function::Max, Some((_, ty))) if !ty.is_number() && !ty.is_time() => {
                wrong(self, "Only numbers and times have a smallest and a largest that all engines share.")
            }
            (Function::Min, Some((field, ty))) => Ok((Aggregate::Min(field), ty)),
            (Function::Max, Some((field, ty))) => Ok((Aggregate::Max(field), ty)),
        }
    }
}

/// The type of the values that an average is compared with: the field's, with four more digits after the point where they fit.
fn average(precision: u8, scale: u8) -> DataType {
    let more = AVERAGE_DIGITS.min(DECIMAL_DIGITS_MAX - precision);
    DataType::Decimal { precision: precision + more, scale: scale + more }
}
