//! A run's progress as server-sent events: `run` with the run as JSON whenever it has changed, until it has ended.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, stream};

use super::runs::{One, RunView};
use crate::{
    at::At,
    auth::{Caller, Viewer},
    error::ApiError,
    limits::{EVENTS_EVERY, EVENTS_KEEP_ALIVE, EVENTS_LIFE_MAX},
    state::{Api, Place},
};

/// Progress of a run, live. The stream ends with the run, or after ten minutes: then open it again.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/runs/{run}/events", operation_id = "streamRunEvents", tag = "runs",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "Events named `run`, data: the run as JSON.", body = String,
        content_type = "text/event-stream")))]
pub(crate) async fn events(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    At(one): At<One>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let place = api.stream()?;
    let first = RunView::of(api.store().run(caller.ws, one.run).await?, &caller);
    let watch = Watch { api, caller, one, next: Some(first), told: None, polls: 0, _place: place };
    let events = stream::unfold(watch, |mut watch| async move {
        let view = watch.changed().await?;
        let event = Event::default().event("run").json_data(&view).expect("a run has text keys only");
        watch.told = Some(view);
        Some((Ok(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(EVENTS_KEEP_ALIVE)))
}

struct Watch {
    api: Api,
    caller: Caller,
    one: One,
    next: Option<RunView>,
    told: Option<RunView>,
    polls: u32,
    _place: Place,
}

impl Watch {
    /// The next state worth telling; none when the run has ended, the store is gone, or the stream has lived long enough.
    async fn changed(&mut self) -> Option<RunView> {
        if let Some(first) = self.next.take() {
            return Some(first);
        }
        if self.told.as_ref().is_some_and(|told| told.state.is_final()) {
            return None;
        }
        while EVENTS_EVERY * self.polls < EVENTS_LIFE_MAX {
            self.polls += 1;
            tokio::time::sleep(EVENTS_EVERY).await;
            let run = self.api.store().run(self.caller.ws, self.one.run).await.ok()?;
            let view = RunView::of(run, &self.caller).live(&self.api, self.one.run);
            if Some(&view) != self.told.as_ref() {
                return Some(view);
            }
        }
        None
    }
}
