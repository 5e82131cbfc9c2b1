//! Arithmetic: exact in 128 bits, halves away from zero; floats as the processor has them.

use arrow::datatypes::i256;
use sluice_catalog::{
    formula::{Arithmetic, Call},
    types::DataType,
};

use super::{Overflow, value::Value};

type Computed<T> = Result<T, Overflow>;

/// The name that a plan shows.
pub(super) fn name(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Add => "add",
        Arithmetic::Subtract => "subtract",
        Arithmetic::Multiply => "multiply",
        Arithmetic::Divide => "divide",
        Arithmetic::Remainder => "remainder",
    }
}

fn power(digits: u8) -> i256 {
    (0..digits).fold(i256::ONE, |power, _| power.wrapping_mul(i256::from_i128(10)))
}

/// `units` with another number of digits after the point; halves go away from zero.
pub(super) fn scaled(units: i128, from: u8, to: u8) -> Computed<i128> {
    if from == to {
        return Ok(units);
    }
    let units = i256::from_i128(units);
    let result = if to > from { units.wrapping_mul(power(to - from)) } else { divided(units, power(from - to)) };
    result.to_i128().ok_or(Overflow)
}

/// `a / b` to a whole number; halves go away from zero. `b` is not zero.
fn divided(a: i256, b: i256) -> i256 {
    let (quotient, rest) = (a.wrapping_div(b), a.wrapping_rem(b));
    // 2 × |rest| ≥ |b|, without leaving 256 bits: rest is below b.
    if rest.wrapping_abs() >= b.wrapping_abs().wrapping_sub(rest.wrapping_abs()) {
        let away = if (a < i256::ZERO) == (b < i256::ZERO) { i256::ONE } else { i256::MINUS_ONE };
        quotient.wrapping_add(away)
    } else {
        quotient
    }
}

/// The units, if they have at most `precision` digits.
pub(super) fn fits(units: i128, precision: u8) -> Computed<i128> {
    match 10_i128.checked_pow(precision.into()) {
        Some(bound) if units.unsigned_abs() >= bound.unsigned_abs() => Err(Overflow),
        _ => Ok(units),
    }
}

pub(super) fn arithmetic<'v>(arithmetic: Arithmetic, a: &Value<'v>, b: &Value<'v>, ty: DataType) -> Computed<Value<'v>> {
    match (a, b) {
        (Value::Exact(a, a_scale), Value::Exact(b, b_scale)) => exact(arithmetic, (*a, *a_scale), (*b, *b_scale), ty),
        (Value::Float(a), Value::Float(b)) => Ok(match arithmetic {
            Arithmetic::Add => Value::Float(a + b),
            Arithmetic::Subtract => Value::Float(a - b),
            Arithmetic::Multiply => Value::Float(a * b),
            Arithmetic::Divide | Arithmetic::Remainder if *b == 0.0 => Value::Null,
            Arithmetic::Divide => Value::Float(a / b),
            Arithmetic::Remainder => Value::Float(a % b),
        }),
        _ => Ok(Value::Null),
    }
}

fn exact<'v>(arithmetic: Arithmetic, a: (i128, u8), b: (i128, u8), ty: DataType) -> Computed<Value<'v>> {
    let wide = |(units, scale): (i128, u8), to: u8| i256::from_i128(units).wrapping_mul(power(to - scale));
    let scale = a.1.max(b.1);
    let narrow = |units: i256, scale| units.to_i128().map(|units| Value::Exact(units, scale)).ok_or(Overflow);
    match arithmetic {
        Arithmetic::Add => narrow(wide(a, scale).wrapping_add(wide(b, scale)), scale),
        Arithmetic::Subtract => narrow(wide(a, scale).wrapping_sub(wide(b, scale)), scale),
        Arithmetic::Multiply => narrow(i256::from_i128(a.0).wrapping_mul(i256::from_i128(b.0)), a.1 + b.1),
        Arithmetic::Divide | Arithmetic::Remainder if b.0 == 0 => Ok(Value::Null),
        Arithmetic::Remainder => narrow(wide(a, scale).wrapping_rem(wide(b, scale)), scale),
        Arithmetic::Divide => {
            let DataType::Decimal { scale: wanted, .. } = ty else { return Ok(Value::Null) };
            // a / 10^as ÷ b / 10^bs, in units of 10^-wanted. `wanted` is at least both scales, so no power is negative.
            let a = i256::from_i128(a.0).checked_mul(power(wanted + b.1 - a.1)).ok_or(Overflow)?;
            narrow(divided(a, i256::from_i128(b.0)), wanted)
        }
    }
}

pub(super) fn call<'v>(call: &Call, args: &[Value<'v>], ty: DataType) -> Computed<Value<'v>> {
    match (call, &args[0]) {
        (Call::Least | Call::Greatest, first) => {
            let wins = |a: &Value<'_>, b: &Value<'_>| match (a, b) {
                (Value::Exact(a, _), Value::Exact(b, _)) => a < b,
                (Value::Float(a), Value::Float(b)) => a < b,
                (Value::Day(a), Value::Day(b)) => a < b,
                (Value::Instant(a), Value::Instant(b)) => a < b,
                _ => false,
            };
            let best = args.iter().fold(first, |best, next| {
                let better = if *call == Call::Least { wins(next, best) } else { wins(best, next) };
                if better { next } else { best }
            });
            Ok(best.clone())
        }
        (Call::Negate, Value::Exact(units, scale)) => Ok(Value::Exact(units.checked_neg().ok_or(Overflow)?, *scale)),
        (Call::Negate, Value::Float(value)) => Ok(Value::Float(-value)),
        (Call::Abs, Value::Exact(units, scale)) => Ok(Value::Exact(units.checked_abs().ok_or(Overflow)?, *scale)),
        (Call::Abs, Value::Float(value)) => Ok(Value::Float(value.abs())),
        (Call::Round(digits), Value::Exact(units, scale)) => {
            Ok(if digits < scale { Value::Exact(scaled(*units, *scale, *digits)?, *digits) } else { Value::Exact(*units, *scale) })
        }
        (Call::Round(_), Value::Float(value)) => Ok(Value::Float(value.round())),
        (Call::Floor | Call::Ceil, Value::Exact(units, scale)) => {
            let one = 10_i128.pow((*scale).into());
            let (down, rest) = (units.div_euclid(one), units.rem_euclid(one));
            let up = i128::from(*call == Call::Ceil && rest != 0);
            Ok(Value::Exact(down + up, 0))
        }
        (Call::Floor, Value::Float(value)) => Ok(Value::Float(value.floor())),
        (Call::Ceil, Value::Float(value)) => Ok(Value::Float(value.ceil())),
        _ => unreachable!("the check gives {call:?} numbers, and its result is {ty}"),
    }
}
