//! How activations stand: when they run next, and why the system lets some of them rest.

use std::collections::BTreeMap;

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use sluice_catalog::{activation::Activation, ids::ActivationId};
use sluice_store::{ActivationState, Pause, Stored};

use super::{InWorkspace, activations::One, runs::cause_for};
use crate::{
    at::{At, Params},
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// Why an activation does not run by itself. It goes on by itself when a look finds nothing wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PauseView {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What kind of thing is broken.
    code: String,
    /// One or more sentences; in the platform's words from the role operator on.
    cause: String,
    /// Kind and name of what is to blame.
    culprit: String,
    /// What to do.
    next: String,
    /// How often it was looked at in vain since.
    checks: u32,
    /// When it is looked at again, unless something is declared anew before.
    #[schema(value_type = String, format = DateTime)]
    check_at: Timestamp,
}

impl PauseView {
    fn of(pause: Pause, caller: &Caller) -> Self {
        let Pause { at, code, cause, culprit, checks, check_at } = pause;
        let cause = cause_for(caller, code, cause);
        Self { at, code: code.as_str().to_owned(), cause, culprit, next: code.next_step().to_owned(), checks, check_at }
    }
}

/// How an activation stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Standing {
    /// Which.
    id: ActivationId,
    /// Its name.
    name: String,
    /// Whether a person lets it run by itself.
    enabled: bool,
    /// Why the system does not.
    paused: Option<PauseView>,
    /// When the last run ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_end: Option<Timestamp>,
    /// When the next one begins by itself; none for never, as things are.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_due: Option<Timestamp>,
    /// Due times that were skipped because a run was under way.
    skipped: u64,
}

impl Standing {
    fn new(caller: &Caller, id: ActivationId, activation: &Activation, state: &ActivationState, pause: Option<Pause>) -> Self {
        let next_due = if pause.is_some() { None } else { state.next_due };
        Self {
            id,
            name: activation.name.clone(),
            enabled: activation.enabled,
            paused: pause.map(|pause| PauseView::of(pause, caller)),
            last_end: state.last_end,
            next_due,
            skipped: state.skipped,
        }
    }
}

/// How each activation stands, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/activation-states", operation_id = "listActivationStates", tag = "activations",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Standing>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    const LIST: &str = "activation-states";
    let page = api.store().list::<Activation>(caller.ws, &params.request(LIST)?).await?;
    let mut pauses: BTreeMap<_, _> = api.store().pauses(caller.ws).await?.into_iter().collect();
    let mut states = BTreeMap::new();
    for stored in &page.items {
        states.insert(stored.id, api.store().activation_state(caller.ws, stored.id).await?);
    }
    let standing = |stored: Stored<Activation>| {
        let state = states.remove(&stored.id).unwrap_or_default();
        Standing::new(&caller, stored.id, &stored.value, &state, pauses.remove(&stored.id))
    };
    Ok(Reply::ok(&page_of(page, LIST, standing)))
}

/// How one activation stands.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/activations/{act}/state", operation_id = "getActivationState", tag = "activations",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "How it stands.", body = Standing)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let stored = api.store().get::<Activation>(caller.ws, one.act).await?;
    let state = api.store().activation_state(caller.ws, one.act).await?;
    let pause = api.store().pause_of(caller.ws, one.act).await?;
    Ok(Reply::ok(&Standing::new(&caller, one.act, &stored.value, &state, pause)))
}

/// Looks now whether a paused activation can go on: at the sources, and at the platform where that is why. Nothing else is changed.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations/{act}/state/check", operation_id = "checkActivationState",
    tag = "activations", params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "How it stands then.", body = Standing)))]
pub(crate) async fn check(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let stored = api.store().get::<Activation>(caller.ws, one.act).await?;
    let _place = api.question().await?;
    let pause = api.host().check_pause(caller.ws, one.act).await?;
    let state = api.store().activation_state(caller.ws, one.act).await?;
    Ok(Reply::ok(&Standing::new(&caller, one.act, &stored.value, &state, pause)))
}
