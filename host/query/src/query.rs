//! A query: the rows of a model that satisfy a condition, planned once, run as often as asked.

use datafusion::{
    common::Column,
    execution::SessionState,
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit},
    physical_plan::{ExecutionPlan, displayable, execute_stream},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::{
    condition::{At, Context, Group},
    ids::{ModelId, SegmentId, SourceId},
    model::{Field, Model},
    size::SizeLimit,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    Evaluation, QueryError, Rows, Source,
    calculated::Models,
    compile,
    error::classify,
    lists::List,
    print,
    push::{self, Cut},
};

/// The rows of a model that satisfy a condition.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) session: SessionState,
    pub(crate) model: Model,
    pub(crate) tables: String,
    /// What the engine's plans show before the files' names.
    folders: Vec<String>,
    /// The model's rows, with helper columns of the condition.
    pub(crate) all: LogicalPlan,
    pub(crate) condition: Option<Expr>,
    /// Whether the condition looks at other rows, so that it can stand in a filter only.
    pub(crate) looks_around: bool,
    /// How many of the rows are meant.
    limit: Option<SizeLimit>,
}

/// What a condition reaches beyond its own model.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The declared objects: all that [`Context::missing`] names.
    pub context: Context,
    /// The opened source of each of its models.
    pub sources: BTreeMap<SourceId, Source>,
    /// The list of each remote segment among its segments.
    pub lists: BTreeMap<SegmentId, List>,
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
    /// * `condition`: about the model's own fields; one that reaches further is for [`Query::within`].
    /// * Reads names, footers and samples of files, no rows. Files of the source that the model does not use are not touched.
    /// * Errors: [`QueryError::Condition`] when the condition does not fit; what is missing, damaged or of another type in the source.
    pub async fn new(
        source: &Source,
        model: &Model,
        condition: Option<&Group>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        Self::within(&Surroundings::default(), source, model, condition, now, zone).await
    }

    /// As [`Query::new`], for a condition on related rows or memberships, or a model with aggregated fields. Models of several sources
    /// are joined in process; models that are around and not reached are not touched. Every field of the model can be selected.
    pub async fn within(
        around: &Surroundings,
        source: &Source,
        model: &Model,
        condition: Option<&Group>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        let every: Vec<&str> = model.fields.iter().map(|field| field.id.as_str()).collect();
        Self::asking(around, source, model, condition, &every, now, zone).await
    }

    /// As [`Query::within`], for a query of which only some fields are selected: calculated fields that neither these nor the condition
    /// need are not evaluated.
    pub async fn asking<S: AsRef<str>>(
        around: &Surroundings,
        source: &Source,
        model: &Model,
        condition: Option<&Group>,
        fields: &[S],
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self, QueryError> {
        // On the heap: a session and a plan are some kilobytes, and a future carries them through every caller.
        Box::pin(async move {
            let session = source.engine().session(now);
            let checked = condition.map(|group| group.check(model, &around.context)).transpose().map_err(QueryError::Condition)?;
            for id in &model.primary_key {
                known(model, id)?;
            }
            let position = |id: &str| model.fields.iter().position(|field| field.id == id);
            let wanted: BTreeSet<usize> = fields.iter().filter_map(|id| position(id.as_ref())).collect();
            let at = At::new(now, zone);
            let models = Models::open(around, source, model, checked.as_ref(), wanted.clone(), &at, now).await?;
            let mut own = wanted;
            if let Some(checked) = &checked {
                own.extend(checked.uses(model, &around.context).into_iter().filter(|place| place.0.is_none()).map(|place| place.1));
            }
            let mut query = Self {
                session,
                model: models.marked(),
                tables: models.tables.clone(),
                folders: models.folders.clone(),
                all: models.record(own)?,
                condition: None,
                looks_around: false,
                limit: None,
            };
            if let Some(checked) = checked {
                let others = models.others(None, &checked)?;
                let filter = compile::filter(query.all, model, &checked, &at, &around.context, &others)
                    .map_err(|error| classify(&error, &query.tables))?;
                (query.all, query.condition, query.looks_around) = (filter.plan, Some(filter.condition), filter.looks_around);
            }
            Ok(query)
        })
        .await
    }

    /// Of these rows, those that a valid limit keeps ([`SizeLimit::validate`]).
    pub fn limited_to(mut self, limit: &SizeLimit) -> Self {
        self.looks_around = true;
        self.limit = Some(limit.clone());
        self
    }

    /// The key fields in key order, then `fields` in the order given. Errors: [`QueryError::FieldUnknown`].
    pub fn select<S: AsRef<str>>(&self, fields: &[S]) -> Result<Selection, QueryError> {
        let ids = self.model.primary_key.iter().map(String::as_str).chain(fields.iter().map(AsRef::as_ref));
        let fields = ids.map(|id| known(&self.model, id).cloned()).collect::<Result<Vec<_>, _>>()?;
        Ok(Selection { query: self.clone(), fields })
    }

    /// How many rows; exact.
    pub async fn count(&self) -> Result<u64, QueryError> {
        Ok(self.counts().await?.0.0)
    }

    /// The plan as text, for people: the logical plan as built, the physical one, and the statements that are put to databases.
    pub async fn explain(&self) -> Result<String, QueryError> {
        let plan = self.filtered()?;
        let (physical, evaluation) = self.planned(&plan).await?;
        // The engine shows where the files lie; a person is told their names only.
        let physical = displayable(physical.as_ref()).indent(false).to_string();
        let physical = self.folders.iter().fold(physical, |text, folder| text.replace(folder, ""));
        let statements = evaluation.statements.iter().map(|statement| format!("\n\n-- {}\n{}", statement.source, statement.sql));
        Ok(format!("{}\n\n{physical}{}", plan.display_indent(), statements.collect::<String>()))
    }

    pub(crate) fn filtered(&self) -> Result<LogicalPlan, QueryError> {
        let met = match &self.condition {
            None => Ok(self.all.clone()),
            Some(condition) => LogicalPlanBuilder::from(self.all.clone())
                .filter(compile::asked(condition.clone()))
                .and_then(LogicalPlanBuilder::build),
        };
        let kept = match &self.limit {
            None => met,
            Some(limit) => met.and_then(|plan| compile::kept(plan, &self.model, limit, "kept")),
        };
        kept.map_err(|error| self.explain_error(&error))
    }

    /// The members' key fields as the one SELECT that gives them where the data lies; why not, where there is none.
    pub fn statement(&self) -> Result<String, String> {
        let keys = self.model.primary_key.iter().map(|id| Expr::Column(Column::new_unqualified(id)));
        self.printed(|plan| plan.project(keys))
    }

    /// How many rows there are, as the one SELECT that counts them where the data lies.
    pub fn count_statement(&self) -> Result<String, String> {
        self.printed(|plan| plan.aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias("rows")]))
    }

    fn printed(
        &self,
        of_rows: impl FnOnce(LogicalPlanBuilder) -> datafusion::common::Result<LogicalPlanBuilder>,
    ) -> Result<String, String> {
        let plan = self.filtered().and_then(|plan| {
            let asked = of_rows(LogicalPlanBuilder::from(plan)).and_then(LogicalPlanBuilder::build);
            asked.map_err(|error| self.explain_error(&error))
        });
        let printed = print::select(&plan.map_err(|error| error.to_string())?);
        printed.map(|printed| printed.text).map_err(|refused| refused.to_string())
    }

    /// The plan as the engine runs it, with all that lies in databases pushed down to them.
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        Ok(self.planned(plan).await?.0)
    }

    /// The same, and what is evaluated where.
    pub(crate) async fn planned(&self, plan: &LogicalPlan) -> Result<(Arc<dyn ExecutionPlan>, Evaluation), QueryError> {
        let cut = Cut::of(plan).map_err(|error| self.explain_error(&error))?;
        let (cut, physical) = match self.session.create_physical_plan(&cut.plan).await {
            Ok(physical) => (cut, Ok(physical)),
            Err(error) => match push::refused_there(&error) {
                Some(why) => (Cut::nothing(plan, why), self.session.create_physical_plan(plan).await),
                None => (cut, Err(error)),
            },
        };
        Ok((physical.map_err(|error| self.explain_error(&error))?, cut.evaluation()))
    }

    /// The rows of a plan over this query's columns; `fields` are its columns, in order.
    pub(crate) async fn run(&self, plan: &LogicalPlan, fields: &[&Field], places: Vec<usize>) -> Result<Rows, QueryError> {
        let (physical, evaluation) = self.planned(plan).await?;
        let started = execute_stream(Arc::clone(&physical), self.session.task_ctx());
        let stream = started.map_err(|error| self.explain_error(&error))?;
        Ok(Rows::new(stream, fields, places, self.tables.clone(), physical, evaluation))
    }

    pub(crate) fn explain_error(&self, error: &datafusion::error::DataFusionError) -> QueryError {
        classify(error, &self.tables)
    }
}

impl Surroundings {
    /// Without remote segments.
    pub fn new(context: Context, sources: BTreeMap<SourceId, Source>) -> Self {
        Self { context, sources, lists: BTreeMap::new() }
    }

    pub(crate) fn of(&self, id: ModelId) -> Result<(&Source, &Model), QueryError> {
        let model = self.context.models.get(&id);
        let found = model.and_then(|model| Some((self.sources.get(&model.source)?, model)));
        found.ok_or_else(|| QueryError::Failed { why: "the source of a related model was not opened".into() })
    }
}

pub(crate) fn known<'a>(model: &'a Model, id: &str) -> Result<&'a Field, QueryError> {
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
