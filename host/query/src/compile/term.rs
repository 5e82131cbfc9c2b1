//! From a checked formula to an expression: what all engines do alike is the engine's, the rest is a function of our own.

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::{Result, ScalarValue},
    functions::{
        core::expr_fn::coalesce,
        string::expr_fn::{btrim, lower as lower_case, upper},
        unicode::expr_fn::character_length,
    },
    logical_expr::{Expr, Operator, binary_expr, cast, in_list, lit, not, when},
};
use sluice_catalog::{
    condition::At,
    formula::{Call, Comparison, Part, Term, TermNode},
    model::Model,
    types::DataType,
};

use super::{day, leaf, time};
use crate::{
    functions::{Operation, formula, nfc},
    types::plan_type,
};

const HOUR_MICROS: i64 = 3_600_000_000;
const MINUTE_MICROS: i64 = 60_000_000;

/// Whose formula it is, and when it is evaluated.
pub(super) struct Terms<'a> {
    pub(super) model: &'a Model,
    /// Id of the calculated field, for errors.
    pub(super) field: &'a str,
    pub(super) at: &'a At,
}

impl Terms<'_> {
    /// The term over the model's columns.
    pub(super) fn lower(&self, term: &Term) -> Result<Expr> {
        let two = |left: &Term, right: &Term| Ok::<_, datafusion::error::DataFusionError>((self.lower(left)?, self.lower(right)?));
        Ok(match &term.node {
            TermNode::Null => Expr::Literal(ScalarValue::try_new_null(&plan_type(term.ty))?, None),
            TermNode::Constant(scalar) => leaf::literal(scalar, term.ty),
            TermNode::Field(position) => leaf::column(self.model, *position),
            TermNode::Now => time::instant(self.at.now().as_microsecond()),
            TermNode::Today => time::day(day::since_epoch(self.at.today())),
            TermNode::Not(inner) => not(self.lower(inner)?),
            TermNode::And(left, right) => two(left, right).map(|(left, right)| left.and(right))?,
            TermNode::Or(left, right) => two(left, right).map(|(left, right)| left.or(right))?,
            TermNode::Compare(comparison, left, right) => {
                let (left, right) = (self.compared(left)?, self.compared(right)?);
                match comparison {
                    Comparison::Equal => left.eq(right),
                    Comparison::NotEqual => left.not_eq(right),
                    Comparison::Less => left.lt(right),
                    Comparison::LessOrEqual => left.lt_eq(right),
                    Comparison::Greater => left.gt(right),
                    Comparison::GreaterOrEqual => left.gt_eq(right),
                }
            }
            TermNode::In(value, list) => {
                let list = list.iter().map(|item| self.compared(item)).collect::<Result<_>>()?;
                in_list(self.compared(value)?, list, false)
            }
            TermNode::Arithmetic(arithmetic, left, right) => {
                let (left, right) = two(left, right)?;
                self.own(Operation::Arithmetic(*arithmetic), term.ty, vec![left, right])
            }
            TermNode::Case(branches, otherwise) => {
                let mut branches = branches.iter().map(|(condition, value)| two(condition, value));
                let (condition, value) = branches.next().expect("a case has a branch")?;
                let mut cases = when(condition, value);
                for branch in branches {
                    let (condition, value) = branch?;
                    cases = cases.when(condition, value);
                }
                match otherwise {
                    Some(otherwise) => cases.otherwise(self.lower(otherwise)?)?,
                    None => cases.end()?,
                }
            }
            TermNode::Coalesce(terms) => coalesce(self.all(terms)?),
            TermNode::IsNull(inner) => self.lower(inner)?.is_null(),
            TermNode::Convert(inner) => {
                let value = self.lower(inner)?;
                self.convert(value, inner.ty, term.ty)
            }
            TermNode::Call(call, args) => self.call(call, args, term.ty)?,
        })
    }

    /// A side of a comparison: texts in one normal form.
    fn compared(&self, term: &Term) -> Result<Expr> {
        let value = self.lower(term)?;
        Ok(if term.ty == DataType::String && !matches!(term.node, TermNode::Constant(_)) { nfc(value) } else { value })
    }

    fn all(&self, terms: &[Term]) -> Result<Vec<Expr>> {
        terms.iter().map(|term| self.lower(term)).collect()
    }

    fn own(&self, operation: Operation, ty: DataType, args: Vec<Expr>) -> Expr {
        formula(operation, ty, self.field, self.at.zone(), args)
    }

    /// A value as another type.
    pub(super) fn convert(&self, value: Expr, from: DataType, to: DataType) -> Expr {
        match (from, to) {
            (from, to) if from == to => value,
            (DataType::Timestamp, DataType::Date) => cast(cast(day::local(value, self.at), Arrow::Int32), Arrow::Date32),
            // Every whole number of 64 bits is a decimal of so many digits.
            (DataType::Integer, DataType::Decimal { precision, scale }) if precision - scale >= 19 => cast(value, plan_type(to)),
            (DataType::Json | DataType::Array, DataType::String) => value,
            _ => self.own(Operation::Convert, to, vec![value]),
        }
    }

    fn call(&self, call: &Call, args: &[Term], ty: DataType) -> Result<Expr> {
        let mut values = self.all(args)?;
        Ok(match call {
            Call::Lower => lower_case(values.remove(0)),
            Call::Upper => upper(values.remove(0)),
            Call::Trim => btrim(values),
            Call::Length => cast(character_length(values.remove(0)), Arrow::Int64),
            Call::Concat => {
                let joined = values.into_iter().reduce(|left, right| binary_expr(left, Operator::StringConcat, right));
                joined.expect("the check asks for an argument")
            }
            Call::Extract(part @ (Part::Hour | Part::Minute)) => {
                let of_day = day::micros_of_day(values.remove(0), self.at);
                match part {
                    Part::Hour => of_day / lit(HOUR_MICROS),
                    _ => of_day % lit(HOUR_MICROS) / lit(MINUTE_MICROS),
                }
            }
            Call::Negate
            | Call::Round(_)
            | Call::Floor
            | Call::Ceil
            | Call::Abs
            | Call::Least
            | Call::Greatest
            | Call::Substring
            | Call::Replace
            | Call::SplitPart(..)
            | Call::RegexExtract(_)
            | Call::Truncate(_)
            | Call::Add(_)
            | Call::Difference(_)
            | Call::Extract(_) => self.own(Operation::Call(call.clone()), ty, values),
        })
    }
}
