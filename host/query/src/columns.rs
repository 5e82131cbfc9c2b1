//! A column of a table or of a query, as discovery shows it.

use arrow::datatypes::Field;
use sluice_catalog::{
    columnar::{HOLDS, SOURCE_TYPE},
    types::DataType,
};

use crate::types::product_type;

/// A column of a table or of a query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// Its exact name.
    pub name: String,
    /// Our type for it; `None`: no field can hold it.
    pub ty: Option<DataType>,
    /// The source's own type.
    pub source_type: String,
    /// Where `ty` is not the whole truth.
    pub warning: Option<String>,
}

impl Column {
    /// Of a column of the engine. A warehouse says beside it what its own type is, and what a text holds.
    pub(crate) fn of(field: &Field) -> Self {
        let said = |key: &str| field.metadata().get(key).map(String::as_str);
        let source_type = said(SOURCE_TYPE).map_or_else(|| field.data_type().to_string(), str::to_owned);
        let (ty, warning) = match said(HOLDS) {
            Some("json") => (Some(DataType::Json), None),
            Some("array") => (Some(DataType::Array), None),
            Some(_) => (None, Some(format!("{source_type} is not read; cast it to text in a model's SQL"))),
            None => product_type(field.data_type()),
        };
        Self { name: field.name().clone(), ty, source_type, warning }
    }
}
