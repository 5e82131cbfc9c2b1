//! PostgreSQL from version 14 on, in UTF-8.
//!
//! Columns are told by the server's own type: `citext`, `char(n)`, enums and domains compare by rules of their own.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::{Spoken, doubled, none};
use crate::print::{Refused, leaf::Written};

pub(super) struct Postgresql;

/// What PostgreSQL keeps of a name; the rest would be cut silently (`NAMEDATALEN`).
const NAME_BYTES_MAX: usize = 63;

impl Spoken for Postgresql {
    fn called(&self) -> &'static str {
        "PostgreSQL"
    }

    fn name(&self, name: &str) -> Result<String, Refused> {
        doubled(name, '"', NAME_BYTES_MAX, self.called())
    }

    /// With a backslash it is written with escapes, so that it means the same whatever `standard_conforming_strings` says.
    fn text(&self, text: &str) -> Result<String, Refused> {
        if text.contains('\0') {
            return Refused::because("a text of PostgreSQL holds no zero byte");
        }
        let quoted = text.replace('\'', "''");
        Ok(if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") })
    }

    fn type_name(&self, ty: &DataType) -> Result<String, Refused> {
        Ok(match ty {
            DataType::Boolean => "BOOLEAN".into(),
            DataType::Int32 => "INTEGER".into(),
            DataType::Int64 => "BIGINT".into(),
            DataType::Float64 => "DOUBLE PRECISION".into(),
            DataType::Utf8 => "TEXT".into(),
            DataType::Date32 => "DATE".into(),
            DataType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP".into(),
            DataType::Decimal128(precision, scale) => format!("NUMERIC({precision}, {scale})"),
            other => return none(self.called(), other),
        })
    }

    fn column(&self, column: String, source_type: &str, field: &Field) -> Written {
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
            (declared, DataType::Decimal128(..)) if declared.starts_with("numeric(") => Written::As(column),
            (other, _) => Written::Carried { text: column, ty: other.to_owned() },
        }
    }

    /// Almost all texts are ASCII, which the number of their bytes tells.
    fn normal(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("CASE WHEN octet_length({text}) = char_length({text}) THEN {text} ELSE normalize({text}, NFC) END"))
    }

    /// The server's own rules follow the database's locale; ICU's root rules do not.
    fn lower(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("lower({text} COLLATE \"und-x-icu\")"))
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("(strpos({text}, {part}) > 0)")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("starts_with({text}, {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("(right({text}, length({part})) = {part})")
    }

    fn matches(&self, text: &str, pattern: &str, _: bool) -> Result<String, Refused> {
        Ok(format!("({text} ~ {pattern})"))
    }

    fn concat(&self, texts: &[String]) -> String {
        format!("concat({})", texts.join(", "))
    }

    fn micros(&self, timestamp: &str) -> String {
        format!("CAST(EXTRACT(EPOCH FROM {timestamp}) * 1000000 AS BIGINT)")
    }

    fn days(&self, date: &str) -> String {
        format!("({date} - DATE '1970-01-01')")
    }

    fn by_bytes(&self) -> &'static str {
        " COLLATE \"C\""
    }
}
