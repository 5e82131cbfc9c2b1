//! Questions that people ask before anything is sent: what is in a source, who is in a segment, are the keys sound, does the
//! connection work, is this declaration right. None of them changes anything but the egress ledger.

use std::time::Duration;

use jiff::tz::TimeZone;
use sluice_catalog::{
    Code,
    activation::{Activation, From},
    condition::Context,
    destination::Destination,
    ids::{DestinationId, SourceId, WorkspaceId},
    model::Model,
    problem::Problem,
    segment::Segment,
    source::Source,
};
use sluice_query::{Finding, Preview, Query, QueryError, Table};
use sluice_store::Stored;
use tokio_util::sync::CancellationToken;

use crate::{
    SourceAt,
    analysis::not_saved,
    around, call,
    declared::{self, Platform, Rows},
    error::RunError,
    host::{Host, private_dir},
    limits::QUESTION_TIME_MAX,
    link::{self, Opening},
    plan,
    verdict::Why,
};

/// A connection test that came back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Checked {
    /// Whether the destination can be used.
    pub ok: bool,
    /// What the platform said, in a sentence.
    pub message: String,
}

/// A source's test: its steps, each green or red, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
pub struct SourceChecked {
    /// Whether models can be made of it.
    pub ok: bool,
    /// In a sentence; empty where there is nothing to say.
    #[serde(default)]
    pub message: String,
    /// In their order; none for files.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What a database administrator runs so that it can be read.
    #[serde(default)]
    pub grants: Option<String>,
    /// How many tables it has.
    #[serde(skip)]
    pub tables: usize,
    /// What is in it and is no table, or cannot be read.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// One step of a source's test.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = SourceTestStep)]
pub struct Step {
    /// What was tried: `resolve`, `connect`, `tls`, `sign-on`, …
    pub name: String,
    /// Green or red.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// Code of the registry, where it is red.
    #[serde(default)]
    pub code: Option<String>,
}

impl Host {
    /// The workspace's time zone.
    pub(crate) async fn zone(&self, ws: WorkspaceId) -> Result<TimeZone, RunError> {
        let workspace = self.store().workspace(ws).await?;
        Ok(TimeZone::get(&workspace.time_zone).unwrap_or(TimeZone::UTC))
    }

    /// A query over declared rows, of which every field may be selected.
    pub(crate) async fn query(
        &self,
        ws: WorkspaceId,
        source: SourceAt<'_>,
        model: &Model,
        segment: Option<(&Segment, &Context)>,
        now: jiff::Timestamp,
    ) -> Result<Query, RunError> {
        let every: Vec<&str> = model.fields.iter().map(|field| field.id.as_str()).collect();
        match segment {
            Some((segment, context)) => self.asking(ws, source, model, (Some(segment), context), &every, now).await,
            None => {
                let context = around::around_model(self.store(), ws, None, model).await?;
                self.asking(ws, source, model, (None, &context), &every, now).await
            }
        }
    }

    /// A query of which these fields are selected, beside the key: calculated fields that nothing needs are not evaluated.
    pub(crate) async fn asking<S: AsRef<str>>(
        &self,
        ws: WorkspaceId,
        source: SourceAt<'_>,
        model: &Model,
        (segment, context): (Option<&Segment>, &Context),
        fields: &[S],
        now: jiff::Timestamp,
    ) -> Result<Query, RunError> {
        let id = source.id;
        let source = self.open_source(ws, source).await?;
        // The models around that lie beside this one are read by the same opening, so that one statement can be about them all.
        let around = self.surroundings(ws, context, id.map(|id| (id, source.clone()))).await?;
        let condition = segment.map(|segment| &segment.condition.root);
        let zone = self.zone(ws).await?;
        let query = Query::asking(&around, &source, model, condition, fields, now, &zone).await?;
        Ok(match segment.and_then(|segment| segment.limit.as_ref()) {
            None => query,
            Some(limit) => query.limited_to(limit),
        })
    }

    /// Tables and columns of a source, and what is wrong with it.
    pub async fn discover(&self, ws: WorkspaceId, source: SourceId) -> Result<(Vec<Table>, Vec<Finding>), RunError> {
        let source = self.store().get::<Source>(ws, source).await?;
        Ok(self.open_source(ws, SourceAt::stored(&source)).await?.discover().await?)
    }

    /// Count, share and sample of a model or segment.
    pub async fn preview(&self, ws: WorkspaceId, from: From, sample: usize) -> Result<Preview, RunError> {
        let rows = Rows::load(self.store(), ws, from).await?;
        let source = SourceAt::stored(&rows.source);
        let query = self.query(ws, source, &rows.model.value, rows.members(), self.store().now()).await?;
        previewed(&query, sample).await
    }

    /// The same for a segment that is not saved.
    pub async fn preview_segment(&self, ws: WorkspaceId, segment: &Segment, sample: usize) -> Result<Preview, RunError> {
        let rows = Rows::of_model(self.store(), ws, segment.model).await?;
        let model = &rows.model.value;
        let context = self.context(ws, None, segment, model).await?;
        refuse(segment.validate(model, &context))?;
        refuse(not_saved(segment).into_iter().collect())?;
        let source = SourceAt::stored(&rows.source);
        let query = self.query(ws, source, model, Some((segment, &context)), self.store().now()).await?;
        previewed(&query, sample).await
    }

    /// The same for a model that is not saved.
    pub async fn preview_model(&self, ws: WorkspaceId, model: &Model, sample: usize) -> Result<Preview, RunError> {
        refuse(model.validate())?;
        let source = self.store().get::<Source>(ws, model.source).await?;
        let query = self.query(ws, SourceAt::stored(&source), model, None, self.store().now()).await?;
        previewed(&query, sample).await
    }

    /// Everything that is wrong with a model: its declaration, its columns, its keys (features 3.6). A few duplicate or null keys
    /// are a warning, which [`Host::check_keys`] tells.
    pub async fn model_problems(&self, ws: WorkspaceId, model: &Model) -> Result<Vec<Problem>, RunError> {
        let source = self.store().get::<Source>(ws, model.source).await?;
        self.model_problems_in(ws, SourceAt::stored(&source), model).await
    }

    /// The same where the source is not saved yet.
    pub async fn model_problems_in(&self, ws: WorkspaceId, source: SourceAt<'_>, model: &Model) -> Result<Vec<Problem>, RunError> {
        let problems = model.validate();
        if !problems.is_empty() {
            return Ok(problems);
        }
        // Calculated fields are checked beside the models that they reach; they are no part of the key.
        match self.query(ws, source, &model.without_calculated(), None, self.store().now()).await {
            Ok(query) => {
                let report = within(QUESTION_TIME_MAX, query.keys()).await?;
                Ok(if report.verdict == sluice_query::Verdict::Refused { report.problems() } else { Vec::new() })
            }
            Err(RunError::Query(error)) => Ok(query_problems(error)),
            Err(other) => Err(other),
        }
    }

    /// Everything that is wrong with a source: its declaration and, where a connector reads it, its settings and grant.
    pub async fn source_problems(&self, ws: WorkspaceId, source: &Source) -> Result<Vec<Problem>, RunError> {
        let mut problems = source.validate();
        let Some(connector) = source.connector() else { return Ok(problems) };
        match declared::connector(self.store(), ws, &connector.id).await {
            Ok((_, manifest)) => problems.extend(connector.validate(&manifest)),
            Err(RunError::Problems(_)) => {
                let cause = format!("No connector `{}` is installed in this workspace.", connector.id);
                problems.push(Problem::new("/kind/connector/id", Code::FieldUnknown, cause));
            }
            Err(other) => return Err(other),
        }
        Ok(problems)
    }

    /// Opens a source and says, step by step where a connector reads it, whether it can be read. Activations that need it rest, or are looked
    /// at soon, by what is found (features 2.4).
    pub async fn test_source(&self, ws: WorkspaceId, id: SourceId) -> Result<SourceChecked, RunError> {
        let stored = self.store().get::<Source>(ws, id).await?;
        let tested = self.source_tested(ws, &stored).await;
        self.after_source_test(ws, &stored, &tested).await?;
        tested
    }

    async fn source_tested(&self, ws: WorkspaceId, stored: &Stored<Source>) -> Result<SourceChecked, RunError> {
        let at = SourceAt::stored(stored);
        let mut checked = match stored.value.connector() {
            None => SourceChecked { ok: true, ..SourceChecked::default() },
            Some(connector) => {
                let text = self.behind(ws, at, connector).await?.check().await?;
                serde_json::from_str(&text).map_err(|e| {
                    let cause = format!("the connector's check does not read (line {}, column {})", e.line(), e.column());
                    RunError::Said(Why::ours(Code::ConnectorProtocol, cause))
                })?
            }
        };
        if checked.ok {
            let (tables, findings) = self.open_source(ws, at).await?.discover().await?;
            (checked.tables, checked.findings) = (tables.len(), findings);
            checked.ok = checked.tables > 0;
        }
        Ok(checked)
    }

    /// Everything that is wrong with a segment.
    pub async fn segment_problems(&self, ws: WorkspaceId, segment: &Segment) -> Result<Vec<Problem>, RunError> {
        let model = self.store().get::<Model>(ws, segment.model).await?;
        let context = self.context(ws, None, segment, &model.value).await?;
        Ok(segment.validate(&model.value, &context))
    }

    /// Everything that is wrong with a destination: its connector, settings and grant.
    pub async fn destination_problems(&self, ws: WorkspaceId, destination: &Destination) -> Result<Vec<Problem>, RunError> {
        let manifest = match declared::connector(self.store(), ws, &destination.connector).await {
            Ok((_, manifest)) => manifest,
            Err(RunError::Problems(problems)) => return Ok(problems),
            Err(other) => return Err(other),
        };
        let mut problems = destination.validate(&manifest);
        if problems.is_empty()
            && let Err(error) = sluice_egress::Policy::resolve(&manifest, &destination.grant, &destination.settings)
        {
            problems.push(Problem::new("/grant", Code::SettingsInvalid, format!("{error}.")));
        }
        Ok(problems)
    }

    /// Everything that is wrong with an activation.
    pub async fn activation_problems(&self, ws: WorkspaceId, activation: &Activation) -> Result<Vec<Problem>, RunError> {
        let mut problems = activation.validate();
        let rows = Rows::load(self.store(), ws, activation.from).await?;
        problems.extend(rows.unsent());
        let platform = Platform::load(self.store(), ws, activation.destination).await?;
        match declared::service(&platform.manifest, &activation.service) {
            Ok(service) => problems.extend(plan::plan(activation, &rows.model.value, service).err().unwrap_or_default()),
            Err(problem) => problems.push(problem),
        }
        Ok(problems)
    }

    /// Asks the platform whether the destination's settings and credentials work.
    pub async fn test_destination(&self, ws: WorkspaceId, id: DestinationId) -> Result<Checked, RunError> {
        let platform = Platform::load(self.store(), ws, id).await?;
        let scratch = self.questions().join(id.to_string());
        private_dir(&scratch).map_err(RunError::io("the folder for questions"))?;
        let opening = Opening {
            store: self.store(),
            engine: self.engine(),
            pacers: &self.0.pacers,
            tokens: &self.0.tokens,
            workspace: ws,
            platform: &platform,
            cause: id.to_string(),
            scratch: &scratch,
            limits: link::limits(&platform.manifest),
        };
        let link = opening.open().await?;
        let now_ms = self.store().now().as_millisecond().max(0) as u64;
        let task = link::task(&link, &platform, "", "", &serde_json::json!({}), now_ms, Vec::new());
        let answer = call::check(&link.session, &CancellationToken::new(), &task).await;
        self.store().append_egress(ws, id, link.records.take()).await?;
        match answer {
            Ok(text) => Ok(checked(&text)),
            Err(error) => Err(error),
        }
    }
}

/// The connector's answer is JSON with `ok` and `message`; other text is taken as the message.
fn checked(text: &str) -> Checked {
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    Checked {
        ok: json.get("ok").and_then(serde_json::Value::as_bool).unwrap_or(true),
        message: json.get("message").and_then(serde_json::Value::as_str).unwrap_or(text).to_owned(),
    }
}

async fn previewed(query: &Query, sample: usize) -> Result<Preview, RunError> {
    within(QUESTION_TIME_MAX, Box::pin(query.preview(sample))).await
}

/// The answer to a question that reads rows, or that it took longer than `max`; the work ends with it.
async fn within<T>(max: Duration, answer: impl Future<Output = Result<T, QueryError>>) -> Result<T, RunError> {
    match tokio::time::timeout(max, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            let cause = format!("The question was given up after {} minutes.", max.as_secs() / 60);
            Err(RunError::Said(Why::ours(Code::SourceTimeout, cause)))
        }
    }
}

fn refuse(problems: Vec<Problem>) -> Result<(), RunError> {
    if problems.is_empty() { Ok(()) } else { Err(RunError::Problems(problems)) }
}

/// What is wrong with a model by what its query said; a broken condition brings its own places.
fn query_problems(error: QueryError) -> Vec<Problem> {
    match error {
        QueryError::Condition(problems) => problems,
        other => vec![Problem::new("/definition", other.code(), format!("{other}."))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_without_an_end_is_given_up() {
        let error = within(Duration::ZERO, std::future::pending::<Result<(), QueryError>>()).await.unwrap_err();
        assert_eq!(error.code(), Code::SourceTimeout);
        assert_eq!(within(QUESTION_TIME_MAX, async { Ok(1) }).await.unwrap(), 1);
    }
}
