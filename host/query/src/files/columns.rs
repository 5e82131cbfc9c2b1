//! A column of a table or of a query, as discovery shows it.

use arrow::datatypes::Field;
use sluice_catalog::types::DataType;

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
    pub(crate) fn of(field: &Field) -> Self {
        let (ty, warning) = product_type(field.data_type());
        Self { name: field.name().clone(), ty, source_type: field.data_type().to_string(), warning }
    }
}
