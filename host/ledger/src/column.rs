//! Arrow columns of an incoming batch, brought to the layout's types and read cell by cell.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    },
    compute::cast,
    datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType},
};
use sluice_catalog::columnar::PhysicalType;

use crate::error::LedgerError;

/// Digits of the widest decimal.
const DECIMAL_DIGITS: u8 = 38;

/// Brings a column to the Arrow type of `ty`. A value that does not convert is an error: bad values are the caller's to refuse first.
pub(crate) fn to_type(column: &ArrayRef, ty: PhysicalType, scale: i8) -> Result<ArrayRef, LedgerError> {
    let same = match (column.data_type(), ty) {
        (DataType::Boolean, PhysicalType::Boolean)
        | (DataType::Int64, PhysicalType::Int64)
        | (DataType::Float64, PhysicalType::Float64)
        | (DataType::Utf8, PhysicalType::Utf8 | PhysicalType::Json)
        | (DataType::Binary, PhysicalType::Binary)
        | (DataType::Date32, PhysicalType::Date32)
        | (DataType::Timestamp(TimeUnit::Microsecond, _), PhysicalType::TimestampMicros) => true,
        (DataType::Decimal128(_, s), PhysicalType::Decimal128) => *s == scale,
        _ => false,
    };
    if same {
        return Ok(column.clone());
    }
    let wanted = match ty {
        PhysicalType::Boolean => DataType::Boolean,
        PhysicalType::Int64 => DataType::Int64,
        PhysicalType::Float64 => DataType::Float64,
        PhysicalType::Decimal128 => DataType::Decimal128(DECIMAL_DIGITS, scale),
        PhysicalType::Utf8 | PhysicalType::Json => DataType::Utf8,
        PhysicalType::Binary => DataType::Binary,
        PhysicalType::Date32 => DataType::Date32,
        PhysicalType::TimestampMicros => DataType::Timestamp(TimeUnit::Microsecond, None),
    };
    let done = cast(column, &wanted).map_err(|e| LedgerError::Batch { cause: e.to_string() })?;
    if done.null_count() > column.null_count() {
        return Err(LedgerError::Batch { cause: format!("values of {} do not convert to {wanted}", column.data_type()) });
    }
    Ok(done)
}

/// A typed view of a column.
pub(crate) enum Cells<'a> {
    Boolean(&'a BooleanArray),
    Int64(&'a Int64Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array),
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
}

impl<'a> Cells<'a> {
    /// Of a column that [`to_type`] returned.
    pub(crate) fn of(column: &'a ArrayRef) -> Self {
        match column.data_type() {
            DataType::Boolean => Self::Boolean(column.as_boolean()),
            DataType::Int64 => Self::Int64(column.as_primitive::<Int64Type>()),
            DataType::Float64 => Self::Float64(column.as_primitive::<Float64Type>()),
            DataType::Decimal128(..) => Self::Decimal(column.as_primitive::<Decimal128Type>()),
            DataType::Utf8 => Self::Text(column.as_string::<i32>()),
            DataType::Binary => Self::Binary(column.as_binary::<i32>()),
            DataType::Date32 => Self::Date(column.as_primitive::<Date32Type>()),
            DataType::Timestamp(..) => Self::Timestamp(column.as_primitive::<TimestampMicrosecondType>()),
            other => unreachable!("to_type does not give {other}"),
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Boolean(a) => a.is_null(row),
            Self::Int64(a) => a.is_null(row),
            Self::Float64(a) => a.is_null(row),
            Self::Decimal(a) => a.is_null(row),
            Self::Text(a) => a.is_null(row),
            Self::Binary(a) => a.is_null(row),
            Self::Date(a) => a.is_null(row),
            Self::Timestamp(a) => a.is_null(row),
        }
    }
}

/// One bit pattern per value: no negative zero, one NaN.
pub(crate) fn canonical_float(value: f64) -> f64 {
    if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    }
}
