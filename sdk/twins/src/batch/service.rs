//! The company behind the API: who may call what, and the order in which a call is looked at. What an endpoint does is its own
//! file's.
//!
//! Order (inferred): path 404, key 401, project 403 or 404 and app 404, size 413, shape of the array 400, rate 429, then the
//! items.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    bucket::Bucket,
    data,
    endpoint::{App, Endpoint, Project},
    limits,
    options::{Options, Segment},
    profile::Event,
    profiles,
    state::State,
    words::Refusal,
};
use crate::{
    ledger::Ledger,
    running::Holds,
    vendor::{Call, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    buckets: Mutex<Buckets>,
}

/// What a call is paced by (*Global rate limits*). Custom data has no limit that is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    Update,
    MassUpdate,
    Others,
}

struct Buckets {
    update: Bucket,
    mass_update: Bucket,
    others: Bucket,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            update: Bucket::new(limits::UPDATE_PER_SECOND, limits::UPDATE_BURST),
            mass_update: Bucket::new(limits::MASS_UPDATE_PER_SECOND, limits::MASS_UPDATE_PER_SECOND),
            others: Bucket::new(limits::OTHERS_PER_SECOND, limits::OTHERS_PER_SECOND),
        }
    }
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, ledger, state, buckets: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what a call costs, or refuses it, when the rates are enforced.
    pub(super) fn spend(&self, pace: Pace, cost: usize, now: Timestamp) -> Result<(), Refusal> {
        if !self.options.enforce_rates {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match pace {
            Pace::Update => &mut buckets.update,
            Pace::MassUpdate => &mut buckets.mass_update,
            Pace::Others => &mut buckets.others,
        };
        if bucket.take(cost as u64, now) { Ok(()) } else { Err(Refusal::throttled()) }
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        let endpoint = Endpoint::of(call).ok_or_else(Refusal::no_route)?;
        self.admit(call, &endpoint)?;
        if call.body.len() > self.options.body_bytes_max {
            return Err(Refusal::too_large());
        }
        // A body that does not say that it is JSON is none (inferred).
        if endpoint.has_body() && !call.is_json() {
            return Err(Refusal::bad_json());
        }
        match endpoint {
            Endpoint::Project(Project::Update { minor }) => profiles::update(self, call, portion, minor),
            Endpoint::Project(Project::MassUpdate { minor }) => profiles::mass_update(self, call, portion, minor),
            Endpoint::Project(Project::Segments) => profiles::segments(self, call),
            Endpoint::Project(Project::Orchestrations) => profiles::orchestrations(self, call),
            Endpoint::App { api_key, call: App::Users } => data::bulk(self, call, portion, &api_key),
            Endpoint::App { api_key, call: App::User(id) } => data::single(self, call, portion, &api_key, id),
            Endpoint::App { api_key, call: App::Erase(id) } => data::erase(self, call, portion, &api_key, id),
        }
    }

    /// The company's key, in the one header of its API, sent once; then the project or the app (*Auth*). *Errors* has 403 and
    /// 404 for a wrong project; which one answers what is inferred.
    fn admit(&self, call: &Call, endpoint: &Endpoint) -> Result<(), Refusal> {
        let given = match endpoint {
            Endpoint::Project(_) => once(call, header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ")),
            Endpoint::App { .. } => once(call, "x-authorization"),
        };
        if given != Some(self.options.rest_api_key.as_str()) {
            return Err(Refusal::bad_key());
        }
        match endpoint {
            Endpoint::App { api_key, .. } if !self.options.app_api_keys.contains(api_key) => {
                Err(Refusal::new(404, "APP_NOT_FOUND", "The app is not known"))
            }
            Endpoint::App { .. } => Ok(()),
            Endpoint::Project(_) => match once(call, "x-batch-project") {
                None => Err(Refusal::new(403, "PROJECT_MISSING", "The header X-Batch-Project must name a project")),
                Some(project) if project != self.options.project_key => {
                    Err(Refusal::new(404, "PROJECT_NOT_FOUND", "The project is not known"))
                }
                Some(_) if !self.options.migrated => {
                    Err(Refusal::new(403, "PROJECT_NOT_MIGRATED", "The project has not been migrated to profiles"))
                }
                Some(_) => Ok(()),
            },
        }
    }

    /// Where the company's key is besides its header.
    fn key_outside(&self, call: &Call) -> Option<&'static str> {
        let key = self.options.rest_api_key.as_str();
        let within = |text: &str| !key.is_empty() && text.contains(key);
        if call.pairs().unwrap_or_default().iter().any(|(_, value)| within(value)) {
            return Some("query");
        }
        std::str::from_utf8(&call.body).is_ok_and(within).then_some("body")
    }
}

/// The value of a header that was sent once.
fn once<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let mut sent = call.headers.get_all(name).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else { return None };
    value.to_str().ok()
}

/// The body as JSON.
pub(super) fn body(call: &Call) -> Result<Value, Refusal> {
    // `str::parse` runs inside serde_json, which is optimised even where this crate is not.
    std::str::from_utf8(&call.body).ok().and_then(|text| text.parse().ok()).ok_or_else(Refusal::bad_json)
}

/// The body as an array, "even for one profile" (*Synchronize profiles*), of one item at least (inferred) and so many at most.
pub(super) fn items(call: &Call, most: usize) -> Result<Vec<Value>, Refusal> {
    let Value::Array(items) = body(call)? else { return Err(Refusal::malformed("The body must be an array")) };
    if (1..=most).contains(&items.len()) {
        Ok(items)
    } else {
        Err(Refusal::malformed(format!("The body must have 1 to {most} items")))
    }
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = self.call(call, portion).unwrap_or_else(|refusal| refusal.reply());
        // Whatever became of the call, a key in the query has been seen by every proxy on the way.
        if let Some(place) = self.key_outside(call) {
            reply.warnings.push(call.warning("key-outside-header", place));
            reply.withhold = true;
        }
        reply
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        match status {
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                Reply::bytes(status, "text/html", page.into())
            }
            _ => Refusal::of_status(status).reply(),
        }
    }

    /// "X-RateLimit-* are claimed by a third party only; Retry-After not documented" (*Global rate limits*): neither is sent, so
    /// that a client which needs them is seen.
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        Refusal::throttled().reply()
    }

    fn not_success(&self, message: &str) -> Reply {
        Reply::json(202, &json!({ "code": message }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = Service::state(self);
        match one {
            None => Some(json!({
                "profiles": state.profiles(),
                "events": state.events().map(Event::to_json).collect::<Vec<_>>(),
                "events_forgotten": state.events_forgotten(),
                "apps": state.apps(),
                "segments": state.segments(),
            })),
            Some(("profiles", custom_id)) => {
                let profile = state.profile(custom_id)?;
                let events: Vec<_> = state.events().filter(|event| event.key == custom_id).map(Event::to_json).collect();
                Some(json!({ "profile": profile, "events": events }))
            }
            // Of every app that has him.
            Some(("users", custom_id)) => {
                let users = state.apps().iter().filter_map(|(app, users)| Some((app.clone(), json!(users.get(custom_id)?))));
                let users: Map<_, _> = users.collect();
                (!users.is_empty()).then(|| users.into())
            }
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        match kind {
            "profiles" => profiles::seed(self, list_of(kind, body)?),
            "installations" => Ok(profiles::install(self, list_of(kind, body)?)),
            "users" => data::seed(self, list_of(kind, body)?),
            "segments" => {
                let new: Vec<Segment> = list_of(kind, body)?;
                let count = new.len();
                let segments = &mut Service::state(self).segments;
                segments.retain(|old| new.iter().all(|new| new.id != old.id));
                segments.extend(new);
                Ok(count)
            }
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *Service::state(self) = State::new(&self.options);
        *self.buckets.lock().unwrap_or_else(PoisonError::into_inner) = Buckets::default();
    }
}
