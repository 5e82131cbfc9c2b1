//! Times of CSV files whose source has a zone: an offset in a cell wins, and a cell without one is wall time of that zone.
//!
//! The engine's reader either drops the difference or refuses the hours that a zone skips or repeats, so it reads these columns as
//! text, and a view over the table reads the text.

use std::sync::Arc;

use arrow::datatypes::{DataType as Arrow, Field as Column, Schema, SchemaRef};
use datafusion::{
    catalog::TableProvider,
    common::{Column as PlanColumn, TableReference},
    datasource::{ViewTable, provider_as_source},
    logical_expr::{Expr, LogicalPlanBuilder},
};
use jiff::tz::TimeZone;

use crate::{
    QueryError,
    error::{TIMESTAMP, classify},
    functions::written,
};

/// The columns with their times as text.
pub(super) fn as_text(schema: &Schema) -> SchemaRef {
    let column = |column: &Arc<Column>| match column.data_type() {
        Arrow::Timestamp(_, _) => column.as_ref().clone().with_data_type(Arrow::Utf8),
        _ => column.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(column).collect::<Vec<_>>()))
}

/// `read`, which has its times as text, with the times of `schema`.
pub(super) fn view(
    name: &str,
    read: Arc<dyn TableProvider>,
    schema: &Schema,
    zone: &TimeZone,
) -> Result<Arc<dyn TableProvider>, QueryError> {
    let table = TableReference::bare(name);
    let columns = schema.fields().iter().map(|column| {
        let value = Expr::Column(PlanColumn::new(Some(table.clone()), column.name()));
        match column.data_type() {
            Arrow::Timestamp(_, _) => written(value, zone, no_timestamp(name, column.name())).alias(column.name()),
            _ => value,
        }
    });
    let plan = LogicalPlanBuilder::scan(table.clone(), provider_as_source(read), None)
        .and_then(|builder| builder.project(columns.collect::<Vec<_>>()))
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| classify(&error, name))?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn no_timestamp(table: &str, column: &str) -> QueryError {
    let wanted = TIMESTAMP.to_owned();
    QueryError::Cell { table: table.to_owned(), record: None, column: Some(column.to_owned()), wanted }
}
