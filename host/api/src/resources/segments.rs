//! Segments: the rows of a model that satisfy a condition.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    activation::From,
    ids::{SegmentId, WorkspaceId},
    model::Model,
    segment::Segment,
};
use sluice_store::{SegmentStatistics, StoreError};

use super::{BasedOn, InWorkspace, Repeatable};
use crate::{
    at::{At, Params},
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource},
    page::{PageOf, PageParams},
    preview::{PreviewParams, PreviewView},
    reply::Reply,
    state::Api,
};

/// A checked segment in the form to store.
async fn check(api: &Api, caller: &Caller, id: Option<SegmentId>, mut value: Segment) -> Result<Segment, ApiError> {
    let model = model_of(api, caller, &value).await?;
    let context = api.host().context(caller.ws, id, &value, &model).await?;
    ApiError::unless_sound(value.validate(&model, &context))?;
    ApiError::unless_sound(api.host().remote_problems(caller.ws, &value).await?)?;
    value.tidy(&model, &context);
    Ok(value)
}

async fn model_of(api: &Api, caller: &Caller, segment: &Segment) -> Result<Model, ApiError> {
    match api.store().get::<Model>(caller.ws, segment.model).await {
        Ok(stored) => Ok(stored.value),
        Err(StoreError::NotFound { .. }) => {
            Err(ApiError::invalid_at("/model", format!("There is no model {} in this workspace.", segment.model)))
        }
        Err(other) => Err(other.into()),
    }
}

/// A condition in words.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SentenceView {
    /// English, without a full stop.
    sentence: String,
}

impl SentenceView {
    pub(crate) fn new(sentence: String) -> Self {
        Self { sentence }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which segment.
    pub(crate) seg: SegmentId,
}

/// Segments, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments", operation_id = "listSegments", tag = "segments",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Resource<Segment>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    object::list::<Segment>(&api, &caller, &params).await
}

/// Makes a segment.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments", operation_id = "createSegment", tag = "segments",
    params(InWorkspace, Repeatable), request_body = Segment, security(("api_key" = ["operator"])),
    responses((status = 201, description = "Made.", body = Resource<Segment>)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    once: Once,
    body: Strict<Segment>,
) -> Result<Reply, ApiError> {
    let work = async {
        let value = check(&api, &caller, None, body.value).await?;
        object::create(&api, &caller, "segments", &value).await
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One segment.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments/{seg}", operation_id = "getSegment", tag = "segments",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The segment.", body = Resource<Segment>)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    object::get::<Segment>(&api, &caller, one.seg).await
}

/// Replaces a segment.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/segments/{seg}", operation_id = "replaceSegment", tag = "segments",
    params(One, BasedOn), request_body = Segment, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = Resource<Segment>)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Segment>,
) -> Result<Reply, ApiError> {
    let value = check(&api, &caller, Some(one.seg), body.value).await?;
    object::replace(&api, &caller, one.seg, expected, &value).await
}

/// Deletes a segment that nothing depends on.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/segments/{seg}", operation_id = "deleteSegment", tag = "segments",
    params(One, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    object::delete::<Segment>(&api, &caller, one.seg, expected).await
}

/// The condition in words.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments/{seg}/sentence", operation_id = "getSegmentSentence", tag = "segments",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "One sentence.", body = SentenceView)))]
pub(crate) async fn sentence(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let segment = api.store().get::<Segment>(caller.ws, one.seg).await?.value;
    let model = model_of(&api, &caller, &segment).await?;
    let context = api.host().context(caller.ws, Some(one.seg), &segment, &model).await?;
    Ok(Reply::ok(&SentenceView::new(segment.sentence(&model, &context))))
}

/// Exact count, share and a sample of members; personal data is masked.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments/{seg}/preview", operation_id = "previewSegment", tag = "segments",
    params(One, PreviewParams), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What is there now.", body = PreviewView)))]
pub(crate) async fn preview(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    Params(params): Params<PreviewParams>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let preview = api.host().preview(caller.ws, From::Segment(one.seg), params.rows()?).await?;
    Ok(Reply::ok(&PreviewView::from(preview)))
}

/// The same for a segment that is not saved.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/preview", operation_id = "previewUnsavedSegment", tag = "segments",
    params(InWorkspace, PreviewParams), request_body = Segment, security(("api_key" = ["operator"])),
    responses((status = 200, description = "What is there now.", body = PreviewView)))]
pub(crate) async fn preview_unsaved(
    State(api): State<Api>,
    Operator(caller): Operator,
    Params(params): Params<PreviewParams>,
    body: Strict<Segment>,
) -> Result<Reply, ApiError> {
    let segment = check(&api, &caller, None, body.value).await?;
    let _place = api.question().await?;
    let preview = api.host().preview_segment(caller.ws, &segment, params.rows()?).await?;
    Ok(Reply::ok(&PreviewView::from(preview)))
}

/// A segment at one computation of its statistics.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SegmentStatistics)]
pub(crate) struct StatisticsView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: jiff::Timestamp,
    /// Which revision of the segment was asked; where it changes, so does what the numbers are about.
    revision: u64,
    /// Rows in the segment.
    size: u64,
    /// Rows of the model.
    total: u64,
    /// `size` of `total`, from 0 to 1.
    share: f64,
    /// Different primary keys in the segment.
    members: u64,
    /// Members that were not there at the computation before; none of the first one.
    entered: Option<u64>,
    /// Members of the computation before that are not there any more; none of the first one.
    left: Option<u64>,
    /// `entered` and `left` of all who were there before or are there now, from 0 to 1.
    turnover: Option<f64>,
}

/// Computations, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SegmentTrend)]
pub(crate) struct TrendView {
    /// One a night, and those that were asked for; at most 730.
    items: Vec<StatisticsView>,
}

impl std::convert::From<SegmentStatistics> for StatisticsView {
    fn from(found: SegmentStatistics) -> Self {
        let SegmentStatistics { at, revision, size, total, members, entered, left } = found;
        let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let turnover = entered.zip(left).map(|(entered, left)| share(entered + left, members + left));
        Self { at, revision, size, total, share: share(size, total), members, entered, left, turnover }
    }
}

/// How the segment grew and shrank.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments/{seg}/statistics", operation_id = "listSegmentStatistics", tag = "segments",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The computations.", body = TrendView)))]
pub(crate) async fn statistics(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    api.store().get::<Segment>(caller.ws, one.seg).await?;
    let found = api.store().segment_statistics(caller.ws, one.seg, u32::MAX).await?;
    Ok(Reply::ok(&TrendView { items: found.into_iter().map(Into::into).collect() }))
}

/// Computes the statistics now, as every night does.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/{seg}/statistics", operation_id = "computeSegmentStatistics",
    tag = "segments", params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What was found.", body = StatisticsView)))]
pub(crate) async fn compute_statistics(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
) -> Result<Reply, ApiError> {
    api.store().get::<Segment>(caller.ws, one.seg).await?;
    let _place = api.question().await?;
    Ok(Reply::ok(&StatisticsView::from(api.host().compute_statistics(caller.ws, one.seg).await?)))
}
