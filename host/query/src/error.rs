//! What can go wrong between a declared model and its rows, as causes that a person can act on.
//!
//! The engine's own texts never go out as they are: they may carry values of rows. [`classify`] turns them into causes and keeps
//! names of columns, types and lines only. Texts about the SQL itself are kept, since the reader wrote it.

use datafusion::{arrow::error::ArrowError, common::SchemaError, error::DataFusionError, parquet::errors::ParquetError};
use sluice_catalog::{Code, Problem, types::DataType};

/// Why a source, a model or a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The folder is not there, or not a folder, or not readable.
    #[error("the folder of source {source_name} {why}")]
    Unreachable {
        /// The source's name.
        source_name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// What a warehouse or the way to it says.
    #[error("{cause}")]
    Warehouse {
        /// From the registry.
        code: Code,
        /// One sentence, without a value of a row.
        cause: String,
    },
    /// A table that the model names.
    #[error("there is no table {table} in the source; it has {known}")]
    TableMissing {
        /// As written by the operator.
        table: String,
        /// Some of the tables there are.
        known: String,
    },
    /// A table is there but cannot be used as one.
    #[error("table {table} cannot be read as one table: {why}")]
    TableUnusable {
        /// Its name.
        table: String,
        /// Why not.
        why: String,
    },
    /// A column that the model's SQL names.
    #[error("there is no column {column}; there are {known}")]
    ColumnMissing {
        /// As written by the operator.
        column: String,
        /// Some of the columns there are.
        known: String,
    },
    /// A field that is no list of categories.
    #[error("the field {field} has more than {max} different values")]
    TooManyValues {
        /// The field's id.
        field: String,
        /// How many would be counted.
        max: usize,
    },
    /// A field whose column is gone.
    #[error("field {field} of model {model} reads column {column}, which {place} does not have any more; it has {known}")]
    FieldLost {
        /// The model's name.
        model: String,
        /// The field's id.
        field: String,
        /// The column's name.
        column: String,
        /// The table or the query.
        place: String,
        /// Some of the columns there are.
        known: String,
    },
    /// A file of a table differs from the others.
    #[error("file {file} of table {table} has other columns than the first file: {what}")]
    FilesDiffer {
        /// The table's name.
        table: String,
        /// The file's name.
        file: String,
        /// The first difference.
        what: String,
    },
    /// A column of a type that no field can hold.
    #[error("column {column} is of type {ty}; Sluice reads booleans, integers, decimals, floats, strings, dates and timestamps")]
    UnsupportedType {
        /// The column's name.
        column: String,
        /// The source's type.
        ty: String,
    },
    /// A column that cannot become the field's type at all.
    #[error("field {field} is declared {wanted}, but column {column} is {found}")]
    TypeMismatch {
        /// The field's id.
        field: String,
        /// The column's name.
        column: String,
        /// What the field is declared as.
        wanted: DataType,
        /// What the column holds.
        found: String,
    },
    /// A file that cannot be read to its end.
    #[error("{what} cannot be read: {why}")]
    Damaged {
        /// The file's or the table's name.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A value that does not convert to its field's type. The value itself is not told.
    #[error("column {column} has a value that is not {wanted} as field {field} needs it")]
    Value {
        /// The field's id.
        field: String,
        /// The column's name.
        column: String,
        /// What the field is declared as.
        wanted: DataType,
    },
    /// A cell of a CSV file that does not fit the type guessed from its first rows or declared for it.
    #[error("line {line} of table {table}: the cell in column {column} is not {wanted}")]
    Cell {
        /// The table's name, or several.
        table: String,
        /// Line of the file, from 1; 0 when it is not known.
        line: u64,
        /// The column's name.
        column: String,
        /// What was expected.
        wanted: String,
    },
    /// More than one statement.
    #[error("there are {count} statements")]
    MultipleStatements {
        /// How many.
        count: usize,
    },
    /// Something else than a SELECT.
    #[error("{found} is not a SELECT")]
    NotASelect {
        /// What it begins with.
        found: String,
    },
    /// The SQL cannot be parsed or planned.
    #[error("{why}")]
    SqlInvalid {
        /// What the parser or planner says about the text.
        why: String,
    },
    /// A name stands twice among the output columns.
    #[error("two columns of the query are called {name}")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// An output column without a name.
    #[error("column {position} of the query is an expression without a name")]
    UnnamedColumn {
        /// From 1.
        position: usize,
    },
    /// The condition does not fit the model.
    #[error("{}", first(.0))]
    Condition(Vec<Problem>),
    /// A field that was asked for.
    #[error("the model {model} has no field {field}")]
    FieldUnknown {
        /// The model's name.
        model: String,
        /// What was asked for.
        field: String,
    },
    /// Memory or disk for intermediate results ran out.
    #[error("the query needs more memory or spill space than Sluice allows it")]
    Exhausted,
    /// The disk of the spill folder is full.
    #[error("the folder for intermediate results cannot be written")]
    SpillFailed,
    /// The query failed while it ran.
    #[error("{why}")]
    Failed {
        /// What kind of failure; never a value.
        why: String,
    },
}

fn first(problems: &[Problem]) -> String {
    match problems {
        [] => "the condition is not valid".into(),
        [one] => format!("the condition is not valid at {one}"),
        [one, rest @ ..] => format!("the condition is not valid at {one} And {} more.", rest.len()),
    }
}

impl QueryError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } => Code::SourceUnreachable,
            Self::Warehouse { code, .. } => *code,
            Self::TableMissing { .. } | Self::ColumnMissing { .. } => Code::SourceObjectMissing,
            Self::FieldLost { .. } | Self::TypeMismatch { .. } => Code::ModelBroken,
            Self::TableUnusable { .. } | Self::FilesDiffer { .. } | Self::Damaged { .. } | Self::Cell { .. } => {
                Code::SourceDamagedFile
            }
            Self::UnsupportedType { .. } => Code::SourceUnsupportedType,
            Self::MultipleStatements { .. } => Code::MultipleStatements,
            Self::NotASelect { .. } => Code::NotASelect,
            Self::SqlInvalid { .. } => Code::SqlInvalid,
            Self::DuplicateColumn { .. } | Self::UnnamedColumn { .. } => Code::DuplicateColumn,
            Self::Condition(_) => Code::SegmentBroken,
            Self::TooManyValues { .. } => Code::TooManyValues,
            Self::FieldUnknown { .. } => Code::FieldUnknown,
            Self::SpillFailed => Code::StateIo,
            Self::Value { .. } | Self::Exhausted | Self::Failed { .. } => Code::SourceQueryFailed,
        }
    }
}

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
        DataFusionError::ResourcesExhausted(text) if text.contains("disk") => QueryError::SpillFailed,
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
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => QueryError::SpillFailed,
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

/// The first names of a list, for "there are …".
pub(crate) fn some_of(names: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = names.take(21).collect();
    match shown.len() {
        0 => return "none".into(),
        21 => shown[20] = "…".into(),
        _ => {}
    }
    shown.join(", ")
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
