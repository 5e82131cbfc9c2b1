//! What the tests of this crate share: an engine in a folder of its own, small tables written on the spot, the real data set.

#![allow(dead_code)] // each test file uses its part
#![allow(missing_docs)]

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{array::ArrayRef, array::RecordBatch};
use futures::TryStreamExt;
use jiff::{Timestamp, tz::TimeZone};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use sluice_catalog::{
    condition::Group,
    ids::SourceId,
    model::{Definition, Field, Kind, Model},
    source,
    types::DataType,
};
use sluice_query::{Engine, Query, QueryError, Settings, Source};

/// A folder of tables, gone with the value.
pub(crate) struct Folder {
    dir: tempfile::TempDir,
    pub(crate) zone: String,
    pub(crate) delimiter: char,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        Self { dir, zone: "UTC".into(), delimiter: ',' }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn text(&self, name: &str, text: &str) -> &Self {
        self.bytes(name, text.as_bytes())
    }

    pub(crate) fn bytes(&self, name: &str, bytes: &[u8]) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    pub(crate) fn parquet(&self, name: &str, columns: Vec<(&str, ArrayRef)>) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        self
    }

    pub(crate) async fn open(&self) -> Source {
        open(&self.path(), self.dir.path(), &self.zone, self.delimiter).await.unwrap()
    }
}

pub(crate) async fn open(folder: &Path, spill: &Path, zone: &str, delimiter: char) -> Result<Source, QueryError> {
    let engine = Engine::new(Settings { partitions: 2, ..Settings::new(spill.join("spill")) })?;
    Source::open(&engine, &declared(folder, zone, delimiter)).await
}

pub(crate) fn declared(folder: &Path, zone: &str, delimiter: char) -> source::Source {
    source::Source {
        name: "shop".into(),
        description: String::new(),
        tags: vec![],
        kind: source::Kind::Files(source::Files { path: folder.to_string_lossy().into_owned(), delimiter }),
        zone: zone.into(),
    }
}

/// A model whose key is the first field.
pub(crate) fn model(definition: Definition, fields: &[(&str, DataType)]) -> Model {
    Model {
        name: "rows".into(),
        description: String::new(),
        tags: vec![],
        source: SourceId::new(1, 1),
        definition,
        kind: Kind::Custom,
        fields: fields.iter().map(|(id, ty)| Field::plain(id, *ty)).collect(),
        primary_key: vec![fields[0].0.into()],
        time_field: None,
        relationships: vec![],
    }
}

pub(crate) fn table(name: &str, fields: &[(&str, DataType)]) -> Model {
    model(Definition::Table(name.into()), fields)
}

pub(crate) fn sql(text: &str, fields: &[(&str, DataType)]) -> Model {
    model(Definition::Sql(text.into()), fields)
}

pub(crate) fn group(children: Value) -> Group {
    serde_json::from_value(json!({ "op": "and", "children": children })).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) const NOW: &str = "2026-11-24T08:30:00Z";

pub(crate) async fn all(source: &Source, model: &Model) -> Result<Query, QueryError> {
    Query::new(source, model, None, at(NOW), &TimeZone::UTC).await
}

/// Every row as JSON-like text, sorted.
pub(crate) async fn rows(query: &Query, fields: &[&str]) -> Result<Vec<String>, QueryError> {
    let batches: Vec<RecordBatch> = query.select(fields)?.stream().await?.try_collect().await?;
    let mut lines = Vec::new();
    for batch in &batches {
        let options = arrow::util::display::FormatOptions::default().with_null("∅");
        let columns: Vec<_> =
            batch.columns().iter().map(|c| arrow::util::display::ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            lines.push(columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join(" | "));
        }
    }
    lines.sort();
    Ok(lines)
}

pub(crate) fn array<A: arrow::array::Array + 'static>(array: A) -> ArrayRef {
    Arc::new(array)
}

/// The folder with the real order lines: `../shared/data` beside the workspace, or `$SLUICE_SHARED/data`.
#[allow(clippy::print_stdout, reason = "what was skipped")]
pub(crate) fn real_data() -> Option<PathBuf> {
    let shared = std::env::var_os("SLUICE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let data = shared.join("data");
    if data.join("online_retail.parquet").is_file() {
        Some(data)
    } else {
        // Past the capture of a test's output.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no online_retail.parquet in {}; set SLUICE_SHARED to the folder above data/",
            data.display()
        );
        None
    }
}
