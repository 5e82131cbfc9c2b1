//! A query: the rows of a model that satisfy a condition, planned once, run as often as asked.

use datafusion::{
    common::Column,
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder},
    physical_plan::{ExecutionPlan, displayable, execute_stream},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::{
    condition::{At, Group},
    model::{Field, Model},
};
use std::sync::Arc;

use crate::{QueryError, Rows, Source, compile, error::classify, model};

/// The rows of a model that satisfy a condition.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) session: SessionState,
    pub(crate) model: Model,
    pub(crate) tables: String,
    /// What the engine's plans show before a file's name.
    folder: String,
    /// The model's rows, with helper columns of the condition.
    pub(crate) all: LogicalPlan,
    pub(crate) condition: Option<Expr>,
}

/// Columns of a query, ready to be read.
#[derive(Debug, Clone)]
pub struct Selection {
    query: Query,
    /// Output columns; a field may stand twice.
    fields: Vec<Field>,
}

impl Query {
    /// Plans the rows of `model` in `source` that satisfy `condition` (all without one), seen from `now` in the workspace's `zone`.
    ///
    /// * `model`: valid ([`Model::validate`]), and its source is `source`.
    /// * Reads names, footers and samples of files, no rows. Files of the source that the model does not use are not touched.
    /// * Errors: [`QueryError::Condition`] when the condition does not fit; what is missing, damaged or of another type in the source.
    pub async fn new(
        source: &Source,
        model: &Model,
        condition: Option<&Group>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        let session = source.engine().session(now);
        let checked = condition.map(|group| group.check(model)).transpose().map_err(QueryError::Condition)?;
        for id in &model.primary_key {
            known(model, id)?;
        }
        let model::Relation { plan, tables } = model::fields(source, model, &session).await?;
        let (all, condition) = match checked {
            None => (plan, None),
            Some(checked) => {
                let filter =
                    compile::filter(plan, model, &checked, &At::new(now, zone)).map_err(|error| classify(&error, &tables))?;
                (filter.plan, Some(filter.condition))
            }
        };
        let folder = source.shown_folder();
        Ok(Self { session, model: model.clone(), tables, folder, all, condition })
    }

    /// The key fields in key order, then `fields` in the order given. Errors: [`QueryError::FieldUnknown`].
    pub fn select<S: AsRef<str>>(&self, fields: &[S]) -> Result<Selection, QueryError> {
        let ids = self.model.primary_key.iter().map(String::as_str).chain(fields.iter().map(AsRef::as_ref));
        let fields = ids.map(|id| known(&self.model, id).cloned()).collect::<Result<Vec<_>, _>>()?;
        Ok(Selection { query: self.clone(), fields })
    }

    /// How many rows; exact.
    pub async fn count(&self) -> Result<u64, QueryError> {
        Ok(self.counts().await?.0)
    }

    /// The plan as text, for people: the logical plan as built, and the physical one.
    pub async fn explain(&self) -> Result<String, QueryError> {
        let plan = self.filtered()?;
        let physical = self.physical(&plan).await?;
        // The engine shows where the files lie; a person is told their names only.
        let physical = displayable(physical.as_ref()).indent(false).to_string().replace(&self.folder, "");
        Ok(format!("{}\n\n{physical}", plan.display_indent()))
    }

    pub(crate) fn filtered(&self) -> Result<LogicalPlan, QueryError> {
        match &self.condition {
            None => Ok(self.all.clone()),
            Some(condition) => LogicalPlanBuilder::from(self.all.clone())
                .filter(condition.clone())
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| self.explain_error(&error)),
        }
    }

    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        self.session.create_physical_plan(plan).await.map_err(|error| self.explain_error(&error))
    }

    /// The rows of a plan over this query's columns; `fields` are its columns, in order.
    pub(crate) async fn run(&self, plan: &LogicalPlan, fields: &[&Field], places: Vec<usize>) -> Result<Rows, QueryError> {
        let physical = self.physical(plan).await?;
        let stream = execute_stream(physical, self.session.task_ctx()).map_err(|error| self.explain_error(&error))?;
        Ok(Rows::new(stream, fields, places, self.tables.clone()))
    }

    pub(crate) fn explain_error(&self, error: &datafusion::error::DataFusionError) -> QueryError {
        classify(error, &self.tables)
    }
}

fn known<'a>(model: &'a Model, id: &str) -> Result<&'a Field, QueryError> {
    model.field(id).ok_or_else(|| QueryError::FieldUnknown { model: model.name.clone(), field: id.to_owned() })
}

impl Selection {
    /// The columns of the rows: exactly the key fields, then the fields asked for, by their ids.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Starts reading. Rows come in no promised order, in batches of at most [`crate::limits::BATCH_ROWS_MAX`]; memory is that of the
    /// batches under way and of [`crate::Settings::memory_bytes`], whatever the size of the source. Dropping the stream ends the work.
    pub async fn stream(self) -> Result<Rows, QueryError> {
        self.limited(None).await
    }

    pub(crate) async fn limited(self, rows: Option<usize>) -> Result<Rows, QueryError> {
        let mut unique: Vec<&Field> = Vec::new();
        let mut places = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let place = unique.iter().position(|other| other.id == field.id).unwrap_or_else(|| {
                unique.push(field);
                unique.len() - 1
            });
            places.push(place);
        }
        let columns = unique.iter().map(|field| Expr::Column(Column::new_unqualified(&field.id)));
        let plan = LogicalPlanBuilder::from(self.query.filtered()?)
            .project(columns)
            .and_then(|builder| if rows.is_some() { builder.limit(0, rows) } else { Ok(builder) })
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.query.explain_error(&error))?;
        self.query.run(&plan, &unique, places).await
    }
}
