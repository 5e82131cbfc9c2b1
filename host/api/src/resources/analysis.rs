//! Questions about segments: sentence, funnel, why a record is in or not, breakdowns, overlaps. They are asked by POST, since a segment
//! may be one that nobody has saved yet, and since a key is personal data that has no place in an address. Nothing is changed.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluice_catalog::{ids::SegmentId, segment::Segment};
use sluice_query::{Breakdown, Funnel, Matched, Pair, Reason, Share, Stage, Why};
use sluice_runs::{Asked, Overlapping, Stay};

use super::InWorkspace;
use crate::{
    auth::Operator, auth::Viewer, error::ApiError, json::Strict, reply::Reply, resources::segments::SentenceView, state::Api,
};

/// Which segment a question is about.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AboutSegment)]
pub(crate) struct About {
    /// The segment.
    of: Asked,
}

/// A record that is looked for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhyQuestion)]
pub(crate) struct WhyQuestion {
    /// The segment.
    of: Asked,
    /// A value for each field of the primary key: field id to value.
    key: Map<String, Value>,
}

/// Fields to break a segment down by.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BreakdownQuestion)]
pub(crate) struct BreakdownQuestion {
    /// The segment.
    of: Asked,
    /// Ids of 1 to 10 categorical fields.
    fields: Vec<String>,
    /// Whether the whole model is counted beside it.
    #[serde(default)]
    compare: bool,
}

/// Segments beside each other.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OverlapQuestion)]
pub(crate) struct OverlapQuestion {
    /// 2 to 5 segments of one model.
    segments: Vec<Asked>,
}

/// What each condition leaves.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Funnel)]
pub(crate) struct FunnelView {
    /// Rows of the model.
    total: u64,
    /// In the order of the conditions.
    stages: Vec<StageView>,
}

/// One condition of a funnel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FunnelStage)]
pub(crate) struct StageView {
    /// JSON pointer to the condition, in the segment.
    pointer: String,
    /// In words.
    words: String,
    /// Rows that satisfy it and every condition before it; exact.
    remaining: u64,
    /// Of a negative condition on a field: rows among these that have no value there, and are in because of that.
    without_value: Option<u64>,
}

/// Why a record is in a segment, or why not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SegmentWhy)]
pub(crate) struct WhyView {
    /// Rows of the model with this key.
    rows: u64,
    /// Whether one of them is in the segment.
    inside: bool,
    /// Every condition about the record, from the outside in.
    reasons: Vec<ReasonView>,
    /// Of a saved segment that tracks its members: when the record came and went; null where it was never seen in it.
    #[schema(required)]
    stay: Option<StayView>,
}

/// When a record came into a segment and left it, as the computations of its statistics saw it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WhyStay)]
pub(crate) struct StayView {
    /// The first computation with the record in it; null where it was in it when the segment began to track its members.
    #[schema(required)]
    entered_at: Option<String>,
    /// The first computation without it; earlier than `entered_at` where it came back.
    #[schema(required)]
    left_at: Option<String>,
}

/// A condition and its answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WhyReason)]
pub(crate) struct ReasonView {
    /// JSON pointer to the condition, in the segment.
    pointer: String,
    /// In words.
    words: String,
    /// Whether it holds for the record.
    holds: bool,
    /// Related rows that satisfy the condition, or each step of a sequence.
    matched: Vec<MatchedView>,
}

/// Related rows that satisfy a condition.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WhyMatched)]
pub(crate) struct MatchedView {
    /// JSON pointer to the condition or step, in the segment.
    pointer: String,
    /// How many.
    rows: u64,
    /// Some of them: field id to value. Hidden fields are left out, personal data is masked.
    sample: Vec<Map<String, Value>>,
}

/// How a segment falls into the values of fields.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Breakdowns)]
pub(crate) struct BreakdownsView {
    /// One per field, in the order asked.
    breakdowns: Vec<BreakdownView>,
}

/// How rows fall into the values of one field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Breakdown)]
pub(crate) struct BreakdownView {
    /// The field's id.
    field: String,
    /// Rows of the segment.
    rows: u64,
    /// Different values.
    distinct: u64,
    /// The most frequent values, at most 20.
    values: Vec<ShareView>,
    /// All other values together.
    other: Option<ShareView>,
    /// Rows without a value.
    no_value: Option<ShareView>,
}

/// Rows with one value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BreakdownShare)]
pub(crate) struct ShareView {
    /// The value; null of other values and of no value.
    value: Value,
    /// Rows of the segment.
    rows: u64,
    /// Of the segment's rows, from 0 to 1.
    share: f64,
    /// Rows of the whole model with the value, where that was asked.
    model_rows: Option<u64>,
    /// The share beside that of the model: 100 where both are equal.
    index: Option<f64>,
}

/// What several segments have in common. A row is in a segment when its primary key is that of a member.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Overlap)]
pub(crate) struct OverlapView {
    /// Rows of the model.
    total: u64,
    /// In the order asked.
    segments: Vec<OverlapSegment>,
    /// Every combination that has rows, the largest first.
    parts: Vec<OverlapPart>,
    /// Every two segments.
    pairs: Vec<OverlapPair>,
}

/// A segment of an overlap.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OverlapSegment {
    /// None of one that is not saved.
    id: Option<SegmentId>,
    /// Its name.
    name: String,
    /// Rows in it.
    rows: u64,
}

/// Rows that are in some of the segments and not in the others.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OverlapPart {
    /// Per segment, whether the rows are in it.
    inside: Vec<bool>,
    /// How many; exact.
    rows: u64,
    /// A segment of exactly these rows, ready to be saved; none where one of the segments is not saved.
    segment: Option<Segment>,
}

/// Two segments beside each other.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OverlapPair {
    /// Positions of the two.
    #[schema(min_items = 2, max_items = 2)]
    of: Vec<usize>,
    /// Rows in both.
    both: u64,
    /// `both` of the first and of the second, from 0 to 1.
    #[schema(min_items = 2, max_items = 2)]
    shares: Vec<f64>,
    /// `both` of all rows that are in one of them, from 0 to 1.
    jaccard: f64,
}

/// A condition in words, also one that is not saved or not valid yet.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/sentence", operation_id = "readSegment", tag = "segments",
    params(InWorkspace), request_body = Segment, security(("api_key" = ["viewer"])),
    responses((status = 200, description = "One sentence.", body = SentenceView)))]
pub(crate) async fn sentence(State(api): State<Api>, Viewer(caller): Viewer, body: Strict<Segment>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&SentenceView::new(api.host().sentence(caller.ws, &body.value).await?)))
}

/// How many rows remain after each condition.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/funnel", operation_id = "segmentFunnel", tag = "segments",
    params(InWorkspace), request_body = About, security(("api_key" = ["operator"])),
    responses((status = 200, description = "The funnel.", body = FunnelView)))]
pub(crate) async fn funnel(State(api): State<Api>, Operator(caller): Operator, body: Strict<About>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    Ok(Reply::ok(&FunnelView::from(api.host().funnel(caller.ws, &body.value.of).await?)))
}

/// Why a record is in a segment, or why not.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/why", operation_id = "segmentWhy", tag = "segments",
    params(InWorkspace), request_body = WhyQuestion, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Every condition and its answer.", body = WhyView)))]
pub(crate) async fn why(State(api): State<Api>, Operator(caller): Operator, body: Strict<WhyQuestion>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let WhyQuestion { of, key } = body.value;
    Ok(Reply::ok(&WhyView::from(api.host().why(caller.ws, &of, &key).await?)))
}

/// How a segment falls into the values of categorical fields.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/breakdown", operation_id = "segmentBreakdown", tag = "segments",
    params(InWorkspace), request_body = BreakdownQuestion, security(("api_key" = ["operator"])),
    responses((status = 200, description = "One breakdown per field.", body = BreakdownsView)))]
pub(crate) async fn breakdown(
    State(api): State<Api>,
    Operator(caller): Operator,
    body: Strict<BreakdownQuestion>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let BreakdownQuestion { of, fields, compare } = body.value;
    let breakdowns = api.host().breakdown(caller.ws, &of, &fields, compare).await?;
    Ok(Reply::ok(&BreakdownsView { breakdowns: breakdowns.into_iter().map(Into::into).collect() }))
}

/// What two to five segments of one model have in common.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/overlap", operation_id = "segmentOverlap", tag = "segments",
    params(InWorkspace), request_body = OverlapQuestion, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Every combination with its rows.", body = OverlapView)))]
pub(crate) async fn overlap(
    State(api): State<Api>,
    Operator(caller): Operator,
    body: Strict<OverlapQuestion>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    Ok(Reply::ok(&OverlapView::from(api.host().overlap(caller.ws, &body.value.segments).await?)))
}

impl From<Funnel> for FunnelView {
    fn from(Funnel { total, stages }: Funnel) -> Self {
        let view = |Stage { pointer, words, remaining, without_value }| StageView { pointer, words, remaining, without_value };
        Self { total, stages: stages.into_iter().map(view).collect() }
    }
}

impl From<(Why, Option<Stay>)> for WhyView {
    fn from((Why { rows, inside, reasons }, stay): (Why, Option<Stay>)) -> Self {
        let matched = |Matched { pointer, rows, sample }| MatchedView { pointer, rows, sample };
        let reason = |Reason { pointer, words, holds, matched: found }| ReasonView {
            pointer,
            words,
            holds,
            matched: found.into_iter().map(matched).collect(),
        };
        let text = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        let stay = stay.map(|stay| StayView { entered_at: text(stay.entered), left_at: text(stay.left) });
        Self { rows, inside, reasons: reasons.into_iter().map(reason).collect(), stay }
    }
}

impl From<Breakdown> for BreakdownView {
    fn from(Breakdown { field, rows, distinct, values, other, no_value }: Breakdown) -> Self {
        let share = |Share { value, rows, share, model_rows, index }| ShareView { value, rows, share, model_rows, index };
        let values = values.into_iter().map(share).collect();
        Self { field, rows, distinct, values, other: other.map(share), no_value: no_value.map(share) }
    }
}

impl From<Overlapping> for OverlapView {
    fn from(Overlapping { overlap, segments, made_of }: Overlapping) -> Self {
        let parts = overlap.parts.into_iter().zip(made_of);
        let pair = |Pair { of, both, shares, jaccard }| OverlapPair { of: of.to_vec(), both, shares: shares.to_vec(), jaccard };
        Self {
            total: overlap.total,
            segments: segments
                .into_iter()
                .zip(overlap.sizes)
                .map(|(named, rows)| OverlapSegment { id: named.id, name: named.name, rows })
                .collect(),
            parts: parts.map(|(part, segment)| OverlapPart { inside: part.inside, rows: part.rows, segment }).collect(),
            pairs: overlap.pairs.into_iter().map(pair).collect(),
        }
    }
}
