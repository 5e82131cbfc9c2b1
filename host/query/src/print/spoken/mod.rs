//! What differs between the databases that plans are printed for: a small description of each, over what most of them share.
//!
//! A description says how something is written there, or refuses it with a reason, and then that part of a plan runs in process. The
//! forms are those that the guide for lowering names. Only PostgreSQL is compared with the engine on a real server; texts for the other
//! four are parsed and, where they translate, run by libraries of others (`tests/dialects.rs`).

mod bigquery;
mod databricks;
mod postgresql;
mod redshift;
mod snowflake;

use arrow::datatypes::{DataType, Field};

use super::{Refused, leaf::Written};
use crate::Dialect;

/// How a database is spoken to. The parts that are given are SQL already.
pub(super) trait Spoken: Sync {
    /// What people call it.
    fn called(&self) -> &'static str;

    /// A name between quotes.
    fn name(&self, name: &str) -> Result<String, Refused>;

    /// A text as a literal.
    fn text(&self, text: &str) -> Result<String, Refused>;

    /// A type of the plan in a cast.
    fn type_name(&self, ty: &DataType) -> Result<String, Refused>;

    /// A column of a table, by the type that the source tells of it.
    fn column(&self, column: String, source_type: &str, field: &Field) -> Written;

    /// A text in Unicode normal form C.
    fn normal(&self, text: &str) -> Result<String, Refused> {
        let _ = text;
        Refused::because(format!("{} has no normal form of texts", self.called()))
    }

    /// A text in small letters, by Unicode's rules of no language.
    fn lower(&self, text: &str) -> Result<String, Refused>;

    /// Whether a text holds another; unknown where one of them is null. The part is not empty.
    fn contains(&self, text: &str, part: &str) -> String;

    /// The same at the start.
    fn starts_with(&self, text: &str, part: &str) -> String;

    /// The same at the end.
    fn ends_with(&self, text: &str, part: &str) -> String;

    /// Whether a part of a text matches a pattern in which nothing but an end is special. `ends`: it is bound to the text's end.
    fn matches(&self, text: &str, pattern: &str, ends: bool) -> Result<String, Refused>;

    /// 32 hexadecimal digits, small.
    fn md5(&self, text: &str) -> String {
        format!("md5({text})")
    }

    /// Texts one after the other, where a null is no text.
    fn concat(&self, texts: &[String]) -> String {
        let each: Vec<String> = texts.iter().map(|text| format!("COALESCE({text}, '')")).collect();
        format!("({})", each.join(" || "))
    }

    /// An exact constant with `scale` digits behind the point.
    fn decimal(&self, digits: &str, ty: &DataType) -> Result<String, Refused> {
        let _ = ty;
        Ok(digits.to_owned())
    }

    /// A float of this text, which is `Infinity` or `-Infinity` for those.
    fn float(&self, text: &str) -> Result<String, Refused> {
        Ok(format!("CAST('{text}' AS {})", self.type_name(&DataType::Float64)?))
    }

    /// A timestamp without a zone.
    fn instant(&self, text: &str) -> String {
        format!("TIMESTAMP '{text}'")
    }

    /// Microseconds since 1970 of a timestamp without a zone.
    fn micros(&self, timestamp: &str) -> String;

    /// Days since 1970 of a date.
    fn days(&self, date: &str) -> String;

    /// A date as `2026-11-27`.
    fn day_text(&self, date: &str) -> String {
        format!("to_char({date}, 'YYYY-MM-DD')")
    }

    /// An instant as a timestamp without a zone, in UTC.
    fn in_utc(&self, instant: &str) -> String {
        format!("({instant} AT TIME ZONE 'UTC')")
    }

    /// A truth value as a text.
    fn truth_text(&self, value: &str) -> Result<String, Refused> {
        Ok(format!("CAST({value} AS {})", self.type_name(&DataType::Utf8)?))
    }

    /// Two whole numbers of one sign divided, the rest left out.
    fn divided(&self, by: (&str, &str)) -> String {
        format!("({} / {})", by.0, by.1)
    }

    /// The rest of that.
    fn rest(&self, by: (&str, &str)) -> String {
        format!("({} % {})", by.0, by.1)
    }

    /// What makes texts be ordered by their bytes.
    fn by_bytes(&self) -> &'static str {
        ""
    }
}

/// The description of a dialect.
pub(super) fn of(dialect: Dialect) -> &'static dyn Spoken {
    match dialect {
        Dialect::Postgresql => &postgresql::Postgresql,
        Dialect::Redshift => &redshift::Redshift,
        Dialect::Bigquery => &bigquery::BigQuery,
        Dialect::Snowflake => &snowflake::Snowflake,
        Dialect::Databricks => &databricks::Databricks,
    }
}

/// A name whose quotes are doubled inside, of at most so many bytes.
fn doubled(name: &str, quote: char, bytes_max: usize, called: &str) -> Result<String, Refused> {
    if name.is_empty() || name.len() > bytes_max || name.contains('\0') {
        return Refused::because(format!("a name of {} bytes is not one of {called}", name.len()));
    }
    Ok(format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}"))))
}

/// A text where a backslash escapes. `quote` is how a quote is written.
fn escaped(text: &str, quote: &str) -> Result<String, Refused> {
    if text.contains('\0') {
        return Refused::because("a text of a database holds no zero byte");
    }
    let text = text.replace('\\', "\\\\").replace('\'', quote).replace('\n', "\\n").replace('\r', "\\r");
    Ok(format!("'{text}'"))
}

/// A column whose type compares there as it does in the plan.
fn plain(column: String, of_plan: bool, source_type: &str) -> Written {
    if of_plan { Written::As(column) } else { Written::Carried { text: column, ty: source_type.to_owned() } }
}

/// A type that none of the five has.
fn none<T>(called: &str, ty: &DataType) -> Result<T, Refused> {
    Refused::because(format!("{called} has no type that is {ty}"))
}
