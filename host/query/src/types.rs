//! Types: which of ours a source's column holds, and which Arrow type carries each of ours.

use arrow::datatypes::{DataType as Arrow, TimeUnit};
use sluice_catalog::types::{DECIMAL_DIGITS_MAX, DataType};

/// The Arrow type in which [`crate::Rows`] gives a field: Boolean, Int64, Decimal128, Float64, Utf8 (also JSON and arrays), Date32,
/// Timestamp in microseconds of UTC.
pub fn arrow_type(ty: DataType) -> Arrow {
    match ty {
        DataType::Boolean => Arrow::Boolean,
        DataType::Integer => Arrow::Int64,
        DataType::Decimal { precision, scale } => {
            Arrow::Decimal128(precision, i8::try_from(scale).expect("a possible decimal has at most 38 digits"))
        }
        DataType::Float => Arrow::Float64,
        DataType::String | DataType::Json | DataType::Array => Arrow::Utf8,
        DataType::Date => Arrow::Date32,
        DataType::Timestamp => Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The type inside a plan: as [`arrow_type`], but instants are without a zone and meant in UTC. Plans compare them with constants
/// without a zone, the one form that every SQL printer gets right.
pub(crate) fn plan_type(ty: DataType) -> Arrow {
    match ty {
        DataType::Timestamp => Arrow::Timestamp(TimeUnit::Microsecond, None),
        other => arrow_type(other),
    }
}

/// What a source's column becomes: our type, and a warning where it is not the whole truth. `None`: no field can hold it.
pub(crate) fn product_type(arrow: &Arrow) -> (Option<DataType>, Option<String>) {
    let exact = |ty| (Some(ty), None);
    match arrow {
        Arrow::Boolean => exact(DataType::Boolean),
        Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64 | Arrow::UInt8 | Arrow::UInt16 | Arrow::UInt32 => {
            exact(DataType::Integer)
        }
        Arrow::UInt64 => exact(DataType::Decimal { precision: 20, scale: 0 }),
        Arrow::Float16 | Arrow::Float32 | Arrow::Float64 => exact(DataType::Float),
        Arrow::Decimal32(p, s) | Arrow::Decimal64(p, s) | Arrow::Decimal128(p, s) | Arrow::Decimal256(p, s) => {
            match u8::try_from(*s) {
                Ok(scale) if *p <= DECIMAL_DIGITS_MAX && scale <= *p => exact(DataType::Decimal { precision: *p, scale }),
                _ => (Some(DataType::String), Some(format!("{arrow} does not fit 38 digits; it is read as text"))),
            }
        }
        Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View => exact(DataType::String),
        Arrow::Date32 | Arrow::Date64 => exact(DataType::Date),
        Arrow::Timestamp(TimeUnit::Nanosecond, _) => {
            (Some(DataType::Timestamp), Some("nanoseconds are cut to microseconds".into()))
        }
        Arrow::Timestamp(_, _) => exact(DataType::Timestamp),
        Arrow::Dictionary(_, inner) => product_type(inner),
        Arrow::Time32(_) | Arrow::Time64(_) | Arrow::Null => (Some(DataType::String), Some(format!("{arrow} is read as text"))),
        _ => (None, Some(format!("{arrow} is not read; cast or unfold it in a model's SQL"))),
    }
}

/// Whether a column of type `from` can become a field of type `to` at all, value by value.
pub(crate) fn converts(from: &Arrow, to: DataType) -> bool {
    let from = match from {
        Arrow::Dictionary(_, inner) => inner,
        other => other,
    };
    let text = matches!(from, Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View);
    let number = from.is_numeric();
    let instant = matches!(from, Arrow::Timestamp(_, _));
    let day = matches!(from, Arrow::Date32 | Arrow::Date64);
    let null = matches!(from, Arrow::Null);
    match to {
        DataType::Boolean => null || text || matches!(from, Arrow::Boolean),
        DataType::Integer | DataType::Decimal { .. } | DataType::Float => null || text || number,
        DataType::String => product_type(from).0.is_some(),
        DataType::Json | DataType::Array => null || text,
        DataType::Date => null || text || day || instant,
        DataType::Timestamp => null || text || day || instant,
    }
}
