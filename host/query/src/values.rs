//! The values of a categorical field: what a picker offers, each with the number of its rows (features 3.9).

use arrow::{array::AsArray, datatypes::Int64Type};
use datafusion::{
    common::Column,
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlanBuilder, lit},
};
use futures::TryStreamExt;
use serde_json::Value;
use sluice_catalog::{model::Field, types::DataType};

use crate::{Query, QueryError, limits::CATEGORY_VALUES_MAX, preview::shown};

/// The values of a field.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Values {
    /// Different values, nulls aside.
    pub distinct: u64,
    /// Rows without a value.
    pub without: u64,
    /// The values with the most rows first, at most [`CATEGORY_VALUES_MAX`]; those of personal data are masked.
    pub values: Vec<CategoryValue>,
}

/// A value and how many rows have it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub struct CategoryValue {
    pub value: Value,
    pub rows: u64,
}

impl Values {
    /// Whether they are few enough to be offered as a list.
    pub fn are_few(&self) -> bool {
        self.distinct <= CATEGORY_VALUES_MAX as u64
    }
}

const ROWS: &str = "__rows";

impl Query {
    /// Counts the values of a field of the model, in one pass. Errors: [`QueryError::FieldUnknown`].
    pub async fn values(&self, field: &str) -> Result<Values, QueryError> {
        let unknown = || QueryError::FieldUnknown { model: self.model.name.clone(), field: field.to_owned() };
        let field = self.model.field(field).ok_or_else(unknown)?;
        let (value, rows) = (Expr::Column(Column::new_unqualified(&field.id)), Expr::Column(Column::new_unqualified(ROWS)));
        let groups = LogicalPlanBuilder::from(self.filtered()?)
            .project([value.clone()])
            .and_then(|builder| builder.aggregate([value.clone()], [count(lit(1_i64)).alias(ROWS)]))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let numbers = LogicalPlanBuilder::from(groups.clone())
            .aggregate(
                Vec::<Expr>::new(),
                [
                    count(value.clone()).alias("distinct"),
                    datafusion::functions_aggregate::expr_fn::sum(missing(&value, &rows)).alias("without"),
                ],
            )
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let ([distinct, without], _) = self.counted(&numbers).await?;
        let most = LogicalPlanBuilder::from(groups)
            .filter(value.clone().is_not_null())
            .and_then(|builder| {
                builder.sort_with_limit([rows.sort(false, false), value.sort(true, false)], Some(CATEGORY_VALUES_MAX))
            })
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let counted = Field::plain(ROWS, DataType::Integer);
        let mut stream = self.run(&most, &[field, &counted], vec![0, 1]).await?;
        let mut values = Vec::new();
        while let Some(batch) = stream.try_next().await? {
            let rows = batch.column(1).as_primitive::<Int64Type>();
            values.extend((0..batch.num_rows()).map(|row| CategoryValue {
                value: shown(batch.column(0), row, field),
                rows: u64::try_from(rows.value(row)).unwrap_or(0),
            }));
        }
        Ok(Values { distinct, without, values })
    }
}

/// The rows of the group without a value; 0 of the others.
fn missing(value: &Expr, rows: &Expr) -> Expr {
    let case = datafusion::logical_expr::when(value.clone().is_null(), rows.clone()).otherwise(lit(0_i64));
    case.expect("a CASE with branches of one type is well formed")
}
