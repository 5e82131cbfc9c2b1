//! Product data types: what a field of a model holds, one for each column of any source (features 1.2).
//!
//! How a type crosses into a connector is [`DataType::physical`]; how a source's own types become these is the query room's work.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::columnar::PhysicalType;

/// What a field holds. JSON: `"integer"`, or `{"decimal": {"precision": 12, "scale": 2}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataType {
    /// True or false.
    Boolean,
    /// Whole numbers of 64 bits.
    Integer,
    /// Exact numbers: `precision` digits in all (1 to 38), `scale` of them after the point (0 to `precision`).
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// IEEE 754 double. NaN counts as no value.
    Float,
    /// Unicode text.
    String,
    /// A calendar day, of no time zone.
    Date,
    /// An instant, to the microsecond; shown in the workspace's time zone.
    Timestamp,
    /// A JSON document, as text.
    Json,
    /// A list of scalars, as JSON text.
    Array,
}

/// Digits of the widest decimal: what 128 bits hold.
pub const DECIMAL_DIGITS_MAX: u8 = 38;

impl DataType {
    /// How the values travel.
    pub fn physical(self) -> PhysicalType {
        match self {
            Self::Boolean => PhysicalType::Boolean,
            Self::Integer => PhysicalType::Int64,
            Self::Decimal { .. } => PhysicalType::Decimal128,
            Self::Float => PhysicalType::Float64,
            Self::String => PhysicalType::Utf8,
            Self::Date => PhysicalType::Date32,
            Self::Timestamp => PhysicalType::TimestampMicros,
            Self::Json | Self::Array => PhysicalType::Json,
        }
    }

    /// Whether the parameters are possible: only a decimal can be wrong.
    pub fn is_possible(self) -> bool {
        match self {
            Self::Decimal { precision, scale } => (1..=DECIMAL_DIGITS_MAX).contains(&precision) && scale <= precision,
            _ => true,
        }
    }

    /// Integer, decimal or float.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal { .. } | Self::Float)
    }

    /// Date or timestamp.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Integer => f.write_str("integer"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Float => f.write_str("float"),
            Self::String => f.write_str("string"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Json => f.write_str("json"),
            Self::Array => f.write_str("array"),
        }
    }
}
