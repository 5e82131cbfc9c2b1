//! Databricks, where names stand between backticks, a division is one of floats, and a backslash in a text escapes.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::{Spoken, doubled, escaped, none, plain};
use crate::print::{Refused, leaf::Written};

pub(super) struct Databricks;

/// Not looked up: what is longer runs in process.
const NAME_BYTES_MAX: usize = 255;

impl Spoken for Databricks {
    fn called(&self) -> &'static str {
        "Databricks"
    }

    fn name(&self, name: &str) -> Result<String, Refused> {
        doubled(name, '`', NAME_BYTES_MAX, self.called())
    }

    fn text(&self, text: &str) -> Result<String, Refused> {
        escaped(text, "\\'")
    }

    fn type_name(&self, ty: &DataType) -> Result<String, Refused> {
        Ok(match ty {
            DataType::Boolean => "BOOLEAN".into(),
            DataType::Int32 => "INT".into(),
            DataType::Int64 => "BIGINT".into(),
            DataType::Float64 => "DOUBLE".into(),
            DataType::Utf8 => "STRING".into(),
            DataType::Date32 => "DATE".into(),
            DataType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP_NTZ".into(),
            DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
            other => return none(self.called(), other),
        })
    }

    fn column(&self, column: String, source_type: &str, field: &Field) -> Written {
        match (source_type, field.data_type()) {
            ("float", DataType::Float64) => Written::As(format!("CAST({column} AS DOUBLE)")),
            ("timestamp", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => Written::Zoned(column),
            (declared, DataType::Decimal128(..)) => plain(column, declared.starts_with("decimal("), source_type),
            (declared, ty) => {
                let same = matches!(
                    (declared, ty),
                    ("boolean", DataType::Boolean)
                        | ("tinyint" | "smallint" | "int" | "bigint", DataType::Int64)
                        | ("double", DataType::Float64)
                        | ("string", DataType::Utf8)
                        | ("date", DataType::Date32)
                        | ("timestamp_ntz", DataType::Timestamp(TimeUnit::Microsecond, None))
                );
                plain(column, same, source_type)
            }
        }
    }

    fn lower(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("lower({text})"))
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("contains({text}, {part})")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("startswith({text}, {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("endswith({text}, {part})")
    }

    fn matches(&self, text: &str, pattern: &str, ends: bool) -> Result<String, Refused> {
        if ends {
            return Refused::because("the end of a text in a pattern of Databricks may be before its last line break");
        }
        Ok(format!("({text} RLIKE {pattern})"))
    }

    fn instant(&self, text: &str) -> String {
        format!("CAST('{text}' AS TIMESTAMP_NTZ)")
    }

    fn micros(&self, timestamp: &str) -> String {
        format!("timestampdiff(MICROSECOND, CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ), {timestamp})")
    }

    fn days(&self, date: &str) -> String {
        format!("datediff({date}, DATE '1970-01-01')")
    }

    fn day_text(&self, date: &str) -> String {
        format!("date_format({date}, 'yyyy-MM-dd')")
    }

    /// The session's zone is UTC, which the connector sets.
    fn in_utc(&self, instant: &str) -> String {
        format!("CAST({instant} AS TIMESTAMP_NTZ)")
    }

    fn divided(&self, by: (&str, &str)) -> String {
        format!("({} DIV {})", by.0, by.1)
    }
}
