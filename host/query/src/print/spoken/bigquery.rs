//! BigQuery, where a number with a point is a float, `%` is unknown and a timestamp without a zone is a DATETIME.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::{Spoken, escaped, none, plain};
use crate::print::{Refused, leaf::Written};

pub(super) struct BigQuery;

/// Not looked up: what is longer runs in process.
const NAME_BYTES_MAX: usize = 300;

impl Spoken for BigQuery {
    fn called(&self) -> &'static str {
        "BigQuery"
    }

    /// A quote inside of a name would need an escape, and an escape another.
    fn name(&self, name: &str) -> Result<String, Refused> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(['`', '\\', '\0', '\n', '\r']) {
            return Refused::because("a name of BigQuery has no backtick, no backslash and no line break");
        }
        Ok(format!("`{name}`"))
    }

    fn text(&self, text: &str) -> Result<String, Refused> {
        escaped(text, "\\'")
    }

    fn type_name(&self, ty: &DataType) -> Result<String, Refused> {
        Ok(match ty {
            DataType::Boolean => "BOOL".into(),
            DataType::Int32 | DataType::Int64 => "INT64".into(),
            DataType::Float64 => "FLOAT64".into(),
            DataType::Utf8 => "STRING".into(),
            DataType::Date32 => "DATE".into(),
            DataType::Timestamp(TimeUnit::Microsecond, None) => "DATETIME".into(),
            // A NUMERIC has 29 digits before the point.
            DataType::Decimal128(precision, scale) => format!("BIGNUMERIC({precision}, {scale})"),
            other => return none(self.called(), other),
        })
    }

    fn column(&self, column: String, source_type: &str, field: &Field) -> Written {
        match (source_type, field.data_type()) {
            ("TIMESTAMP", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => Written::Zoned(column),
            (declared, DataType::Decimal128(..)) => plain(column, declared.contains("NUMERIC"), source_type),
            (declared, ty) => {
                let same = matches!(
                    (declared, ty),
                    ("BOOL", DataType::Boolean)
                        | ("INT64", DataType::Int64)
                        | ("FLOAT64", DataType::Float64)
                        | ("STRING", DataType::Utf8)
                        | ("DATE", DataType::Date32)
                        | ("DATETIME", DataType::Timestamp(TimeUnit::Microsecond, None))
                );
                plain(column, same, source_type)
            }
        }
    }

    fn normal(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("NORMALIZE({text}, NFC)"))
    }

    fn lower(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("LOWER({text})"))
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("(STRPOS({text}, {part}) > 0)")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("STARTS_WITH({text}, {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("ENDS_WITH({text}, {part})")
    }

    fn matches(&self, text: &str, pattern: &str, _: bool) -> Result<String, Refused> {
        Ok(format!("REGEXP_CONTAINS({text}, {pattern})"))
    }

    fn md5(&self, text: &str) -> String {
        format!("TO_HEX(MD5({text}))")
    }

    fn decimal(&self, digits: &str, ty: &DataType) -> Result<String, Refused> {
        Ok(format!("CAST('{digits}' AS {})", self.type_name(ty)?))
    }

    fn instant(&self, text: &str) -> String {
        format!("DATETIME '{text}'")
    }

    fn micros(&self, timestamp: &str) -> String {
        format!("UNIX_MICROS(TIMESTAMP({timestamp}, 'UTC'))")
    }

    fn days(&self, date: &str) -> String {
        format!("DATE_DIFF({date}, DATE '1970-01-01', DAY)")
    }

    fn day_text(&self, date: &str) -> String {
        format!("FORMAT_DATE('%Y-%m-%d', {date})")
    }

    fn in_utc(&self, instant: &str) -> String {
        format!("DATETIME({instant}, 'UTC')")
    }

    fn divided(&self, by: (&str, &str)) -> String {
        format!("DIV({}, {})", by.0, by.1)
    }

    fn rest(&self, by: (&str, &str)) -> String {
        format!("MOD({}, {})", by.0, by.1)
    }
}
