//! Errors of the engine as errors of ours: without values of rows, and with the words of the source where the engine has none.

use datafusion::{arrow::error::ArrowError, common::SchemaError, error::DataFusionError, parquet::errors::ParquetError};
use sluice_catalog::Code;

use super::{QueryError, some_of};

/// What a cell of times should be.
pub(crate) const TIMESTAMP: &str = "a timestamp like 2026-11-01T08:00:00";

/// What the engine's error means. `tables` names what is being read, for errors that do not say it themselves.
pub(crate) fn classify(error: &DataFusionError, tables: &str) -> QueryError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => classify(inner, tables),
        DataFusionError::Shared(inner) => classify(inner, tables),
        DataFusionError::Collection(list) => match list.first() {
            Some(inner) => classify(inner, tables),
            None => failed("the engine gave no reason"),
        },
        DataFusionError::External(inner) => external(inner.as_ref(), tables),
        DataFusionError::ArrowError(inner, _) => arrow(inner, tables),
        DataFusionError::ParquetError(inner) => parquet(inner, tables),
        DataFusionError::ObjectStore(_) => damaged(tables, "a file has gone or cannot be opened"),
        DataFusionError::IoError(io) => self::io(io, tables),
        DataFusionError::ResourcesExhausted(_) => QueryError::Exhausted,
        DataFusionError::SQL(inner, _) => QueryError::SqlInvalid { why: one_line(&inner.to_string()) },
        DataFusionError::SchemaError(inner, _) => schema(inner),
        DataFusionError::Plan(text) | DataFusionError::NotImplemented(text) => QueryError::SqlInvalid { why: one_line(text) },
        DataFusionError::Execution(text) if text.contains("incorrect number of fields") || text.contains("UTF-8") => {
            damaged(tables, "a row is not well formed")
        }
        _ => failed("the engine could not evaluate the query"),
    }
}

fn external(inner: &(dyn std::error::Error + Send + Sync + 'static), tables: &str) -> QueryError {
    if let Some(ours) = inner.downcast_ref::<QueryError>() {
        ours.clone()
    } else if let Some(inner) = inner.downcast_ref::<DataFusionError>() {
        classify(inner, tables)
    } else if let Some(inner) = inner.downcast_ref::<ArrowError>() {
        arrow(inner, tables)
    } else if let Some(inner) = inner.downcast_ref::<ParquetError>() {
        parquet(inner, tables)
    } else if let Some(inner) = inner.downcast_ref::<std::io::Error>() {
        io(inner, tables)
    } else {
        failed("the engine could not evaluate the query")
    }
}

fn arrow(error: &ArrowError, tables: &str) -> QueryError {
    match error {
        ArrowError::ExternalError(inner) => external(inner.as_ref(), tables),
        ArrowError::ParquetError(_) => damaged(tables, "its contents do not decode"),
        ArrowError::CsvError(text) => damaged(tables, &torn(text)),
        ArrowError::ParseError(text) => cell(text, tables),
        ArrowError::IoError(_, io) => self::io(io, tables),
        ArrowError::DivideByZero => failed("a division by zero"),
        ArrowError::ArithmeticOverflow(_) => failed("a number became too large for its type"),
        ArrowError::CastError(_) | ArrowError::InvalidArgumentError(_) => {
            failed("a value does not convert to the type that the query asks for")
        }
        ArrowError::MemoryError(_) => QueryError::Exhausted,
        _ => failed("the engine could not evaluate the query"),
    }
}

/// A cell that does not become its column's type, in the four ways in which the engine says so. Values may contain anything, so each
/// fact is looked for where no value can stand: behind the last place, or before the first.
fn cell(text: &str, tables: &str) -> QueryError {
    let cell = |record, column: Option<usize>, wanted: &str| QueryError::Cell {
        table: tables.to_owned(),
        record,
        column: column.map(|column| format!("number {}", column + 1)),
        wanted: wanted.to_owned(),
    };
    if let Some((wanted, column, record)) = parsing_value(text) {
        cell(Some(record), Some(column), wanted)
    } else if let Some((column, record)) = parsing_column(text) {
        cell(Some(record), Some(column), TIMESTAMP)
    } else if text.starts_with("can't parse the string value ") {
        cell(None, None, "a decimal number")
    } else if text.starts_with("parse decimal overflow (") {
        cell(None, None, "a decimal number of as many digits as its column has")
    } else {
        QueryError::Failed { why: format!("a text of table {tables} does not convert to the column's type") }
    }
}

/// `Error while parsing value '…' as type 'Int64' for column 3 at line 17. Row data: …`: type, column and row. What the engine calls a
/// line is a row, and the header is its row 0.
fn parsing_value(text: &str) -> Option<(&'static str, usize, u64)> {
    let head = &text[..text.find(". Row data: '")?];
    let (rest, record) = head.rsplit_once(" at line ")?;
    let (rest, column) = rest.rsplit_once(" for column ")?;
    let (_, ty) = rest.rsplit_once(" as type '")?;
    Some((plain_type(ty.trim_end_matches('\'')), column.parse().ok()?, record.parse().ok()?))
}

/// `Error parsing column 3 at line 17: …`, of timestamps: column and row, counted alike.
fn parsing_column(text: &str) -> Option<(usize, u64)> {
    let (column, rest) = text.strip_prefix("Error parsing column ")?.split_once(" at line ")?;
    Some((column.parse().ok()?, rest.split_once(": ")?.0.parse().ok()?))
}

/// `incorrect number of fields for line 17, …` or `Encountered invalid UTF-8 data for line 17 and …`: why, and which row. Here the
/// header is row 1.
fn torn(text: &str) -> String {
    let why = if text.contains("UTF-8") { "is not in UTF-8" } else { "has another number of cells than the header" };
    let number = |(_, rest): (&str, &str)| rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse::<u64>().ok();
    match text.split_once(" for line ").and_then(number) {
        Some(line) if line > 1 => format!("row {}, counted without the header, {why}", line - 1),
        _ => format!("a row {why}"),
    }
}

fn plain_type(arrow: &str) -> &'static str {
    match arrow {
        "Int64" => "an integer",
        "Float64" => "a number",
        "Boolean" => "true or false",
        "Date32" => "a date like 2026-11-01",
        ty if ty.starts_with("Timestamp") => TIMESTAMP,
        ty if ty.starts_with("Decimal") => "a decimal number",
        _ => "of the expected type",
    }
}

fn parquet(error: &ParquetError, tables: &str) -> QueryError {
    match error {
        ParquetError::External(inner) => match inner.downcast_ref::<std::io::Error>() {
            Some(io) => self::io(io, tables),
            None => damaged(tables, "a file has gone or cannot be opened"),
        },
        _ => damaged(tables, "its contents do not decode"),
    }
}

fn io(error: &std::io::Error, tables: &str) -> QueryError {
    match Code::of_io(error.kind()) {
        Code::DiskFull => QueryError::SpillFailed(Code::DiskFull),
        _ => damaged(tables, "a file has gone or cannot be opened"),
    }
}

fn schema(error: &SchemaError) -> QueryError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => QueryError::ColumnMissing {
            column: field.flat_name(),
            known: some_of(valid_fields.iter().map(|column| column.flat_name())),
        },
        SchemaError::AmbiguousReference { field } => {
            QueryError::SqlInvalid { why: format!("the column {} could be that of several tables", field.flat_name()) }
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            QueryError::DuplicateColumn { name: name.clone() }
        }
    }
}

fn damaged(tables: &str, why: &str) -> QueryError {
    QueryError::Damaged { what: format!("table {tables}"), why: why.into() }
}

fn failed(why: &str) -> QueryError {
    QueryError::Failed { why: why.into() }
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("sql parser error: ").unwrap_or(line);
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ENOSPC, wherever in the engine it is met.
    #[test]
    fn a_full_disk_while_intermediate_results_are_written_is_called_so() {
        let full = || std::io::Error::from_raw_os_error(28);
        let nested = DataFusionError::External(Box::new(ArrowError::IoError("while writing".into(), full())));
        let shared = DataFusionError::Shared(std::sync::Arc::new(DataFusionError::IoError(full())));
        for error in [DataFusionError::IoError(full()), nested, shared.context("spilling")] {
            assert_eq!(classify(&error, "people").code(), Code::DiskFull, "{error}");
        }
    }

    #[test]
    fn a_row_is_counted_from_the_first_behind_the_header() {
        let said = |error: ArrowError| classify(&DataFusionError::ArrowError(Box::new(error), None), "people").to_string();
        let csv = |text: &str| said(ArrowError::CsvError(text.into()));
        let parse = |text: &str| said(ArrowError::ParseError(text.into()));
        assert_eq!(
            csv("incorrect number of fields for line 3, expected 2 got 1"),
            "table people cannot be read: row 2, counted without the header, has another number of cells than the header"
        );
        assert_eq!(
            csv("Encountered invalid UTF-8 data for line 3 and field 1"),
            "table people cannot be read: row 2, counted without the header, is not in UTF-8"
        );
        assert_eq!(
            parse("Error while parsing value 'x' as type 'Int64' for column 1 at line 2. Row data: '[2,x,b]'"),
            "row 2 of table people, counted without the header: a cell in column number 2 is not an integer"
        );
        assert_eq!(
            parse("Error parsing column 1 at line 2: Parser error: Error parsing timestamp from 'x at line 9: ': short"),
            "row 2 of table people, counted without the header: a cell in column number 2 is not a timestamp like 2026-11-01T08:00:00"
        );
        assert_eq!(parse("can't parse the string value x to decimal"), "table people: a cell is not a decimal number");
    }
}
