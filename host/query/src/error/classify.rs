//! Errors of the engine as errors of ours: without values of rows, and with the words of the source where the engine has none.

use datafusion::{arrow::error::ArrowError, common::SchemaError, error::DataFusionError, parquet::errors::ParquetError};
use sluice_catalog::Code;

use super::{QueryError, some_of};

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
        ArrowError::CsvError(_) => damaged(tables, "a row has another number of cells than the header"),
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

/// `Error while parsing value '…' as type 'Int64' for column 3 at line 17. Row data: …`: type, column and line are kept. Values may
/// contain anything, so the facts are looked for behind the last place where they can stand.
fn cell(text: &str, tables: &str) -> QueryError {
    let facts = || {
        let head = &text[..text.find(". Row data: '")?];
        let (rest, line) = head.rsplit_once(" at line ")?;
        let (rest, column) = rest.rsplit_once(" for column ")?;
        let (_, ty) = rest.rsplit_once(" as type '")?;
        Some((ty.trim_end_matches('\''), column.parse::<usize>().ok()?, line.parse().ok()?))
    };
    match facts() {
        Some((ty, column, line)) => QueryError::Cell {
            table: tables.to_owned(),
            line,
            column: format!("number {}", column + 1),
            wanted: plain_type(ty).to_owned(),
        },
        None => QueryError::Failed { why: format!("a text of table {tables} does not convert to the column's type") },
    }
}

fn plain_type(arrow: &str) -> &'static str {
    match arrow {
        "Int64" => "an integer",
        "Float64" => "a number",
        "Boolean" => "true or false",
        "Date32" => "a date like 2026-11-01",
        ty if ty.starts_with("Timestamp") => "a timestamp like 2026-11-01T08:00:00",
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
}
