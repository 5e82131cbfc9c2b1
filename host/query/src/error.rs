//! What can go wrong between a declared model and its rows, as causes that a person can act on.
//!
//! The engine's own texts never go out as they are: they may carry values of rows. [`classify`] turns them into causes and keeps
//! names of columns, types and numbers of rows only. Texts about the SQL itself are kept, since the reader wrote it.

mod classify;

use sluice_catalog::{Code, Problem, types::DataType};

pub(crate) use classify::{TIMESTAMP, classify};

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
    /// A calculated field that does not fit the models around it any more.
    #[error("the calculated field {field} of model {model} is broken: {why}")]
    CalculatedBroken {
        /// The model's name.
        model: String,
        /// The field's id.
        field: String,
        /// The first thing that is wrong, as a sentence.
        why: String,
    },
    /// A result of a calculated field that its type cannot hold. The result itself is not told.
    #[error("a result of the calculated field {field} does not fit {ty}")]
    Overflow {
        /// The field's id.
        field: String,
        /// The type of the part that overflowed.
        ty: DataType,
    },
    /// A cell of a CSV file that does not fit the type guessed from its first rows or declared for it.
    #[error("{}a cell{} is not {wanted}", place(.table, *.record), in_column(.column.as_deref()))]
    Cell {
        /// The table's name, or several.
        table: String,
        /// Which row of its file, from 1 and without the header, where the engine says so. A row may take several lines.
        record: Option<u64>,
        /// The column, where the engine says so.
        column: Option<String>,
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
    /// The folder for intermediate results, with the code of why.
    #[error("the folder for intermediate results cannot be written")]
    SpillFailed(Code),
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

fn place(table: &str, record: Option<u64>) -> String {
    match record {
        Some(record) => format!("row {record} of table {table}, counted without the header: "),
        None => format!("table {table}: "),
    }
}

fn in_column(column: Option<&str>) -> String {
    column.map(|column| format!(" in column {column}")).unwrap_or_default()
}

impl QueryError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } => Code::SourceUnreachable,
            Self::Warehouse { code, .. } => *code,
            Self::TableMissing { .. } | Self::ColumnMissing { .. } => Code::SourceObjectMissing,
            Self::FieldLost { .. } | Self::TypeMismatch { .. } | Self::CalculatedBroken { .. } => Code::ModelBroken,
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
            Self::SpillFailed(code) => *code,
            Self::Value { .. } | Self::Overflow { .. } | Self::Exhausted | Self::Failed { .. } => Code::SourceQueryFailed,
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
