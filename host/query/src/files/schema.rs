//! What the files themselves say about their columns: Parquet footers, CSV headers and a bounded sample.
//!
//! Every file of a table is opened, so that a missing column or a cut footer is an error here and not a null later.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    sync::Arc,
};

use arrow::{
    csv::reader::Format,
    datatypes::{DataType as Arrow, Field as Column, Schema, SchemaRef},
};
use datafusion::parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    file::{metadata::RowGroupMetaData, statistics::Statistics},
};
use sluice_catalog::model::Field;

use super::{FileKind, Files, sample};
use crate::{
    QueryError,
    limits::{CSV_SAMPLE_BYTES, CSV_SAMPLE_ROWS},
    types::plan_type,
};

/// The columns that all files have. `fields` settle the types of CSV columns.
pub(super) fn of_table(table: &str, files: &Files, delimiter: u8, fields: &[Field]) -> Result<SchemaRef, QueryError> {
    let mut first: Option<Schema> = None;
    for path in &files.paths {
        let schema = match files.kind {
            FileKind::Parquet => parquet(path)?,
            FileKind::Csv => csv(path, delimiter, if first.is_none() { CSV_SAMPLE_ROWS } else { 0 }, CSV_SAMPLE_BYTES)?,
        };
        first = Some(match first {
            None => unique(schema, path)?,
            Some(first) => {
                same(table, path, &first, &schema, files.kind)?;
                together(&first, &schema)
            }
        });
    }
    let schema = first.ok_or_else(|| QueryError::TableUnusable { table: table.to_owned(), why: "it has no files".into() })?;
    Ok(Arc::new(match files.kind {
        FileKind::Parquet => schema,
        FileKind::Csv => settle(&schema, fields),
    }))
}

/// As Parquet files are read: text as it lies, by reference. A model casts what it gives, which are the rows that satisfy a condition and
/// not those that are looked at.
pub(super) fn as_read(schema: &Schema) -> SchemaRef {
    let column = |column: &Arc<Column>| match column.data_type() {
        Arrow::Utf8 | Arrow::LargeUtf8 => column.as_ref().clone().with_data_type(Arrow::Utf8View),
        _ => column.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(column).collect::<Vec<_>>()))
}

/// The columns of a file. One is nullable where the footer does not say that every row has a value: the engine need not ask then, and
/// can leave out what a condition says of rows without one.
fn parquet(path: &Path) -> Result<Schema, QueryError> {
    let file = open(path)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|_| damaged(path, "it is not a complete Parquet file"))?;
    let file = metadata.metadata();
    let column = |(at, column): (usize, &Arc<Column>)| {
        let places = file.file_metadata().schema_descr();
        // Only of a column of values: what nests is left as it says itself.
        let mut leaves = (0..places.num_columns()).filter(|leaf| places.get_column_root_idx(*leaf) == at);
        let (leaf, nests) = (leaves.next(), column.data_type().is_nested());
        let full = |leaf: usize| {
            let nulls = |group: &RowGroupMetaData| group.column(leaf).statistics().and_then(Statistics::null_count_opt);
            file.row_groups().iter().all(|group| nulls(group) == Some(0))
        };
        let nullable = column.is_nullable() && (nests || !leaf.is_some_and(full));
        column.as_ref().clone().with_nullable(nullable)
    };
    Ok(Schema::new(metadata.schema().fields().iter().enumerate().map(column).collect::<Vec<_>>()))
}

fn csv(path: &Path, delimiter: u8, rows: usize, bytes_max: u64) -> Result<Schema, QueryError> {
    let broken = |_| damaged(path, "the disk or network share gives an error");
    let bytes = if open(path)?.metadata().map_err(broken)?.len() <= bytes_max {
        bytes_max
    } else {
        sample::whole_records(BufReader::new(open(path)?), delimiter, rows, bytes_max)
            .map_err(broken)?
            .ok_or_else(|| damaged(path, &format!("its first row does not end within {bytes_max} bytes")))?
    };
    let start = || Ok::<_, QueryError>(BufReader::new(open(path)?.take(bytes)));
    let format = Format::default().with_header(true).with_delimiter(delimiter);
    let Ok((schema, _)) = format.infer_schema(start()?, Some(rows)) else {
        let flaw = sample::flaw(start()?, delimiter).map_err(broken)?;
        return Err(damaged(path, flaw.as_deref().unwrap_or("its first rows are not well-formed CSV in UTF-8")));
    };
    if schema.fields().is_empty() {
        return Err(damaged(path, "it has no header"));
    }
    let text = |field: &Arc<Column>| {
        let ty = if field.data_type() == &Arrow::Null { Arrow::Utf8 } else { field.data_type().clone() };
        Column::new(field.name(), ty, true)
    };
    Ok(Schema::new(schema.fields().iter().map(text).collect::<Vec<_>>()))
}

/// The types that the model declares take the place of the guessed ones: a postal code stays text, an amount is a decimal.
fn settle(schema: &Schema, fields: &[Field]) -> Schema {
    let settled = schema.fields().iter().map(|column| {
        let ty = match fields.iter().find(|field| field.column() == column.name()) {
            Some(field) if field.ty.is_possible() => plan_type(field.ty),
            _ => column.data_type().clone(),
        };
        Column::new(column.name(), ty, true)
    });
    Schema::new(settled.collect::<Vec<_>>())
}

/// A column is without nulls where it is so in both.
fn together(one: &Schema, other: &Schema) -> Schema {
    let nullable = |column: &Column| column.is_nullable() || other.field_with_name(column.name()).is_ok_and(Column::is_nullable);
    let columns = one.fields().iter().map(|column| column.as_ref().clone().with_nullable(nullable(column)));
    Schema::new(columns.collect::<Vec<_>>())
}

fn unique(schema: Schema, path: &Path) -> Result<Schema, QueryError> {
    let mut seen = std::collections::HashSet::new();
    match schema.fields().iter().find(|field| !seen.insert(field.name().as_str())) {
        Some(twice) => Err(damaged(path, &format!("two of its columns are called {}", twice.name()))),
        None => Ok(schema),
    }
}

fn same(table: &str, path: &Path, first: &Schema, other: &Schema, kind: FileKind) -> Result<(), QueryError> {
    let differ = |what: String| QueryError::FilesDiffer { table: table.to_owned(), file: file_name(path), what };
    if first.fields().len() != other.fields().len() {
        let lacks =
            |a: &Schema, b: &Schema| a.fields().iter().find(|f| b.field_with_name(f.name()).is_err()).map(|f| f.name().clone());
        return Err(differ(match (lacks(first, other), lacks(other, first)) {
            (Some(missing), _) => format!("{missing} is missing"),
            (None, Some(extra)) => format!("{extra} is new"),
            (None, None) => "a column stands twice".into(),
        }));
    }
    for (place, (a, b)) in first.fields().iter().zip(other.fields()).enumerate() {
        // The engine finds Parquet columns by name and CSV columns by place.
        let b = if kind == FileKind::Parquet { other.field_with_name(a.name()).unwrap_or(b) } else { b };
        if a.name() != b.name() {
            return Err(differ(format!("column {} is called {}, not {}", place + 1, b.name(), a.name())));
        }
        if kind == FileKind::Parquet && a.data_type() != b.data_type() {
            return Err(differ(format!("{} is {}, not {}", a.name(), b.data_type(), a.data_type())));
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, QueryError> {
    File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => damaged(path, "it has gone"),
        std::io::ErrorKind::PermissionDenied => damaged(path, "the account that runs Sluice may not read it"),
        _ => damaged(path, "the disk or network share gives an error"),
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn damaged(path: &Path, why: &str) -> QueryError {
    QueryError::Damaged { what: format!("file {}", file_name(path)), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_limit_of_bytes_are_not_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "id,n\n1,\"a\nb\"\n2,3\n").unwrap();
        let read = |rows, bytes_max| csv(&path, b',', rows, bytes_max);
        for bytes_max in 13..20 {
            let schema = read(9, bytes_max).unwrap();
            assert_eq!(schema.field(1).data_type(), &Arrow::Utf8, "{bytes_max}");
        }
        assert_eq!(read(9, 12).unwrap_err().to_string(), "file t.csv cannot be read: its first row does not end within 12 bytes");
        assert_eq!(read(0, 5).unwrap().fields().len(), 2, "of a second file the header is enough");
    }
}
