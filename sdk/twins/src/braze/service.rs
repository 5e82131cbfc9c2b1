//! The workspace behind the API: who may call what (keys, permissions, content type, size, rate), in the order in which the
//! vendor is known to look, and the vendor's words for each refusal. What an endpoint does is its own file's.
//!
//! Order (inferred): path 404, key 401, permission 403, rate 429, size 413, content type 415, then the body.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    export, limits,
    options::{
        Options, SEGMENTS_LIST, SUBSCRIPTION_STATUS_GET, SUBSCRIPTION_STATUS_SET, Segment, SubscriptionGroup, USERS_EXPORT_SEGMENT,
        USERS_TRACK,
    },
    profile::Event,
    rates::{self, Bucket},
    segments,
    state::State,
    subscription, track,
};
use crate::{
    ledger::Ledger,
    rates::Rates,
    running::Holds,
    vendor::{Call, Door, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    /// Address of the file storage, without a trailing slash.
    pub(super) files_url: String,
    state: Mutex<State>,
    rates: Mutex<Rates<Bucket>>,
}

/// An endpoint of the vendor's page.
#[derive(Debug, Clone, Copy)]
enum Endpoint {
    Track,
    SubscriptionSet,
    SubscriptionGet,
    SegmentsList,
    ExportSegment,
}

impl Endpoint {
    fn of(call: &Call) -> Option<Self> {
        match (call.method.as_str(), call.path.as_str()) {
            ("POST", "/users/track") => Some(Self::Track),
            ("POST", "/v2/subscription/status/set") => Some(Self::SubscriptionSet),
            ("GET", "/subscription/status/get") => Some(Self::SubscriptionGet),
            ("GET", "/segments/list") => Some(Self::SegmentsList),
            ("POST", "/users/export/segment") => Some(Self::ExportSegment),
            _ => None,
        }
    }

    fn permission(self) -> &'static str {
        match self {
            Self::Track => USERS_TRACK,
            Self::SubscriptionSet => SUBSCRIPTION_STATUS_SET,
            Self::SubscriptionGet => SUBSCRIPTION_STATUS_GET,
            Self::SegmentsList => SEGMENTS_LIST,
            Self::ExportSegment => USERS_EXPORT_SEGMENT,
        }
    }

    fn bucket(self) -> Bucket {
        match self {
            Self::Track => Bucket::Track,
            Self::SubscriptionSet => Bucket::Subscription,
            Self::SubscriptionGet | Self::SegmentsList | Self::ExportSegment => Bucket::Others,
        }
    }

    fn has_body(self) -> bool {
        match self {
            Self::Track | Self::SubscriptionSet | Self::ExportSegment => true,
            Self::SubscriptionGet | Self::SegmentsList => false,
        }
    }
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>, files_url: String) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, ledger, files_url, state, rates: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn api(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let Some(endpoint) = Endpoint::of(call) else { return message(404, INVALID_URL) };
        let Some(key) = self.key_of(call) else { return message(401, INVALID_KEY) };
        if !key.iter().any(|permission| permission == endpoint.permission()) {
            return message(403, ACCESS_DENIED);
        }
        let bucket = endpoint.bucket();
        let standing = self.rates.lock().unwrap_or_else(PoisonError::into_inner).count(bucket, bucket.rate(), call.now);
        if self.options.enforce_rates && standing.exceeded {
            return rates::onto(standing, message(429, RATE_LIMITED));
        }
        if call.body.len() > self.options.body_bytes_max {
            return rates::onto(standing, message(413, TOO_LARGE));
        }
        if endpoint.has_body() && !call.is_json() {
            return rates::onto(standing, message(415, NOT_JSON));
        }
        let mut reply = match endpoint {
            Endpoint::Track => track::track(self, call, portion),
            Endpoint::SubscriptionSet => subscription::set(self, call, portion),
            Endpoint::SubscriptionGet => subscription::get(self, call),
            Endpoint::SegmentsList => segments::list(self, call),
            Endpoint::ExportSegment => export::start(self, call, portion),
        };
        if call.query.as_deref().is_some_and(|query| query.contains("api_key")) {
            reply.warnings.push(call.warning("key-outside-header", "query"));
            reply.withhold = true;
        }
        rates::onto(standing, reply)
    }

    /// Whether a request is for the storage by its name, from a client that is led here with all hosts.
    fn is_to_storage(&self, call: &Call) -> bool {
        let named = self.options.files_named.as_deref().and_then(|url| url.strip_prefix("https://"));
        named.is_some() && call.headers.get(header::HOST).and_then(|host| host.to_str().ok()) == named
    }

    /// The permissions of the key in `Authorization: Bearer …`, sent once.
    fn key_of(&self, call: &Call) -> Option<&[String]> {
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(given), None) = (sent.next(), sent.next()) else { return None };
        let given = given.to_str().ok()?.strip_prefix("Bearer ")?;
        self.options.api_keys.iter().find(|known| known.key == given).map(|known| known.permissions.as_slice())
    }
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        match call.door {
            Door::Api if !self.is_to_storage(call) => self.api(call, portion),
            Door::Api | Door::Files => export::download(self, call),
        }
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        let words = match status {
            401 => INVALID_KEY,
            403 => ACCESS_DENIED,
            404 => INVALID_URL,
            413 => TOO_LARGE,
            415 => NOT_JSON,
            429 => RATE_LIMITED,
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                return Reply::bytes(status, "text/html", page.into());
            }
            500..=599 => "Internal server error",
            _ => "Bad request",
        };
        message(status, words)
    }

    fn throttled(&self, reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        let reply = message(429, RATE_LIMITED);
        let Some(reset) = reset else { return reply };
        reply
            .header("x-ratelimit-limit", limits::TRACK_RATE.0)
            .header("x-ratelimit-remaining", 0)
            .header("x-ratelimit-reset", reset.as_second())
    }

    fn not_success(&self, text: &str) -> Reply {
        message(201, text)
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = Service::state(self);
        match one {
            None => Some(json!({
                "profiles": state.profiles(),
                "events": state.events().map(Event::to_json).collect::<Vec<_>>(),
                "events_forgotten": state.events_forgotten(),
                "purchases": state.purchases().map(Event::to_json).collect::<Vec<_>>(),
                "segments": state.segments(),
                "subscription_groups": state.groups,
            })),
            Some(("profiles", external_id)) => state.profile(external_id).map(|profile| json!(profile)),
            Some(("segments", id)) => state
                .segments()
                .iter()
                .find(|segment| segment.id == id)
                .map(|segment| json!({"segment": segment, "members": state.members(segment).collect::<Vec<_>>()})),
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        match kind {
            "profiles" => track::seed(self, list_of(kind, body)?),
            "segments" => {
                let new: Vec<Segment> = list_of(kind, body)?;
                let count = new.len();
                let state = &mut Service::state(self).segments;
                state.retain(|old| new.iter().all(|new| new.id != old.id));
                state.extend(new);
                Ok(count)
            }
            "subscription-groups" => {
                let new: Vec<SubscriptionGroup> = list_of(kind, body)?;
                let count = new.len();
                Service::state(self).groups.extend(new.into_iter().map(|group| (group.id, group.channel)));
                Ok(count)
            }
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *Service::state(self) = State::new(&self.options);
        *self.rates.lock().unwrap_or_else(PoisonError::into_inner) = Rates::default();
    }
}

/// (*Track users*, errors, read 2026-11.)
const INVALID_URL: &str = "Invalid URL";
/// Words (inferred).
const INVALID_KEY: &str = "Invalid API key";
/// Words (inferred).
const ACCESS_DENIED: &str = "Access denied: the API key does not have the permission for this endpoint";
/// Words (inferred).
const RATE_LIMITED: &str = "Rate limit exceeded";
/// Words (inferred).
const TOO_LARGE: &str = "Request body is too large";
/// Words (inferred).
const NOT_JSON: &str = "Content-Type must be application/json";

/// An answer that is a message alone.
pub(super) fn message(status: u16, text: &str) -> Reply {
    Reply::json(status, &json!({ "message": text }))
}

/// The body as a JSON object, or the answer to one that is not.
pub(super) fn object(call: &Call) -> Result<serde_json::Map<String, Value>, Reply> {
    call.object().ok_or_else(|| message(400, "Bad syntax: the body is not a JSON object"))
}
