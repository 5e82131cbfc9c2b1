//! A leaf of the plan: the columns that the plan uses go into the SELECT list, the rows come as a stream.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::{
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::Result,
    logical_expr::Expr,
    physical_plan::ExecutionPlan,
};

use super::{Dialect, From, Warehouse, stream};

/// A table or a SELECT of a warehouse.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    warehouse: Arc<dyn Warehouse>,
    /// Of the source.
    name: Arc<str>,
    from: From,
    schema: SchemaRef,
    dialect: Option<Dialect>,
}

impl Leaf {
    pub(super) fn new(warehouse: Arc<dyn Warehouse>, name: &str, from: From, schema: SchemaRef, dialect: Option<Dialect>) -> Self {
        Self { warehouse, name: name.into(), from, schema, dialect }
    }

    /// Where it lies.
    pub(crate) fn warehouse(&self) -> &Arc<dyn Warehouse> {
        &self.warehouse
    }

    /// The name of the source.
    pub(crate) fn source(&self) -> &Arc<str> {
        &self.name
    }

    /// In which SQL the source is spoken to; none where only named tables are read from it.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// Whether one statement can read both.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.warehouse, &other.warehouse)
    }

    /// What stands behind FROM.
    pub(crate) fn from(&self) -> &From {
        &self.from
    }
}

#[async_trait::async_trait]
impl TableProvider for Leaf {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let statement = self.from.columns(schema.fields().iter().map(|field| field.name().as_str()), limit);
        stream::plan(&self.warehouse, statement, schema, None, limit)
    }
}
