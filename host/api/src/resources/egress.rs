//! The egress ledger: every request that left on behalf of a component, without bodies, query strings and secrets.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::record::EgressRecord;
use sluice_store::EgressFilter;

use super::{InWorkspace, runs::One};
use crate::{
    at::{At, Params},
    auth::Viewer,
    error::ApiError,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// One request that a component caused.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EgressView {
    /// The run, or the destination whose test made the request.
    cause: String,
    /// 0, 1, 2 … per cause.
    seq: u64,
    #[serde(flatten)]
    record: EgressRecord,
}

/// Which requests.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EgressParams {
    /// A run, or a destination that was tested.
    cause: Option<String>,
    /// Digest of a component.
    component: Option<String>,
    /// A host, as it was checked.
    host: Option<String>,
    /// `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// Rows in the page, 1 to 500; 50 unless said.
    limit: Option<u32>,
}

/// Which component contacted which host, when, with which secret, for which run: in the order of time, but for requests that
/// were under way together.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/egress", operation_id = "listEgress", tag = "runs",
    params(InWorkspace, EgressParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<EgressView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<EgressParams>,
) -> Result<Reply, ApiError> {
    let EgressParams { cause, component, host, cursor, limit } = params;
    let name = format!("{}/egress/{cause:?}/{component:?}/{host:?}", caller.ws);
    let request = PageParams { cursor, limit }.request(&name)?;
    let page = api.store().egress(caller.ws, &EgressFilter { cause, component, host }, &request).await?;
    Ok(Reply::ok(&page_of(page, &name, |e| EgressView { cause: e.cause, seq: e.seq, record: e.record })))
}

/// The requests that a run caused, in the order of time, but for those that were under way together: without bodies, query strings and
/// secrets.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/runs/{run}/egress", operation_id = "listRunEgress", tag = "runs",
    params(One, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<EgressView>)))]
pub(crate) async fn of_run(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    At(one): At<One>,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    api.store().run(caller.ws, one.run).await?;
    let name = format!("{}/egress/{}", caller.ws, one.run);
    let filter = EgressFilter { cause: Some(one.run.to_string()), ..EgressFilter::default() };
    let page = api.store().egress(caller.ws, &filter, &params.request(&name)?).await?;
    Ok(Reply::ok(&page_of(page, &name, |e| EgressView { cause: e.cause, seq: e.seq, record: e.record })))
}
