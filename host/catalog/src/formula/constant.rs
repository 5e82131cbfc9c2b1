//! A JSON value as a constant term of a type, by the rules of constants in conditions.

use serde_json::Value;

use super::typed::{Term, TermNode};
use crate::{
    condition::{Moment, Scalar, constant_moment, constant_scalar},
    types::DataType,
};

/// The constant, or why not: a sentence without a full stop.
pub fn constant(value: &Value, ty: DataType) -> Result<Term, String> {
    let scalar = match ty {
        DataType::Date => match constant_moment(value, ty)? {
            Moment::Day(day) => Scalar::Text(day.to_string()),
            Moment::Instant(_) => unreachable!("a date is compared with days only"),
        },
        DataType::Timestamp => match constant_moment(value, ty)? {
            Moment::Instant(at) => Scalar::Text(at.to_string()),
            Moment::Day(_) => return Err("an instant with its offset is expected, for example \"2026-11-01T08:00:00Z\"".into()),
        },
        _ => return constant_scalar(value, ty).map(|scalar| Term::new(ty, TermNode::Constant(scalar))),
    };
    Ok(Term::new(DataType::String, TermNode::Constant(scalar)).to(ty))
}
