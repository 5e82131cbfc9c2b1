//! From a model to the plan of its fields: the table or the wrapped SELECT, and one strict cast per field.
//!
//! The columns of the plan are called by the fields' ids and have the types of [`crate::types::plan_type`]. Casts of fields that a
//! query does not use are taken out by the optimiser, so a bad value in an unused column fails nothing.

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::{Column as PlanColumn, TableReference},
    datasource::provider_as_source,
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, lit, when},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::{
    model::{Definition, Field, Model},
    types::DataType,
};

use crate::{
    Column, QueryError, Source,
    error::{classify, some_of},
    functions::{strict, utc, written},
    sql,
    types::{converts, plan_type, product_type},
};

/// A plan and what it reads, for error texts.
pub(crate) struct Relation {
    pub(crate) plan: LogicalPlan,
    pub(crate) tables: String,
}

impl Source {
    /// The columns that a model of this definition could have fields for: of the table, or of the query's output.
    pub async fn definition_columns(&self, definition: &Definition) -> Result<Vec<Column>, QueryError> {
        let session = self.engine().session(Timestamp::UNIX_EPOCH);
        let relation = relation(self, definition, &[], &session).await?;
        Ok(relation.plan.schema().fields().iter().map(|field| Column::of(field)).collect())
    }
}

/// The plan of the model's fields that are columns.
pub(crate) async fn fields(source: &Source, model: &Model, session: &SessionState) -> Result<Relation, QueryError> {
    let columns: Vec<Field> = model.columns().cloned().collect();
    let Relation { plan, tables } = relation(source, &model.definition, &columns, session).await?;
    let mut exprs = Vec::with_capacity(columns.len());
    for field in &columns {
        let found = plan.schema().iter().find(|(_, column)| column.name() == field.column());
        let Some((qualifier, column)) = found else {
            return Err(QueryError::FieldLost {
                model: model.name.clone(),
                field: field.id.clone(),
                column: field.column().to_owned(),
                place: match &model.definition {
                    Definition::Table(table) => format!("table {table}"),
                    Definition::Sql(_) => "the model's query".into(),
                },
                known: some_of(plan.schema().fields().iter().map(|column| column.name().clone())),
            });
        };
        let value = Expr::Column(PlanColumn::new(qualifier.cloned(), column.name()));
        exprs.push(typed(value, column.data_type(), field, source.zone())?.alias(&field.id));
    }
    let plan = LogicalPlanBuilder::from(plan)
        .project(exprs)
        .and_then(|builder| builder.alias("model"))
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| classify(&error, &tables))?;
    Ok(Relation { plan, tables })
}

/// The rows of the definition, as a sub-query.
pub(crate) async fn relation(
    source: &Source,
    definition: &Definition,
    fields: &[Field],
    session: &SessionState,
) -> Result<Relation, QueryError> {
    match definition {
        Definition::Table(table) => {
            let provider = source.provider(table, fields).await?;
            let plan = LogicalPlanBuilder::scan(TableReference::bare("data"), provider_as_source(provider), None)
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| classify(&error, table))?;
            Ok(Relation { plan, tables: table.clone() })
        }
        Definition::Sql(text) => {
            if let Some(provider) = source.statement(text).await? {
                let tables = "the query".to_owned();
                let plan = LogicalPlanBuilder::scan(TableReference::bare("data"), provider_as_source(provider), None)
                    .and_then(LogicalPlanBuilder::build)
                    .map_err(|error| classify(&error, &tables))?;
                return Ok(Relation { plan, tables });
            }
            let statement = sql::parse(text)?;
            let references = session.resolve_table_references(&statement).map_err(|error| classify(&error, "the query"))?;
            let mut names = Vec::new();
            for reference in references {
                let TableReference::Bare { table } = &reference else {
                    let known = source.some_tables();
                    return Err(QueryError::TableMissing { table: reference.to_string(), known });
                };
                if names.iter().any(|name: &String| name.as_str() == table.as_ref()) {
                    continue;
                }
                let provider = source.provider(table, &[]).await?;
                session
                    .schema_for_ref(reference.clone())
                    .and_then(|schema| schema.register_table(table.to_string(), provider))
                    .map_err(|error| classify(&error, table))?;
                names.push(table.to_string());
            }
            let tables = names.join(", ");
            let plan = session.statement_to_plan(statement).await.map_err(|error| classify(&error, &tables))?;
            sql::doubled(plan.schema().fields().iter().map(|field| field.name()))?;
            let plan = LogicalPlanBuilder::from(plan)
                .alias("data")
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| classify(&error, &tables))?;
            Ok(Relation { plan, tables })
        }
    }
}

/// The column as the field's type.
fn typed(value: Expr, from: &Arrow, field: &Field, zone: &TimeZone) -> Result<Expr, QueryError> {
    let column = field.column();
    if !converts(from, field.ty) {
        return Err(if product_type(from).0.is_none() {
            QueryError::UnsupportedType { column: column.to_owned(), ty: from.to_string() }
        } else {
            QueryError::TypeMismatch {
                field: field.id.clone(),
                column: column.to_owned(),
                wanted: field.ty,
                found: from.to_string(),
            }
        });
    }
    let to = plan_type(field.ty);
    let text = is_text(from);
    let strictly = |value| strict(value, &field.id, column, field.ty);
    Ok(match field.ty {
        DataType::Timestamp if *from == to && *zone == TimeZone::UTC => value,
        DataType::Timestamp if text || matches!(from, Arrow::Dictionary(_, inner) if is_text(inner)) => {
            let refusal = QueryError::Value { field: field.id.clone(), column: column.to_owned(), wanted: field.ty };
            utc(written(value, zone, refusal), zone, &field.id, column)
        }
        DataType::Timestamp => utc(value, zone, &field.id, column),
        DataType::Float if from.is_integer() => cast(value, to),
        DataType::Float if matches!(from, Arrow::Float16 | Arrow::Float32) => finite(cast(value, to)),
        DataType::Float if *from == to => finite(value),
        DataType::Float => finite(strictly(value)),
        _ if *from == to => value,
        DataType::Integer if from.is_integer() && *from != Arrow::UInt64 => cast(value, to),
        DataType::String | DataType::Json | DataType::Array if text => cast(value, to),
        DataType::Boolean
        | DataType::Integer
        | DataType::Decimal { .. }
        | DataType::String
        | DataType::Date
        | DataType::Json
        | DataType::Array => strictly(value),
    })
}

fn is_text(ty: &Arrow) -> bool {
    matches!(ty, Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View)
}

/// NaN counts as no value (features 5.3, rule 7), and minus zero is zero. The engine orders NaN outside of the infinities, so a range
/// finds it; and infinity itself is no number that a platform could take, but it is a value.
fn finite(value: Expr) -> Expr {
    let inside = value.clone().gt_eq(lit(f64::NEG_INFINITY)).and(value.clone().lt_eq(lit(f64::INFINITY)));
    when(inside, value + lit(0.0_f64)).end().expect("a CASE with one branch of one type is well formed")
}
