//! What became of each record of a run. Records hold keys, which are row values: an operator's matter, not a viewer's.

use axum::extract::State;
use serde::Deserialize;
use sluice_catalog::outcome::Word;
use sluice_runs::{Record, RecordFilter};
use sluice_store::Page;

use super::runs::One;
use crate::{
    at::{At, Params},
    auth::Operator,
    error::ApiError,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// Which records.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `accepted`, `rejected`, `invalid`, `skipped`, `unknown`, `pending`, `carried` or `expired`.
    outcome: Option<Word>,
    /// Exactly this code.
    reason: Option<String>,
    /// Exactly this primary key, as text; parts of a composite key are joined by ` / `.
    key: Option<String>,
    /// `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// Rows in the page, 1 to 500; 50 unless said.
    limit: Option<u32>,
}

/// Records of a run in the order of delivery, with outcome, reason and the platform's words. Empty when retention has taken them.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/runs/{run}/records", operation_id = "listRecords", tag = "runs",
    params(One, Filter), security(("api_key" = ["operator"])),
    responses((status = 200, description = "A page.", body = PageOf<Record>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    Params(filter): Params<Filter>,
) -> Result<Reply, ApiError> {
    let Filter { outcome, reason, key, cursor, limit } = filter;
    let name = format!("{}/records/{}/{outcome:?}/{reason:?}/{key:?}", caller.ws, one.run);
    let request = PageParams { cursor, limit }.request(&name)?;
    let _place = api.question().await?;
    let filter = RecordFilter { outcome, code: reason, key };
    let page = api.host().records(caller.ws, one.run, &filter, request.after.as_deref(), request.rows()).await?;
    Ok(Reply::ok(&page_of(Page { items: page.records, next: page.next }, &name, |record| record)))
}
