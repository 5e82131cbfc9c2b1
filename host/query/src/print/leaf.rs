//! Columns of a warehouse's table as the plan means them. Only types whose comparison at the server is known to be the plan's.

use arrow::datatypes::{DataType, Field, TimeUnit};
use sluice_catalog::columnar::SOURCE_TYPE;

use super::{Refused, literal::type_name, quote};

/// How a column of a plan is written.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// An expression of the column's type in the plan.
    As(String),
    /// An exact number without a declared size, which the plan knows as a text that is cast.
    Number(String),
    /// An instant with a zone.
    Zoned(String),
    /// Of this type of the source, which means something else there, or nothing certain.
    Not(String),
}

impl Written {
    pub(super) fn plain(&self) -> Result<String, Refused> {
        match self {
            Self::As(text) => Ok(text.clone()),
            Self::Number(_) => Refused::because("a number without a declared size is read as text in process"),
            Self::Zoned(_) => Refused::because("an instant with a zone is not compared as it is"),
            Self::Not(ty) => Refused::because(format!("a column of type {ty} is compared in process")),
        }
    }
}

/// A column of the table that goes by `alias` there.
pub(super) fn column(alias: &str, field: &Field) -> Written {
    let source_type = field.metadata().get(SOURCE_TYPE).map_or("", String::as_str);
    let Ok(name) = quote::name(field.name()) else { return Written::Not(source_type.to_owned()) };
    let column = format!("{alias}.{name}");
    match (source_type, field.data_type()) {
        ("bool", DataType::Boolean)
        | ("int2" | "int4" | "int8", DataType::Int64)
        | ("float8", DataType::Float64)
        | ("text" | "varchar", DataType::Utf8)
        | ("date", DataType::Date32)
        | ("timestamp", DataType::Timestamp(TimeUnit::Microsecond, None)) => Written::As(column),
        ("float4", DataType::Float64) => Written::As(format!("CAST({column} AS DOUBLE PRECISION)")),
        ("uuid", DataType::Utf8) => Written::As(format!("CAST({column} AS TEXT)")),
        ("timestamptz", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => Written::Zoned(column),
        ("numeric", DataType::Utf8) => Written::Number(column),
        (declared, ty @ DataType::Decimal128(..)) if declared.starts_with("numeric(") && type_name(ty).is_ok() => {
            Written::As(column)
        }
        (other, _) => Written::Not(other.to_owned()),
    }
}
