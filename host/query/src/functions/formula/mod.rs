//! The operations of formulas, row by row, exactly as `docs/formulas.md` says: the same in every engine, because no engine's own
//! arithmetic, rounding or calendar takes part.
//!
//! A row's arguments become [`Value`]s; without one of them there is no result. Integers and decimals are computed in 128 bits and
//! checked against the result's type; what does not fit ends the query with the field's name, and never with a value.

mod calendar;
mod number;
mod spell;
mod text;
mod value;

#[cfg(test)]
mod tests;

use std::hash::{Hash, Hasher};

use arrow::{array::ArrayRef, datatypes::DataType as Arrow};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use jiff::tz::TimeZone;
use sluice_catalog::{
    formula::{Arithmetic, Call},
    types::DataType,
};

use crate::{QueryError, types::plan_type};
use value::Value;

/// An operation of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// On two exact numbers.
    Arithmetic(Arithmetic),
    /// A function.
    Call(Call),
    /// `cast`.
    Convert,
    /// A value of this type as JSON.
    Json(DataType),
}

/// An operation with the type that it gives, inside of one field's formula.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Formula {
    pub(crate) operation: Operation,
    pub(crate) ty: DataType,
    field: String,
    /// Of days that become instants.
    zone: TimeZone,
    signature: Signature,
}

impl Hash for Formula {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.operation, self.ty, &self.field).hash(state); // zones have no hash; equality compares them
    }
}

/// A result that does not fit its type.
struct Overflow;

/// The operation over its arguments.
pub(crate) fn formula(operation: Operation, ty: DataType, field: &str, zone: &TimeZone, args: Vec<Expr>) -> Expr {
    let signature = Signature::any(args.len(), Volatility::Immutable);
    let formula = Formula { operation, ty, field: field.to_owned(), zone: zone.clone(), signature };
    ScalarUDF::new_from_impl(formula).call(args)
}

impl ScalarUDFImpl for Formula {
    fn name(&self) -> &str {
        match &self.operation {
            Operation::Arithmetic(arithmetic) => number::name(*arithmetic),
            Operation::Call(call) => name(call),
            Operation::Convert => "convert",
            Operation::Json(_) => "json",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[Arrow]) -> Result<Arrow> {
        Ok(plan_type(self.ty))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let result = self.rows(&arrays, rows)?;
        Ok(if constant { ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?) } else { ColumnarValue::Array(result) })
    }
}

impl Formula {
    fn rows(&self, arrays: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let columns = arrays.iter().map(value::Column::of).collect::<Result<Vec<_>>>()?;
        let pattern = text::pattern(&self.operation)?;
        let mut out = value::Builder::new(self.ty, rows);
        let mut args = Vec::with_capacity(columns.len());
        for row in 0..rows {
            args.clear();
            args.extend(columns.iter().map(|column| column.value(row)));
            let result =
                if args.iter().any(|arg| matches!(arg, Value::Null)) { Ok(Value::Null) } else { self.row(&args, pattern.as_ref()) };
            result.and_then(|value| out.push(value)).map_err(|Overflow| self.refuse())?;
        }
        Ok(out.finish())
    }

    /// One row, all of whose arguments have values.
    fn row<'v>(&self, args: &[Value<'v>], pattern: Option<&regex::Regex>) -> std::result::Result<Value<'v>, Overflow> {
        match &self.operation {
            Operation::Arithmetic(arithmetic) => number::arithmetic(*arithmetic, &args[0], &args[1], self.ty),
            Operation::Convert => spell::convert(&args[0], self.ty, &self.zone),
            Operation::Json(ty) => Ok(spell::json(&args[0], *ty)),
            Operation::Call(call) => match call {
                Call::Negate | Call::Round(_) | Call::Floor | Call::Ceil | Call::Abs | Call::Least | Call::Greatest => {
                    number::call(call, args, self.ty)
                }
                Call::Lower | Call::Upper | Call::Trim | Call::Concat | Call::Length => {
                    unreachable!("the engine's own functions do these alike everywhere")
                }
                Call::Substring | Call::Replace | Call::SplitPart(..) | Call::RegexExtract(_) => {
                    Ok(text::call(call, args, pattern))
                }
                Call::Truncate(_) | Call::Add(_) | Call::Difference(_) | Call::Extract(_) => calendar::call(call, args),
            },
        }
    }

    fn refuse(&self) -> DataFusionError {
        DataFusionError::External(Box::new(QueryError::Overflow { field: self.field.clone(), ty: self.ty }))
    }
}

/// The name that a plan shows.
fn name(call: &Call) -> &'static str {
    match call {
        Call::Negate => "negate",
        Call::Round(_) => "round_half_away",
        Call::Floor => "floor_exact",
        Call::Ceil => "ceil_exact",
        Call::Abs => "abs_exact",
        Call::Least => "least_of_all",
        Call::Greatest => "greatest_of_all",
        Call::Lower => "lower",
        Call::Upper => "upper",
        Call::Trim => "trim",
        Call::Concat => "concat",
        Call::Substring => "substring_of",
        Call::Replace => "replace_all",
        Call::Length => "length",
        Call::SplitPart(..) => "split_at",
        Call::RegexExtract(_) => "regex_extract",
        Call::Truncate(_) => "first_day",
        Call::Add(_) => "time_add",
        Call::Difference(_) => "time_difference",
        Call::Extract(_) => "calendar_part",
    }
}
