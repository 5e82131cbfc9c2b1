//! Snowflake, where every number is a decimal, a division leaves nothing out, and a backslash in a text escapes.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::{Spoken, doubled, escaped, none, plain};
use crate::print::{Refused, leaf::Written};

pub(super) struct Snowflake;

/// Not looked up: what is longer runs in process.
const NAME_BYTES_MAX: usize = 255;

impl Spoken for Snowflake {
    fn called(&self) -> &'static str {
        "Snowflake"
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
            DataType::Int32 | DataType::Int64 => "BIGINT".into(),
            DataType::Float64 => "DOUBLE".into(),
            DataType::Utf8 => "VARCHAR".into(),
            DataType::Date32 => "DATE".into(),
            DataType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP_NTZ".into(),
            DataType::Decimal128(precision, scale) => format!("NUMBER({precision}, {scale})"),
            other => return none(self.called(), other),
        })
    }

    fn column(&self, column: String, source_type: &str, field: &Field) -> Written {
        match (source_type, field.data_type()) {
            ("TIMESTAMP_TZ" | "TIMESTAMP_LTZ", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => Written::Zoned(column),
            (declared, DataType::Decimal128(..) | DataType::Int64) => plain(column, declared == "FIXED", source_type),
            (declared, ty) => {
                let same = matches!(
                    (declared, ty),
                    ("BOOLEAN", DataType::Boolean)
                        | ("REAL", DataType::Float64)
                        | ("TEXT", DataType::Utf8)
                        | ("DATE", DataType::Date32)
                        | ("TIMESTAMP_NTZ", DataType::Timestamp(TimeUnit::Microsecond, None))
                );
                plain(column, same, source_type)
            }
        }
    }

    fn lower(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("LOWER({text})"))
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("CONTAINS({text}, {part})")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("STARTSWITH({text}, {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("ENDSWITH({text}, {part})")
    }

    fn matches(&self, text: &str, pattern: &str, ends: bool) -> Result<String, Refused> {
        if ends {
            return Refused::because("the end of a text in a pattern of Snowflake may be before its last line break");
        }
        Ok(format!("(REGEXP_INSTR({text}, {pattern}) > 0)"))
    }

    fn float(&self, text: &str) -> Result<String, Refused> {
        let text = match text {
            "Infinity" => "inf",
            "-Infinity" => "-inf",
            finite => finite,
        };
        Ok(format!("CAST('{text}' AS DOUBLE)"))
    }

    fn instant(&self, text: &str) -> String {
        format!("CAST('{text}' AS TIMESTAMP_NTZ)")
    }

    fn micros(&self, timestamp: &str) -> String {
        format!("DATEDIFF(microsecond, CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ), {timestamp})")
    }

    fn days(&self, date: &str) -> String {
        format!("DATEDIFF(day, DATE '1970-01-01', {date})")
    }

    fn in_utc(&self, instant: &str) -> String {
        format!("CAST(CONVERT_TIMEZONE('UTC', {instant}) AS TIMESTAMP_NTZ)")
    }

    fn divided(&self, (number, by): (&str, &str)) -> String {
        format!("(({number} - ({number} % {by})) / {by})")
    }
}
