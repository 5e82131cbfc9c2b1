//! The account behind the API: who may call what, and the order in which a call is looked at. What an endpoint does is its own file's.
//!
//! Order (inferred): path 404, key 401, scope 403, revision 400 or 410, rate 429, content type 415, size 413, then the query and the
//! body.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::{Timestamp, civil};
use serde_json::{Value, json};

use super::{
    accounts,
    body::stray_keys,
    endpoint::Endpoint,
    import, limits, lists,
    members::{self, Group},
    options::{ApiKey, List, NoKey, Options, Segment},
    profile::Profile,
    profiles, segments,
    state::State,
    subscriptions,
    throttle::Throttle,
    words::{JSON_API, Problem, Refusal},
};
use crate::{
    ledger::Ledger,
    running::Holds,
    time::day,
    vendor::{Call, Portion, Reply, SeedError, Vendor, list_of},
};

/// The revision that the twin is written of.
pub const REVISION: &str = "2026-07-15";

/// Revisions are supported for two years (*Errors*), counted from [`REVISION`], so that no test ends with the calendar.
const OLDEST: civil::Date = civil::date(2024, 7, 15);

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    throttle: Mutex<Throttle>,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, ledger, state, throttle: Mutex::default() }
    }

    /// The state as it is now: jobs whose time has come have ended.
    pub(super) fn state(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.end_due(&self.ledger, now);
        state
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        let endpoint = Endpoint::of(call).ok_or_else(Refusal::no_path)?;
        let key = self.admit(call)?;
        if let Some(scope) = endpoint.scopes().iter().find(|scope| !key.scopes.iter().any(|has| has == *scope)) {
            let detail = format!("The API key is missing required scopes: {scope}");
            return Err(Refusal::new(403, "permission_denied", detail));
        }
        revision(call)?;
        let dear = call.pairs().unwrap_or_default().iter().any(|(name, _)| name.starts_with("additional-fields"));
        let stands = self.throttle.lock().unwrap_or_else(PoisonError::into_inner).count(&endpoint, dear, call.now);
        if let Some(wait_s) = stands.wait_s().filter(|_| self.options.enforce_rates) {
            return Err(Refusal::throttled(wait_s));
        }
        if endpoint.has_body() && !is_json_api(call) {
            return Err(Refusal::of_status(415));
        }
        let most = if endpoint.is_one_profile() { limits::PROFILE_BYTES_MAX } else { self.options.body_bytes_max };
        if call.body.len() > most {
            return Err(Refusal::of_status(413));
        }
        let reply = match &endpoint {
            Endpoint::Accounts => accounts::all(self, call),
            Endpoint::Lists => lists::all(self, call),
            Endpoint::CreateList => lists::create(self, call, portion),
            Endpoint::List(id) => lists::one(self, call, id),
            Endpoint::ListMembers(id) => members::whole(self, call, Group::List(id)),
            Endpoint::ListMemberIds(id) => members::ids(self, call, Group::List(id)),
            Endpoint::AddToList(id) => lists::add(self, call, portion, id),
            Endpoint::RemoveFromList(id) => lists::remove(self, call, portion, id),
            Endpoint::Profiles => profiles::all(self, call),
            Endpoint::CreateProfile => profiles::create(self, call, portion),
            Endpoint::Profile(id) => profiles::one(self, call, id),
            Endpoint::PatchProfile(id) => profiles::update(self, call, portion, id),
            Endpoint::UpsertProfile => profiles::upsert(self, call, portion),
            Endpoint::CreateJob => import::create(self, call, portion),
            Endpoint::Job(id) => import::job(self, call, id),
            Endpoint::JobProfiles(id) => import::profiles(self, call, id),
            Endpoint::JobErrors(id) => import::errors(self, call, id),
            Endpoint::Subscribe => subscriptions::subscribe(self, call, portion),
            Endpoint::Unsubscribe => subscriptions::unsubscribe(self, call, portion),
            Endpoint::Segments => segments::all(self, call),
            Endpoint::Segment(id) => segments::one(self, call, id),
            Endpoint::SegmentMembers(id) => members::whole(self, call, Group::Segment(id)),
            Endpoint::SegmentMemberIds(id) => members::ids(self, call, Group::Segment(id)),
        }?;
        let mut reply = stands.onto(reply);
        // "Headers on every call": nothing is said of a call without this one, so it passes (inferred).
        let accepts = call.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if accepts.is_none_or(|accepts| !accepts.contains(JSON_API)) {
            reply.warnings.push(call.warning("accept-not-said", "accept"));
        }
        Ok(reply)
    }

    /// The key in `Authorization: Klaviyo-API-Key …`, sent once.
    fn admit(&self, call: &Call) -> Result<&ApiKey, Refusal> {
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let given = match (sent.next(), sent.next()) {
            (Some(given), None) => given.as_bytes().strip_prefix(b"Klaviyo-API-Key ".as_slice()),
            _ => None,
        };
        match given {
            None => {
                let status = match self.options.no_key {
                    NoKey::Unauthorized => 401,
                    NoKey::BadRequest => 400,
                };
                Err(Refusal::new(status, "not_authenticated", "Missing or invalid private key."))
            }
            Some(given) => {
                let known = self.options.api_keys.iter().find(|known| known.key.as_bytes() == given);
                known.ok_or_else(|| Refusal::of_status(401))
            }
        }
    }
}

/// In the order of their keys: which of several requests under way was first is chance, and no difference between two states.
fn by_key(profiles: &[Profile]) -> Vec<&Profile> {
    let mut profiles: Vec<&Profile> = profiles.iter().collect();
    profiles.sort_by_cached_key(|profile| profile.key());
    profiles
}

fn revision(call: &Call) -> Result<(), Refusal> {
    let mut sent = call.headers.get_all("revision").iter();
    let said = match (sent.next(), sent.next()) {
        (Some(said), None) => said.to_str().unwrap_or_default(),
        _ => return Err(Problem::new("invalid", "A revision header is required.").into()),
    };
    match day(said.split('.').next().unwrap_or_default()) {
        _ if said == REVISION => Ok(()),
        Some(date) if date < OLDEST => Err(Refusal::of_status(410)),
        // Others answer in other shapes.
        _ => Err(Problem::new("invalid", format!("'{said}' is not a revision of this API.")).into()),
    }
}

/// "Content-Type: application/vnd.api+json on writes (415 otherwise)"; older revisions take plain JSON (inferred), this one does not.
fn is_json_api(call: &Call) -> bool {
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON_API)
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state((self.options.clock)())
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let (mut reply, refused) = match self.call(call, portion) {
            Ok(reply) => (reply, false),
            Err(refusal) => (refusal.reply(call.number), true),
        };
        // Whatever became of the call, a key in the query has been seen by every proxy on the way.
        stray_keys(&mut reply, call, refused);
        reply
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        match status {
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                Reply::bytes(status, "text/html", page.into())
            }
            _ => Refusal::of_status(status).reply(0),
        }
    }

    /// A 429 has `Retry-After` alone (*Rate limits*), so there is no header of the vendor's own for the reset.
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        Refusal::of_status(429).reply(0)
    }

    /// As of a job: a status that the vendor does not describe, or `cancelled`.
    fn not_success(&self, message: &str) -> Reply {
        import::strange(message)
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = self.held();
        let list = |list: &List| json!({ "list": list, "members": state.members(&list.id) });
        match one {
            None => Some(json!({
                "profiles": by_key(state.profiles()),
                "lists": state.lists.iter().map(|(id, it)| (id.clone(), list(it))).collect::<serde_json::Map<_, _>>(),
                "segments": state.segments, "jobs": state.jobs,
                "subscription_jobs_waiting": state.subscription_jobs_waiting(),
            })),
            // By id, external id, address or phone number.
            Some(("profiles", name)) => state.profile(name).or_else(|| state.profile(&name.to_lowercase())).map(|it| json!(it)),
            Some(("lists", id)) => state.lists.get(id).map(list),
            Some(("segments", id)) => state.segments.get(id).map(|segment| json!(segment)),
            Some(("jobs", id)) => state.jobs.iter().find(|job| job.id == id).map(|job| json!(job)),
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        let now = (self.options.clock)();
        match kind {
            "profiles" => profiles::seed(self, list_of(kind, body)?, now),
            "lists" => {
                let new: Vec<List> = list_of(kind, body)?;
                let count = new.len();
                self.state(now).lists.extend(new.into_iter().map(|list| (list.id.clone(), list)));
                Ok(count)
            }
            "segments" => {
                let new: Vec<Segment> = list_of(kind, body)?;
                let count = new.len();
                self.state(now).segments.extend(new.into_iter().map(|segment| (segment.id.clone(), segment)));
                Ok(count)
            }
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::new(&self.options);
        *self.throttle.lock().unwrap_or_else(PoisonError::into_inner) = Throttle::default();
    }
}
