//! Redshift, where a type without a length is a short one and a backslash in a text escapes.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::{Spoken, doubled, escaped, none, plain};
use crate::print::{Refused, leaf::Written};

pub(super) struct Redshift;

/// Not looked up: what is longer runs in process.
const NAME_BYTES_MAX: usize = 127;

impl Spoken for Redshift {
    fn called(&self) -> &'static str {
        "Redshift"
    }

    fn name(&self, name: &str) -> Result<String, Refused> {
        doubled(name, '"', NAME_BYTES_MAX, self.called())
    }

    fn text(&self, text: &str) -> Result<String, Refused> {
        escaped(text, "''")
    }

    fn type_name(&self, ty: &DataType) -> Result<String, Refused> {
        Ok(match ty {
            DataType::Boolean => "BOOLEAN".into(),
            DataType::Int32 => "INTEGER".into(),
            DataType::Int64 => "BIGINT".into(),
            DataType::Float64 => "DOUBLE PRECISION".into(),
            // TEXT would be 256 bytes.
            DataType::Utf8 => "VARCHAR(65535)".into(),
            DataType::Date32 => "DATE".into(),
            DataType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP".into(),
            DataType::Decimal128(precision, scale) => format!("NUMERIC({precision}, {scale})"),
            other => return none(self.called(), other),
        })
    }

    fn column(&self, column: String, source_type: &str, field: &Field) -> Written {
        match (source_type, field.data_type()) {
            ("float4", DataType::Float64) => Written::As(format!("CAST({column} AS DOUBLE PRECISION)")),
            ("timestamptz", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => Written::Zoned(column),
            (declared, DataType::Decimal128(..)) => plain(column, declared.starts_with("numeric("), source_type),
            (declared, ty) => {
                let same = matches!(
                    (declared, ty),
                    ("bool", DataType::Boolean)
                        | ("int2" | "int4" | "int8", DataType::Int64)
                        | ("float8", DataType::Float64)
                        | ("text" | "varchar", DataType::Utf8)
                        | ("date", DataType::Date32)
                        | ("timestamp", DataType::Timestamp(TimeUnit::Microsecond, None))
                );
                plain(column, same, source_type)
            }
        }
    }

    fn lower(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("lower({text})"))
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("(strpos({text}, {part}) > 0)")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("(left({text}, len({part})) = {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("(right({text}, len({part})) = {part})")
    }

    fn matches(&self, text: &str, pattern: &str, _: bool) -> Result<String, Refused> {
        Ok(format!("({text} ~ {pattern})"))
    }

    fn micros(&self, timestamp: &str) -> String {
        format!("DATEDIFF(microsecond, TIMESTAMP '1970-01-01 00:00:00', {timestamp})")
    }

    fn days(&self, date: &str) -> String {
        format!("DATEDIFF(day, DATE '1970-01-01', {date})")
    }

    fn truth_text(&self, _: &str) -> Result<String, Refused> {
        Refused::because("Redshift does not cast truth values to texts")
    }
}
