//! The account behind the API: who may call, and the order in which a call is looked at. What an endpoint does is its own file's.
//!
//! Order (inferred): connections 429, key 401, account and data centre 403, path 404, method 405, then the query and the body.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    batch,
    body::is_key,
    jobs, limits, lists, members,
    options::{KeyKind, Options, ThrottledAs, data_centre},
    order::{Manner, Meets},
    pages,
    query::Query,
    route::Route,
    run::Run,
    seeds, segments,
    state::State,
    words::Refusal,
};
use crate::{
    ledger::Ledger,
    running::Holds,
    vendor::{Call, Portion, Reply, SeedError, Vendor},
};

pub(super) struct Service {
    pub(super) options: Options,
    ledger: Arc<Ledger>,
    state: Mutex<State>,
    turn: Mutex<()>,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options, (options.clock)()));
        Self { options, ledger, state, turn: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while a job's operations are carried out, each of which locks the state for itself.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How this call's orders are applied, unless it says otherwise.
    pub(super) fn manner<'a>(&self, call: &Call, fakes: &'a BTreeSet<String>) -> Manner<'a> {
        Manner {
            meets: Meets::Any,
            skip_merge_validation: false,
            sync_tags: false,
            tags_lower_case: self.options.tags_lower_case,
            fakes,
            request: call.number,
            now: call.now,
        }
    }

    /// How seeds are put in place.
    pub(super) fn seeding(&self) -> Manner<'static> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        Manner {
            meets: Meets::Any,
            skip_merge_validation: true,
            sync_tags: true,
            tags_lower_case: false,
            fakes: &NONE,
            request: 0,
            now: (self.options.clock)(),
        }
    }

    /// The answer of a call that changed something, and what the ledger and the log have of it. The caller holds the state's lock, so
    /// that the ledger has the order of application.
    pub(super) fn said(&self, call: &Call, query: &Query, mut run: Run) -> Reply {
        let answer = query.reduce(std::mem::take(&mut run.answer));
        let mut reply = Reply::json(200, &answer);
        if reply.body.len() > limits::ANSWER_BYTES_GOOD {
            let detail = format!("{} bytes", reply.body.len());
            reply.warnings.push(call.warning("megabyte-answer", detail));
        }
        self.done(call, run, reply)
    }

    /// The same with an answer that says nothing of it.
    pub(super) fn done(&self, call: &Call, run: Run, mut reply: Reply) -> Reply {
        self.ledger.append(call.number, run.entries);
        reply.tally = run.tally;
        reply.warnings.extend(run.warnings.into_iter().map(|(code, detail)| call.warning(code, detail)));
        reply
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        self.admit(call)?;
        self.act(call, portion)
    }

    /// An operation of a job: it has been let in with the job. A job inside a job is not there (inferred).
    pub(super) fn inner(&self, call: &Call) -> Reply {
        let nested = call.path.starts_with("/3.0/batches");
        let answer = if nested { Err(Refusal::not_found()) } else { self.act(call, Portion::ALL) };
        answer.unwrap_or_else(|refusal| refusal.reply(call.number))
    }

    fn act(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        let route = Route::of(call)?;
        // A body that does not say that it is JSON is none (inferred).
        if !call.body.is_empty() && !call.is_json() {
            return Err(Refusal::bad_json());
        }
        let parts: Vec<&str> = route.parts.iter().map(String::as_str).collect();
        let mut reply = match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["ping"]) => lists::ping(call),
            ("GET", ["lists"]) => lists::all(self, call),
            ("GET", ["lists", id]) => lists::show(self, call, id),
            ("POST", ["lists", id]) => batch::write(self, call, portion, id),
            ("GET", ["lists", id, "members"]) => pages::of_audience(self, call, id),
            ("POST", ["lists", id, "members"]) => members::add(self, call, portion, id),
            ("GET", ["lists", id, "members", name]) => members::show(self, call, id, name),
            ("PUT", ["lists", id, "members", name]) => members::put(self, call, portion, id, name),
            ("PATCH", ["lists", id, "members", name]) => members::patch(self, call, portion, id, name),
            ("DELETE", ["lists", id, "members", name]) => members::archive(self, call, portion, id, name),
            ("POST", ["lists", id, "members", name, "tags"]) => members::tag(self, call, portion, id, name),
            ("POST", ["lists", id, "members", name, "actions", _]) => members::forget(self, call, portion, id, name),
            ("GET", ["lists", id, "segments"]) => segments::all(self, call, id),
            ("POST", ["lists", id, "segments"]) => segments::create(self, call, portion, id),
            ("GET", ["lists", id, "segments", segment]) => segments::show(self, call, id, segment),
            ("POST", ["lists", id, "segments", segment]) => segments::change(self, call, portion, id, segment),
            ("GET", ["lists", id, "segments", segment, "members"]) => pages::of_segment(self, call, id, segment),
            ("POST", ["lists", id, "segments", segment, "members"]) => segments::join(self, call, portion, id, segment),
            ("DELETE", ["lists", id, "segments", segment, "members", name]) => {
                segments::leave(self, call, portion, [id, segment, name])
            }
            ("GET", ["lists", id, "tag-search"]) => segments::search(self, call, id),
            ("GET", ["lists", id, "merge-fields"]) => lists::fields(self, call, id),
            ("POST", ["lists", id, "merge-fields"]) => lists::create_field(self, call, portion, id),
            ("POST", ["batches"]) => jobs::create(self, call, portion),
            ("GET", ["batches", id]) => jobs::poll(self, call, id),
            _ => Err(Refusal::not_found()),
        }?;
        let query = Query::of(call)?;
        for name in query.names().filter(|name| !route.known.contains(name) && !is_key(name)) {
            reply.warnings.push(call.warning("unknown-parameter", name));
        }
        Ok(reply)
    }

    /// The key by Basic with any name or by Bearer, or a token by Bearer (*Auth*); its data centre and the host's are this one
    /// (*Connection check*).
    fn admit(&self, call: &Call) -> Result<(), Refusal> {
        if self.options.enforce_rates && call.under_way > limits::CONNECTIONS_MAX {
            return Err(Refusal::throttled());
        }
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let given = match (sent.next(), sent.next()) {
            (None, _) => return Err(Refusal::new(401, "API Key Missing", "Your request did not include an API key.")),
            (Some(one), None) => one.to_str().ok().and_then(given_in),
            (Some(_), Some(_)) => None,
        };
        let given = given.ok_or_else(Refusal::key_invalid)?;
        let key = self.options.api_keys.iter().find(|known| known.key == given.secret);
        // A token is of the account, and the account is here.
        let (centre, kind) = match key {
            Some(known) => (data_centre(&known.key), known.kind),
            None if given.bears && self.options.access_tokens.contains(&given.secret) => {
                (self.options.data_centre.as_str(), KeyKind::Full)
            }
            None => return Err(Refusal::key_invalid()),
        };
        let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let of_host = host.split(':').next().and_then(|name| name.strip_suffix(".api.mailchimp.com"));
        if centre != self.options.data_centre || of_host.is_some_and(|of_host| of_host != centre) {
            return Err(Refusal::wrong_centre(centre));
        }
        match kind {
            KeyKind::Full => Ok(()),
            KeyKind::Disabled => Err(Refusal::of_status(403)),
        }
    }

    fn throttling(&self) -> Reply {
        let bare = |status| Reply::bytes(status, "text/html", Default::default());
        match self.options.throttled_as {
            ThrottledAs::Words => Refusal::throttled().reply(0),
            ThrottledAs::Bare429 => bare(429),
            ThrottledAs::Bare403 => bare(403),
        }
    }
}

/// What an `Authorization` header gives.
struct Given {
    secret: String,
    /// By Bearer.
    bears: bool,
}

fn given_in(header: &str) -> Option<Given> {
    let (scheme, given) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Given { secret: given.trim().to_owned(), bears: true });
    }
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(given.trim()).ok())??;
    let (_, key) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(Given { secret: key.to_owned(), bears: false })
}

/// 204: something is over.
pub(super) fn emptied() -> Reply {
    Reply::bytes(204, "application/json", Default::default())
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = self.call(call, portion).unwrap_or_else(|refusal| match refusal == Refusal::throttled() {
            true => self.throttling(),
            false => refusal.reply(call.number),
        });
        // Whatever became of the call, a key in the query has been seen by every proxy on the way.
        if call.pairs().unwrap_or_default().iter().any(|(name, _)| is_key(name)) {
            reply.warnings.push(call.warning("key-outside-header", "query"));
            reply.withhold = true;
        }
        // A refused body was not looked at to its end.
        if call.object().unwrap_or_default().keys().any(|name| is_key(name)) && !reply.withhold {
            reply.warnings.push(call.warning("key-outside-header", "body"));
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
            _ => Refusal::of_status(status).reply(0),
        }
    }

    /// "No rate headers, no Retry-After" (*Global rate limits*), so none for the reset either.
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        self.throttling()
    }

    fn not_success(&self, message: &str) -> Reply {
        Reply::json(200, &json!({ "title": "Not Done", "detail": message }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = Service::state(self);
        match one {
            None => Some(state.to_json()),
            Some((kind, key)) => state.one(kind, key),
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        seeds::seed(self, kind, body)
    }

    fn reset(&self) {
        *Service::state(self) = State::new(&self.options, (self.options.clock)());
    }
}
