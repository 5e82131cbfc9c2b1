//! Questions that people ask before anything is sent: what is in a source, who is in a segment, are the keys sound, does the
//! connection work, is this declaration right. None of them changes anything but the egress ledger.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use sluice_catalog::{
    Code,
    activation::{Activation, From},
    condition::Context,
    destination::Destination,
    ids::{DestinationId, ModelId, SourceId, WorkspaceId},
    model::Model,
    problem::Problem,
    segment::Segment,
    source::Source,
};
use sluice_query::{Finding, KeyReport, Preview, Query, Surroundings, Table};
use sluice_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::{
    call,
    declared::{self, Platform, Rows},
    error::RunError,
    host::{Host, private_dir},
    link::{self, Opening},
    plan,
};

/// A connection test that came back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Checked {
    /// Whether the destination can be used.
    pub ok: bool,
    /// What the platform said, in a sentence.
    pub message: String,
}

impl Host {
    /// The workspace's time zone.
    pub(crate) async fn zone(&self, ws: WorkspaceId) -> Result<TimeZone, RunError> {
        let workspace = self.store().workspace(ws).await?;
        Ok(TimeZone::get(&workspace.time_zone).unwrap_or(TimeZone::UTC))
    }

    /// A query over declared rows.
    pub(crate) async fn query(
        &self,
        ws: WorkspaceId,
        source: &Source,
        model: &Model,
        segment: Option<(&Segment, &Context)>,
        now: jiff::Timestamp,
    ) -> Result<Query, RunError> {
        let source = sluice_query::Source::open(&self.0.query, source).await?;
        let around = match segment {
            None => Surroundings::default(),
            Some((_, context)) => self.surroundings(ws, context).await?,
        };
        let segment = segment.map(|(segment, _)| segment);
        let condition = segment.map(|segment| &segment.condition.root);
        let query = Query::within(&around, &source, model, condition, now, &self.zone(ws).await?).await?;
        Ok(match segment.and_then(|segment| segment.limit.as_ref()) {
            None => query,
            Some(limit) => query.limited_to(limit),
        })
    }

    /// Tables and columns of a source, and what is wrong with it.
    pub async fn discover(&self, ws: WorkspaceId, source: SourceId) -> Result<(Vec<Table>, Vec<Finding>), RunError> {
        let source = self.store().get::<Source>(ws, source).await?;
        Ok(sluice_query::Source::open(&self.0.query, &source.value).await?.discover().await)
    }

    /// Count, share and sample of a model or segment.
    pub async fn preview(&self, ws: WorkspaceId, from: From, sample: usize) -> Result<Preview, RunError> {
        let rows = Rows::load(self.store(), ws, from).await?;
        let query = self.query(ws, &rows.source.value, &rows.model.value, rows.members(), self.store().now()).await?;
        Ok(query.preview(sample).await?)
    }

    /// The same for a segment that is not saved.
    pub async fn preview_segment(&self, ws: WorkspaceId, segment: &Segment, sample: usize) -> Result<Preview, RunError> {
        let rows = Rows::of_model(self.store(), ws, segment.model).await?;
        let model = &rows.model.value;
        let context = self.context(ws, None, segment, model).await?;
        refuse(segment.validate(model, &context))?;
        let query = self.query(ws, &rows.source.value, model, Some((segment, &context)), self.store().now()).await?;
        Ok(query.preview(sample).await?)
    }

    /// The same for a model that is not saved.
    pub async fn preview_model(&self, ws: WorkspaceId, model: &Model, sample: usize) -> Result<Preview, RunError> {
        refuse(model.validate())?;
        let source = self.store().get::<Source>(ws, model.source).await?;
        Ok(self.query(ws, &source.value, model, None, self.store().now()).await?.preview(sample).await?)
    }

    /// Duplicate and null keys of a saved model.
    pub async fn check_keys(&self, ws: WorkspaceId, model: ModelId) -> Result<KeyReport, RunError> {
        let rows = Rows::of_model(self.store(), ws, model).await?;
        Ok(self.query(ws, &rows.source.value, &rows.model.value, None, self.store().now()).await?.keys().await?)
    }

    /// Everything that is wrong with a model: its declaration, its columns, its keys (features 3.6). A few duplicate or null keys
    /// are a warning, which [`Host::check_keys`] tells.
    pub async fn model_problems(&self, ws: WorkspaceId, model: &Model) -> Result<Vec<Problem>, RunError> {
        let source = self.store().get::<Source>(ws, model.source).await?;
        self.model_problems_in(ws, &source.value, model).await
    }

    /// The same where the source is not saved yet.
    pub async fn model_problems_in(&self, ws: WorkspaceId, source: &Source, model: &Model) -> Result<Vec<Problem>, RunError> {
        let problems = model.validate();
        if !problems.is_empty() {
            return Ok(problems);
        }
        match self.query(ws, source, model, None, self.store().now()).await {
            Ok(query) => {
                let report = query.keys().await?;
                Ok(if report.verdict == sluice_query::Verdict::Refused { report.problems() } else { Vec::new() })
            }
            Err(RunError::Query(error)) => Ok(query_problems(error)),
            Err(other) => Err(other),
        }
    }

    /// What is wrong with a model's relationships beside the models that they lead to. `id` is the model's own, once it has one.
    pub async fn relationship_problems(
        &self,
        ws: WorkspaceId,
        id: Option<ModelId>,
        model: &Model,
    ) -> Result<Vec<Problem>, RunError> {
        let mut others = BTreeMap::new();
        for relationship in &model.relationships {
            if Some(relationship.model) == id || others.contains_key(&relationship.model) {
                continue;
            }
            match self.store().get::<Model>(ws, relationship.model).await {
                Ok(other) => drop(others.insert(relationship.model, other.value)),
                Err(StoreError::NotFound { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(model.relationship_problems(|other| if Some(other) == id { Some(model) } else { others.get(&other) }))
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
            workspace: ws,
            platform: &platform,
            cause: id.to_string(),
            scratch: &scratch,
            limits: link::limits(&platform.manifest),
        };
        let link = opening.open().await?;
        let now_ms = self.store().now().as_millisecond().max(0) as u64;
        let task = link::task(&platform, "", "", &serde_json::json!({}), now_ms, Vec::new());
        let answer = call::check(&link.session, &CancellationToken::new(), &task).await;
        self.store().append_egress(ws, id, &link.records.take()).await?;
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

fn refuse(problems: Vec<Problem>) -> Result<(), RunError> {
    if problems.is_empty() { Ok(()) } else { Err(RunError::Problems(problems)) }
}

/// What is wrong with a model by what its query said; a broken condition brings its own places.
fn query_problems(error: sluice_query::QueryError) -> Vec<Problem> {
    match error {
        sluice_query::QueryError::Condition(problems) => problems,
        other => vec![Problem::new("/definition", other.code(), format!("{other}."))],
    }
}
