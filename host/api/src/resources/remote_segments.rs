//! Remote segments: what was read from the platform, and reading it anew. Declaring one is a matter of segments.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::Code;
use sluice_runs::{Membership, Refresh, RemoteState};

use super::{runs::cause_for, segments::One};
use crate::{
    at::At,
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    json::Strict,
    object::location,
    reply::Reply,
    state::Api,
};

/// What is known of a remote segment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RemoteSegmentState)]
pub(crate) struct RemoteView {
    /// Whether it is being read now.
    refreshing: bool,
    /// Whether the platform has given less than half of what was there twice in a row: refresh with `confirmed` if that is right.
    waits_for_a_person: bool,
    /// The membership in force; none before the first reading of what the segment says now.
    membership: Option<Membership>,
    /// The last readings, the newest first, at most 30. Members and the platform's words are in them from the role operator on.
    refreshes: Vec<Refresh>,
}

impl RemoteView {
    /// As `caller` is shown it: members and the platform's words from the role operator on.
    fn of((mut state, refreshing): (RemoteState, bool), caller: &Caller) -> Self {
        let waits_for_a_person = state.waits_for_a_person();
        if !caller.sees_rows() {
            for refresh in &mut state.refreshes {
                refresh.unmatched_sample.clear();
                refresh.ambiguous_sample.clear();
                let code = refresh.code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(Code::DestProtocol);
                refresh.cause = refresh.cause.take().map(|cause| cause_for(caller, code, cause));
            }
        }
        Self { refreshing, waits_for_a_person, membership: state.membership, refreshes: state.refreshes }
    }
}

/// How to read it.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RefreshAsked {
    /// Somebody has looked at the platform: also less than half of what was there is right.
    confirmed: bool,
}

/// What was read from the platform, and how it went.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/segments/{seg}/remote", operation_id = "getRemoteSegment", tag = "segments",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "What is known.", body = RemoteView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&RemoteView::of(api.host().remote_state(caller.ws, one.seg).await?, &caller)))
}

/// Begins to read the members anew, unless that is under way; the answer does not wait for the end.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/segments/{seg}/remote", operation_id = "refreshRemoteSegment", tag = "segments",
    params(One), request_body = RefreshAsked, security(("api_key" = ["operator"])),
    responses((status = 202, description = "It is being read.", body = RemoteView)))]
pub(crate) async fn refresh(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    body: Strict<RefreshAsked>,
) -> Result<Reply, ApiError> {
    api.host().start_refresh(caller.ws, one.seg, body.value.confirmed).await?;
    let at = format!("{}/remote", location(caller.ws, "segments", one.seg));
    Ok(Reply::accepted(at, &RemoteView::of(api.host().remote_state(caller.ws, one.seg).await?, &caller)))
}
