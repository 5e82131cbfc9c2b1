//! Values of one row, read from the engine's arrays and written back.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
        TimestampMicrosecondBuilder,
    },
    datatypes::{DataType as Arrow, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType},
};
use datafusion::common::{DataFusionError, Result};
use sluice_catalog::types::DataType;

use super::{Overflow, number};
use crate::types::plan_type;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'v> {
    Null,
    Boolean(bool),
    /// Units of the last digit, and how many digits stand after the point; integers have none.
    Exact(i128, u8),
    Float(f64),
    Text(Cow<'v, str>),
    /// Since 1970.
    Day(i32),
    /// Microseconds since 1970.
    Instant(i64),
}

/// An argument's array.
pub(super) struct Column<'a> {
    array: &'a ArrayRef,
    scale: u8,
}

impl<'a> Column<'a> {
    pub(super) fn of(array: &'a ArrayRef) -> Result<Self> {
        let scale = match array.data_type() {
            Arrow::Decimal128(_, scale) => u8::try_from(*scale).unwrap_or(0),
            Arrow::Boolean | Arrow::Int64 | Arrow::Float64 | Arrow::Utf8 | Arrow::Date32 | Arrow::Timestamp(_, _) => 0,
            other => return Err(DataFusionError::Internal(format!("a formula was given {other}"))),
        };
        Ok(Self { array, scale })
    }

    pub(super) fn value(&self, row: usize) -> Value<'a> {
        if self.array.is_null(row) {
            return Value::Null;
        }
        match self.array.data_type() {
            Arrow::Boolean => Value::Boolean(self.array.as_boolean().value(row)),
            Arrow::Int64 => Value::Exact(self.array.as_primitive::<Int64Type>().value(row).into(), 0),
            Arrow::Decimal128(_, _) => Value::Exact(self.array.as_primitive::<Decimal128Type>().value(row), self.scale),
            Arrow::Float64 => Value::Float(self.array.as_primitive::<Float64Type>().value(row)),
            Arrow::Utf8 => Value::Text(Cow::Borrowed(self.array.as_string::<i32>().value(row))),
            Arrow::Date32 => Value::Day(self.array.as_primitive::<Date32Type>().value(row)),
            _ => Value::Instant(self.array.as_primitive::<TimestampMicrosecondType>().value(row)),
        }
    }
}

/// The array of results.
pub(super) enum Builder {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, u8),
    Float(Float64Builder),
    Text(StringBuilder),
    Day(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
}

impl Builder {
    pub(super) fn new(ty: DataType, rows: usize) -> Self {
        match ty {
            DataType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Integer => Self::Integer(Int64Builder::with_capacity(rows)),
            DataType::Decimal { precision, scale } => {
                Self::Decimal(Decimal128Builder::with_capacity(rows).with_data_type(plan_type(ty)), precision, scale)
            }
            DataType::Float => Self::Float(Float64Builder::with_capacity(rows)),
            DataType::String | DataType::Json | DataType::Array => Self::Text(StringBuilder::with_capacity(rows, rows * 16)),
            DataType::Date => Self::Day(Date32Builder::with_capacity(rows)),
            DataType::Timestamp => Self::Instant(TimestampMicrosecondBuilder::with_capacity(rows)),
        }
    }

    /// A result, in the type of the array: numbers of fewer digits after the point are widened, and of more are rounded.
    pub(super) fn push(&mut self, value: Value<'_>) -> std::result::Result<(), Overflow> {
        match (self, value) {
            (Self::Boolean(builder), Value::Boolean(value)) => builder.append_value(value),
            (Self::Integer(builder), Value::Exact(units, scale)) => {
                let whole = number::scaled(units, scale, 0)?;
                builder.append_value(i64::try_from(whole).map_err(|_| Overflow)?);
            }
            (Self::Decimal(builder, precision, wanted), Value::Exact(units, scale)) => {
                builder.append_value(number::fits(number::scaled(units, scale, *wanted)?, *precision)?);
            }
            // NaN counts as no value, and minus zero is zero.
            (Self::Float(builder), Value::Float(value)) => builder.append_option((!value.is_nan()).then_some(value + 0.0)),
            (Self::Text(builder), Value::Text(value)) => builder.append_value(value),
            (Self::Day(builder), Value::Day(value)) => builder.append_value(value),
            (Self::Instant(builder), Value::Instant(value)) => builder.append_value(value),
            (Self::Boolean(builder), _) => builder.append_null(),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Decimal(builder, ..), _) => builder.append_null(),
            (Self::Float(builder), _) => builder.append_null(),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Day(builder), _) => builder.append_null(),
            (Self::Instant(builder), _) => builder.append_null(),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> ArrayRef {
        match self {
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::Integer(mut builder) => Arc::new(builder.finish()),
            Self::Decimal(mut builder, ..) => Arc::new(builder.finish()),
            Self::Float(mut builder) => Arc::new(builder.finish()),
            Self::Text(mut builder) => Arc::new(builder.finish()),
            Self::Day(mut builder) => Arc::new(builder.finish()),
            Self::Instant(mut builder) => Arc::new(builder.finish()),
        }
    }
}
