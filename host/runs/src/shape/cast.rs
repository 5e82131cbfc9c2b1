//! Casts from a model's columns to the contract's physical types, with single failures told apart from nulls.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, TimeUnit},
    error::ArrowError,
};
use sluice_catalog::columnar::PhysicalType;

/// Digits of a decimal on the wire; the scale is the field's.
const DECIMAL_DIGITS: u8 = 38;

/// The Arrow type whose buffers are those of a physical type.
pub fn arrow_type(ty: PhysicalType, scale: i8) -> DataType {
    match ty {
        PhysicalType::Boolean => DataType::Boolean,
        PhysicalType::Int64 => DataType::Int64,
        PhysicalType::Float64 => DataType::Float64,
        PhysicalType::Decimal128 => DataType::Decimal128(DECIMAL_DIGITS, scale),
        PhysicalType::Utf8 | PhysicalType::Json => DataType::Utf8,
        PhysicalType::Binary => DataType::Binary,
        PhysicalType::Date32 => DataType::Date32,
        PhysicalType::TimestampMicros => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// Casts; calls `failed` for each row whose value does not convert, and leaves a null there.
pub(super) fn to_physical(
    column: &ArrayRef,
    ty: PhysicalType,
    scale: i8,
    mut failed: impl FnMut(usize),
) -> Result<ArrayRef, ArrowError> {
    let wanted = arrow_type(ty, scale);
    if *column.data_type() == wanted {
        return Ok(column.clone());
    }
    let done = cast_with_options(column, &wanted, &CastOptions { safe: true, ..CastOptions::default() })?;
    if done.null_count() > column.null_count() {
        (0..column.len()).filter(|row| column.is_valid(*row) && done.is_null(*row)).for_each(&mut failed);
    }
    Ok(done)
}

/// Whether a cast exists that keeps the meaning: everything to text, numbers among each other, text to what it may spell.
pub(super) fn fits(from: &DataType, to: PhysicalType) -> bool {
    let number = from.is_numeric();
    let text = matches!(from, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match to {
        PhysicalType::Utf8 => !matches!(from, DataType::Binary | DataType::LargeBinary),
        PhysicalType::Json => text,
        PhysicalType::Binary => matches!(from, DataType::Binary | DataType::LargeBinary),
        PhysicalType::Boolean => text || *from == DataType::Boolean,
        PhysicalType::Int64 | PhysicalType::Float64 | PhysicalType::Decimal128 => text || number,
        PhysicalType::Date32 => text || matches!(from, DataType::Date32),
        PhysicalType::TimestampMicros => text || matches!(from, DataType::Date32 | DataType::Timestamp(..)),
    }
}

/// A constant of the mapping as an array of one; none when the JSON value does not fit the type.
pub fn constant(value: &serde_json::Value, ty: PhysicalType, scale: i8) -> Option<ArrayRef> {
    let text = |v: &serde_json::Value| -> ArrayRef {
        Arc::new(StringArray::from(vec![v.as_str().map_or_else(|| v.to_string(), str::to_owned)]))
    };
    Some(match ty {
        PhysicalType::Boolean => Arc::new(BooleanArray::from(vec![value.as_bool()?])),
        PhysicalType::Int64 => Arc::new(Int64Array::from(vec![value.as_i64()?])),
        PhysicalType::Float64 => Arc::new(Float64Array::from(vec![value.as_f64()?])),
        PhysicalType::Json => Arc::new(StringArray::from(vec![value.to_string()])),
        PhysicalType::Utf8 => {
            if value.is_object() || value.is_array() || value.is_null() {
                return None;
            }
            text(value)
        }
        PhysicalType::Decimal128 | PhysicalType::Date32 | PhysicalType::TimestampMicros => {
            let mut bad = false;
            let done = to_physical(&text(value), ty, scale, |_| bad = true).ok()?;
            return (!bad && done.is_valid(0)).then_some(done);
        }
        PhysicalType::Binary => return None,
    })
}
