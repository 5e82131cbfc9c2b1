//! Questions about segments: their sentence and funnel, why a record is in or not, breakdowns and overlaps. Of saved segments and of
//! those that someone is writing. Nothing is changed and nothing is sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sluice_catalog::{
    Code,
    condition::{Context, Inside},
    ids::{ModelId, SegmentId, WorkspaceId},
    model::{Model, unknown_field},
    problem::Problem,
    segment::Segment,
    types::DataType,
};
use sluice_query::{Analysis, Breakdown, Funnel, Overlap, QueryError, Why};
use sluice_store::StoreError;

use crate::{
    SourceAt,
    declared::Rows,
    error::RunError,
    host::Host,
    limits::{BREAKDOWN_FIELDS_MAX, OVERLAP_SEGMENTS_MAX, OVERLAP_SEGMENTS_MIN},
    member_list::Stay,
};

/// A segment that is asked about. JSON: `{"saved": "seg_…"}` or `{"written": {…}}`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SegmentAsked)]
pub enum Asked {
    /// One that is saved.
    Saved(SegmentId),
    /// One that somebody is writing.
    Written(Box<Segment>),
}

/// What several segments have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlapping {
    /// Counts; positions are those of `segments`.
    pub overlap: Overlap,
    /// In the order asked.
    pub segments: Vec<Named>,
    /// Of each part of `overlap`, the segment that has its rows; none where one of the segments is not saved.
    pub made_of: Vec<Option<Segment>>,
}

/// A segment of an overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// None of one that is not saved.
    pub id: Option<SegmentId>,
    /// Its name.
    pub name: String,
}

/// A segment with everything that a question about it needs.
pub(crate) struct Ready {
    id: Option<SegmentId>,
    /// 0 of one that is not saved.
    pub(crate) revision: u64,
    pub(crate) segment: Segment,
    model: Model,
    context: Context,
    rows: Rows,
}

impl Host {
    /// The condition in words, also where it is not valid yet.
    pub async fn sentence(&self, ws: WorkspaceId, segment: &Segment) -> Result<String, RunError> {
        let model = self.model_of(ws, segment.model, "/model").await?;
        let context = self.context(ws, None, segment, &model).await?;
        Ok(segment.sentence(&model, &context))
    }

    /// What each condition leaves.
    pub async fn funnel(&self, ws: WorkspaceId, of: &Asked) -> Result<Funnel, RunError> {
        let ready = self.ready(ws, of, "/of").await?;
        let analysis = self.analysis(ws, &ready).await?;
        Ok(analysis.funnel(&ready.segment.condition.root, ready.segment.limit.as_ref()).await?)
    }

    /// Why the record with this key is in the segment, or why not. `key`: field id to value, for each field of the primary key.
    /// With it, of a saved segment that tracks its members, when the record came and went.
    pub async fn why(&self, ws: WorkspaceId, of: &Asked, key: &Map<String, Value>) -> Result<(Why, Option<Stay>), RunError> {
        let ready = self.ready(ws, of, "/of").await?;
        let model = &ready.model;
        let mut problems: Vec<Problem> = Vec::new();
        for id in key.keys().filter(|id| !model.primary_key.contains(id)) {
            let cause = format!("{id} is not of the primary key of {}, which is {}.", model.name, model.primary_key.join(", "));
            problems.push(Problem::new(format!("/key/{}", id.replace('~', "~0").replace('/', "~1")), Code::ValueInvalid, cause));
        }
        for id in model.primary_key.iter().filter(|id| !key.contains_key(*id)) {
            problems.push(Problem::new("/key", Code::ValueInvalid, format!("A value for {id} is missing.")));
        }
        refuse(problems)?;
        let values: Vec<Value> = model.primary_key.iter().filter_map(|id| key.get(id).cloned()).collect();
        let analysis = self.analysis(ws, &ready).await?;
        let why = analysis.why(&ready.segment.condition.root, ready.segment.limit.as_ref(), &values).await;
        let why = why.map_err(|error| match error {
            // The segment itself was checked, so what does not fit is a part of the key.
            QueryError::Condition(found) => RunError::Problems(found.into_iter().map(|p| of_key(model, p)).collect()),
            other => other.into(),
        })?;
        let stay = match ready.id {
            Some(id) if ready.segment.tracks_members => self.stay(ws, id, &analysis, &values).await?,
            _ => None,
        };
        Ok((why, stay))
    }

    /// How a segment falls into the values of categorical fields, one breakdown per field; `compare`: beside the whole model.
    pub async fn breakdown(
        &self,
        ws: WorkspaceId,
        of: &Asked,
        fields: &[String],
        compare: bool,
    ) -> Result<Vec<Breakdown>, RunError> {
        let ready = self.ready(ws, of, "/of").await?;
        refuse(breakdown_problems(&ready.model, fields))?;
        let analysis = self.analysis(ws, &ready).await?;
        let (condition, limit) = (&ready.segment.condition.root, ready.segment.limit.as_ref());
        analysis.breakdown(Some(condition), limit, fields, compare).await.map_err(|error| match &error {
            QueryError::TooManyValues { field, .. } => {
                let at = fields.iter().position(|id| id == field).unwrap_or(0);
                RunError::Problems(vec![Problem::new(format!("/fields/{at}"), Code::TooManyValues, format!("{error}."))])
            }
            _ => error.into(),
        })
    }

    /// What two to five segments of one model have in common.
    pub async fn overlap(&self, ws: WorkspaceId, of: &[Asked]) -> Result<Overlapping, RunError> {
        if !(OVERLAP_SEGMENTS_MIN..=OVERLAP_SEGMENTS_MAX).contains(&of.len()) {
            let cause =
                format!("An overlap is of {OVERLAP_SEGMENTS_MIN} to {OVERLAP_SEGMENTS_MAX} segments; this has {}.", of.len());
            return Err(RunError::Problems(vec![Problem::new("/segments", Code::MemberInvalid, cause)]));
        }
        let (mut ready, mut problems, mut saved) = (Vec::with_capacity(of.len()), Vec::new(), BTreeSet::new());
        for (at, asked) in of.iter().enumerate() {
            match self.ready(ws, asked, &format!("/segments/{at}")).await {
                Ok(one) => ready.push((at, one)),
                Err(RunError::Problems(found)) => problems.extend(found),
                Err(other) => return Err(other),
            }
            if let Asked::Saved(id) = asked
                && !saved.insert(*id)
            {
                problems.push(Problem::new(format!("/segments/{at}"), Code::MemberInvalid, "The segment stands there already."));
            }
        }
        for (at, other) in ready.iter().skip(1) {
            let (first, other) = (&ready[0].1, other);
            if other.segment.model != first.segment.model {
                let cause = format!("{} is of another model than {}.", other.segment.name, first.segment.name);
                problems.push(Problem::new(format!("/segments/{at}"), Code::MemberInvalid, cause));
            }
        }
        refuse(problems)?;
        let mut ready: Vec<Ready> = ready.into_iter().map(|(_, one)| one).collect();
        let segments: Vec<Segment> = ready.iter().map(|one| one.segment.clone()).collect();
        let named: Vec<Named> = ready.iter().map(|one| Named { id: one.id, name: one.segment.name.clone() }).collect();
        let mut first = ready.swap_remove(0);
        for other in ready {
            first.context.models.extend(other.context.models);
            first.context.segments.extend(other.context.segments);
        }
        // The circle that a segment must not close is its own affair, and was looked for when it was made ready.
        first.context.segment = None;
        let overlap = self.analysis(ws, &first).await?.overlap(&segments).await?;
        let made_of = overlap.parts.iter().map(|part| part_of(&named, first.segment.model, &part.inside)).collect();
        Ok(Overlapping { overlap, segments: named, made_of })
    }

    pub(crate) async fn analysis(&self, ws: WorkspaceId, ready: &Ready) -> Result<Analysis, RunError> {
        let source = self.open_source(ws, SourceAt::stored(&ready.rows.source)).await?;
        let around = self.surroundings(ws, &ready.context, Some((ready.model.source, source.clone()))).await?;
        Ok(Analysis::new(around, source, ready.model.clone(), self.store().now(), self.zone(ws).await?))
    }

    /// Checked, or refused with the places that are wrong, below `at`.
    pub(crate) async fn ready(&self, ws: WorkspaceId, of: &Asked, at: &str) -> Result<Ready, RunError> {
        let (id, revision, mut segment, place) = match of {
            Asked::Saved(id) => {
                let place = format!("{at}/saved");
                match self.store().get::<Segment>(ws, *id).await {
                    Ok(stored) => (Some(*id), stored.revision, stored.value, place),
                    Err(StoreError::NotFound { .. }) => {
                        let cause = format!("There is no segment {id} in this workspace.");
                        return Err(RunError::Problems(vec![Problem::new(place, Code::MemberInvalid, cause)]));
                    }
                    Err(other) => return Err(other.into()),
                }
            }
            Asked::Written(segment) => (None, 0, segment.as_ref().clone(), format!("{at}/written")),
        };
        let model = self.model_of(ws, segment.model, &format!("{place}/model")).await?;
        let mut context = self.context(ws, id, &segment, &model).await?;
        let problems = segment.validate(&model, &context);
        if let (Some(_), Some(first)) = (id, problems.first()) {
            let cause = format!("The segment {} is broken at {first}", segment.name);
            return Err(RunError::Problems(vec![Problem::new(place, Code::SegmentBroken, cause)]));
        }
        refuse(problems.into_iter().map(|p| Problem { pointer: format!("{place}{}", p.pointer), ..p }).collect())?;
        match id {
            Some(id) => crate::around::by_list(&mut segment, id, &mut context),
            None => refuse(
                not_saved(&segment).into_iter().map(|p| Problem { pointer: format!("{place}{}", p.pointer), ..p }).collect(),
            )?,
        }
        let rows = Rows::of_model(self.store(), ws, segment.model).await?;
        Ok(Ready { id, revision, segment, model, context, rows })
    }

    async fn model_of(&self, ws: WorkspaceId, id: ModelId, at: &str) -> Result<Model, RunError> {
        match self.store().get::<Model>(ws, id).await {
            Ok(stored) => Ok(stored.value),
            Err(StoreError::NotFound { .. }) => {
                let cause = format!("There is no model {id} in this workspace.");
                Err(RunError::Problems(vec![Problem::new(at, Code::ModelBroken, cause)]))
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// The rows of a part as a segment made of memberships.
fn part_of(segments: &[Named], model: ModelId, inside: &[bool]) -> Option<Segment> {
    let mut part = Vec::with_capacity(segments.len());
    let mut words = Vec::with_capacity(segments.len());
    for (segment, inside) in segments.iter().zip(inside) {
        part.push((segment.id?, if *inside { Inside::Yes } else { Inside::No }));
        words.push(format!("{}{}", if *inside { "" } else { "not " }, segment.name));
    }
    // A name has room for so many characters; who saves the segment gives it a better one.
    let name: String = words.join(", ").chars().take(sluice_catalog::limits::NAME_CHARS_MAX).collect();
    Some(Segment::of_part(name.trim_end(), model, &part))
}

fn breakdown_problems(model: &Model, fields: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if fields.is_empty() || fields.len() > BREAKDOWN_FIELDS_MAX {
        let cause = format!("A breakdown is by 1 to {BREAKDOWN_FIELDS_MAX} fields; this has {}.", fields.len());
        return vec![Problem::new("/fields", Code::NotCategorical, cause)];
    }
    let offered = |field: &&sluice_catalog::model::Field| {
        field.categorical && !field.pii && !field.hidden && !matches!(field.ty, DataType::Json | DataType::Array)
    };
    let known: Vec<&str> = model.fields.iter().filter(offered).map(|field| field.id.as_str()).collect();
    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
    for (at, id) in fields.iter().enumerate() {
        let pointer = format!("/fields/{at}");
        match model.field(id) {
            None => problems.push(unknown_field(pointer, id, model)),
            Some(field) if field.pii => {
                let cause = format!("{id} is personal data, whose values are not shown; there are {known}.");
                problems.push(Problem::new(pointer, Code::NotCategorical, cause));
            }
            Some(field) if !offered(&field) => {
                let cause = format!("{id} is not categorical in {}; there are {known}.", model.name);
                problems.push(Problem::new(pointer, Code::NotCategorical, cause));
            }
            Some(_) if fields[..at].contains(id) => {
                problems.push(Problem::new(pointer, Code::NotCategorical, format!("{id} stands there already.")));
            }
            Some(_) => {}
        }
    }
    problems
}

/// A problem of the condition that the key became, as one of the key.
fn of_key(model: &Model, problem: Problem) -> Problem {
    let child = problem.pointer.rsplit("/children/").next().and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
    let field = child.and_then(|at| model.primary_key.get(at));
    Problem { pointer: field.map_or_else(|| "/key".into(), |id| format!("/key/{id}")), ..problem }
}

/// A remote segment has members only once it is saved and read.
pub(crate) fn not_saved(segment: &Segment) -> Option<Problem> {
    let cause = "A remote segment has members once it is saved and was read from the platform.";
    segment.remote.as_ref().map(|_| Problem::new("/remote", Code::RemoteNotRead, cause))
}

fn refuse(problems: Vec<Problem>) -> Result<(), RunError> {
    if problems.is_empty() { Ok(()) } else { Err(RunError::Problems(problems)) }
}
