//! The project behind the APIs: who may call what, and the order in which a call is looked at. What an endpoint does is its own file's.
//!
//! Order (inferred): path 404, token 401, scope 403, quota 429, of Google Ads developer token and customer 403, the body 400.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    account::{Customer, Lack},
    ads, limits, manager,
    oauth::{self, Tokens, Unfit},
    options::{ADWORDS_SCOPE, DATA_MANAGER_SCOPE, DeveloperToken, Options},
    route::{Ads, Endpoint, Manager, Quota},
    seeds,
    shape::{DATA_MANAGER, GOOGLE_ADS, Messages},
    state::State,
    words::{AdsError, Refusal},
};
use crate::{
    ledger::Ledger,
    rates::Rates,
    running::Holds,
    vendor::{Call, ComeBack, Part, Portion, Reply, SeedError, Vendor},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    tokens: Mutex<Tokens>,
    rates: Mutex<Rates<(Quota, u64)>>,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options));
        let tokens = Mutex::new(Tokens::new(&options));
        Self { options, ledger, state, tokens, rates: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        match Endpoint::of(call).ok_or_else(|| Refusal::of_status(404))? {
            endpoint @ (Endpoint::Token | Endpoint::Consent) => {
                self.seeded(call, true)?;
                let mut tokens = self.tokens();
                // A request that is lost on its way spends no code and takes no token's place.
                let mut scratch = (portion.part == Part::Nothing).then(|| tokens.clone());
                let tokens = scratch.as_mut().unwrap_or(&mut tokens);
                if endpoint == Endpoint::Token { oauth::token(tokens, call) } else { oauth::consent(tokens, call) }
            }
            Endpoint::Manager(endpoint) => self.manager(call, portion, &endpoint),
            Endpoint::Ads(endpoint) => self.ads(call, portion, &endpoint),
        }
    }

    fn manager(&self, call: &Call, portion: Portion<'_>, endpoint: &Manager) -> Result<Reply, Refusal> {
        self.admit(call, DATA_MANAGER_SCOPE, false)?;
        self.count(endpoint.quota(), call.now)?;
        self.seeded(call, false)?;
        let body = |message: &str| body(call, &DATA_MANAGER, message);
        match endpoint {
            Manager::IngestMembers => manager::ingest(self, call, &body("IngestAudienceMembersRequest")?, portion),
            Manager::RemoveMembers => manager::remove(self, call, &body("RemoveAudienceMembersRequest")?, portion),
            Manager::RemoveAllMembers => manager::remove_all(self, call, &body("RemoveAllAudienceMembersRequest")?, portion),
            Manager::IngestEvents => manager::ingest_events(self, call, &body("IngestEventsRequest")?, portion),
            Manager::Status => manager::poll(self, call),
            Manager::Lists(account) => manager::all(self, call, account),
            Manager::CreateList(account) => manager::create(self, call, &body("UserList")?, portion, account),
            Manager::List(account, id) => manager::one(self, call, account, id),
            Manager::PatchList(account, id) => manager::patch(self, call, &body("UserList")?, portion, account, id),
            Manager::DeleteList(account, id) => manager::delete(self, call, portion, account, id),
        }
    }

    fn ads(&self, call: &Call, portion: Portion<'_>, endpoint: &Ads) -> Result<Reply, Refusal> {
        self.admit(call, ADWORDS_SCOPE, true)?;
        self.count(Quota::AdsOperations, call.now)?;
        self.seeded(call, false)?;
        let developer = self.developer(call)?;
        let Some(id) = endpoint.customer() else {
            let state = self.state();
            let direct = state.customers.values().filter(|customer| customer.direct);
            let names: Vec<String> = direct.map(|customer| format!("customers/{}", customer.id)).collect();
            return Ok(Reply::json(200, &json!({ "resourceNames": names })));
        };
        let customer = self.customer(call, id)?;
        let admitted = match endpoint {
            Ads::Clicks(_) => developer.click_conversions,
            Ads::CreateJob(_) | Ads::AddOperations(..) | Ads::RunJob(..) => developer.customer_match,
            Ads::Accessible | Ads::Adjust(_) | Ads::Calls(_) | Ads::Search(_) | Ads::MutateLists(_) => true,
        };
        if !admitted {
            // "403/400" in the notes.
            let message = "Customer is not allowlisted for accessing this feature.";
            let error = AdsError::new("notAllowlistedError", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", message);
            return Err(Refusal::ads(403, &[error], call.number));
        }
        let body = |message: &str| body(call, &GOOGLE_ADS, message);
        let asked = |body| ads::Asked { call, body, portion, customer: &customer };
        match endpoint {
            Ads::Accessible => Err(Refusal::of_status(404)),
            Ads::Adjust(_) => ads::adjust(self, asked(&body("UploadConversionAdjustmentsRequest")?)),
            Ads::Clicks(_) => ads::upload_clicks(self, asked(&body("UploadClickConversionsRequest")?)),
            Ads::Calls(_) => ads::upload_calls(self, asked(&body("UploadCallConversionsRequest")?)),
            Ads::CreateJob(_) => ads::create_job(self, call, &body("CreateOfflineUserDataJobRequest")?, portion, &customer),
            Ads::AddOperations(_, job) => {
                let body = body("AddOfflineUserDataJobOperationsRequest")?;
                ads::add_operations(self, call, &body, portion, &customer, job)
            }
            Ads::RunJob(_, job) => {
                // Nothing is asked for, so that no body is as good as an empty one.
                let body = if call.body.is_empty() { Map::new() } else { body("RunOfflineUserDataJobRequest")? };
                ads::run_job(self, call, &body, portion, &customer, job)
            }
            Ads::Search(_) => ads::search(self, call, &body("SearchGoogleAdsRequest")?, &customer),
            Ads::MutateLists(_) => ads::mutate_lists(self, call, &body("MutateUserListsRequest")?, portion, &customer),
        }
    }

    /// `Authorization: Bearer …`, sent once, of a token that the twin gave and that allows this.
    fn admit(&self, call: &Call, scope: &str, of_ads: bool) -> Result<(), Refusal> {
        const CHALLENGE: &str = r#"Bearer realm="https://accounts.google.com/""#;
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let given = match (sent.next(), sent.next()) {
            (Some(given), None) => given.to_str().ok().and_then(|given| given.strip_prefix("Bearer ")),
            _ => None,
        };
        let given = given.ok_or_else(|| Refusal::unauthenticated("CREDENTIALS_MISSING").header("www-authenticate", CHALLENGE))?;
        let tokens = self.tokens();
        let scopes = tokens.scopes(given, call.now).map_err(|unfit| {
            let (reason, code, message) = match unfit {
                Unfit::Unknown => ("ACCESS_TOKEN_INVALID", "OAUTH_TOKEN_INVALID", "OAuth token in the header is not valid."),
                Unfit::Expired => ("ACCESS_TOKEN_EXPIRED", "OAUTH_TOKEN_EXPIRED", "OAuth token in the header has expired."),
            };
            let refusal = match of_ads {
                true => Refusal::ads(401, &[AdsError::new("authenticationError", code, message)], call.number),
                false => Refusal::unauthenticated(reason),
            };
            refusal.header("www-authenticate", &format!("{CHALLENGE}, error=\"invalid_token\""))
        })?;
        if scopes.iter().any(|allowed| allowed == scope) {
            return Ok(());
        }
        let details = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com",
        });
        Err(Refusal::new(403, "Request had insufficient authentication scopes.", vec![details]))
    }

    /// Counts a call against the project's quotas; refused calls count as the others do (inferred).
    fn count(&self, quota: Quota, now: Timestamp) -> Result<(), Refusal> {
        let rates = match quota {
            Quota::IngestionMutate | Quota::IngestionRead => limits::INGESTION.to_vec(),
            Quota::ManagementMutate | Quota::ManagementRead => limits::MANAGEMENT.to_vec(),
            Quota::AdsOperations => vec![(self.options.ads_operations_a_day, limits::ADS_OPERATIONS.1)],
        };
        let mut counted = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let full: Vec<_> = rates.iter().filter(|rate| counted.count((quota, rate.1), **rate, now).exceeded).collect();
        match full.last().filter(|_| self.options.enforce_rates) {
            Some(rate) => Err(exhausted(quota, rate.1 == 86_400, rate.0)),
            None => Ok(()),
        }
    }

    /// The refusal that a seed has for this call.
    fn seeded(&self, call: &Call, token: bool) -> Result<(), Refusal> {
        let mut state = self.state();
        match state.refusals.iter().position(|refused| call.path.starts_with(&refused.path)) {
            Some(at) => Err(Refusal::seeded(&state.refusals.remove(at), token, call.number)),
            None => Ok(()),
        }
    }

    /// `developer-token` (the notes, *Auth*). One that is missing is none that is known (inferred).
    fn developer(&self, call: &Call) -> Result<&DeveloperToken, Refusal> {
        let sent = call.headers.get("developer-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        let known = self.options.developer_tokens.iter().find(|known| known.token == sent);
        let error = match known {
            Some(known) if known.approved => return Ok(known),
            Some(_) => {
                let message = "The developer token is only approved for use with test accounts.";
                AdsError::new("authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", message)
            }
            None => AdsError::new("authenticationError", "DEVELOPER_TOKEN_INVALID", "The developer token is not valid."),
        };
        Err(Refusal::ads(403, &[error], call.number))
    }

    /// The customer of a path, as `login-customer-id` reaches it.
    fn customer(&self, call: &Call, id: &str) -> Result<Customer, Refusal> {
        let is_id = |text: &str| text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
        if !is_id(id) {
            let error = AdsError::new("requestError", "INVALID_CUSTOMER_ID", format!("Invalid customer ID '{id}'."));
            return Err(Refusal::ads(400, &[error], call.number));
        }
        let login = match call.headers.get("login-customer-id").map(|value| value.to_str().unwrap_or_default()) {
            Some(login) if !is_id(login) => {
                let message = "The login customer ID could not be validated.";
                let error = AdsError::new("headerError", "INVALID_LOGIN_CUSTOMER_ID", message);
                return Err(Refusal::ads(400, &[error], call.number));
            }
            login => login,
        };
        let state = self.state();
        let error = match state.reach(id, login) {
            Some(customer) if customer.lacks(Lack::Enabled) => {
                let message = "The customer account can't be accessed because it is not yet enabled or has been deactivated.";
                AdsError::new("authorizationError", "CUSTOMER_NOT_ENABLED", message)
            }
            Some(customer) => return Ok(customer.clone()),
            None => {
                let message = "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer ID must be set in the 'login-customer-id' header.";
                AdsError::new("authorizationError", "USER_PERMISSION_DENIED", message)
            }
        };
        Err(Refusal::ads(403, &[error], call.number))
    }
}

/// The body as a message of this name.
fn body(call: &Call, messages: &Messages, message: &str) -> Result<Map<String, Value>, Refusal> {
    let body = call.object().filter(|_| call.is_json()).ok_or_else(Refusal::no_json)?;
    let unfit = messages.check(message, &body);
    if unfit.is_empty() { Ok(body) } else { Err(Refusal::unfit(&unfit)) }
}

/// The quota's words: names of Data Manager's limits (the notes, *Global rate limits*), a code of Google Ads.
fn exhausted(quota: Quota, of_day: bool, value: u64) -> Refusal {
    let window = if of_day { "Day" } else { "Minute" };
    let name = match quota {
        Quota::IngestionMutate => "IngestionMutate",
        Quota::IngestionRead => "IngestionRead",
        Quota::ManagementMutate => "ManagementMutate",
        Quota::ManagementRead => "ManagementRead",
        Quota::AdsOperations => {
            let code = if of_day { "RESOURCE_EXHAUSTED" } else { "RESOURCE_TEMPORARILY_EXHAUSTED" };
            let message = if of_day { "Too many requests." } else { "Too many requests in a short amount of time." };
            return Refusal::ads(429, &[AdsError::new("quotaError", code, message)], 0);
        }
    };
    Refusal::quota(&format!("{name}RequestsPer{window}PerProject"), value)
}

/// Warns of a token in the query, which every proxy on the way has seen and the log then does not keep.
fn stray_keys(reply: &mut Reply, call: &Call) {
    let names =
        ["access_token", "oauth_token", "developer-token", "developer_token", "client_secret", "refresh_token", "assertion"];
    if call.pairs().unwrap_or_default().iter().any(|(name, _)| names.contains(&name.to_lowercase().as_str())) {
        reply.warnings.push(call.warning("key-outside-header", "query"));
        reply.withhold = true;
    }
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = self.call(call, portion).unwrap_or_else(Refusal::reply);
        stray_keys(&mut reply, call);
        // What is sent there is a secret by its nature.
        reply.withhold |= call.path == "/token";
        reply
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        Refusal::of_status(status).reply()
    }

    fn words_to(&self, call: &Call, status: u16, now: Timestamp) -> Reply {
        match (Endpoint::of(call), status) {
            // What stands before the vendor's servers answers 502 with a page (inferred).
            (_, 502) => Reply::bytes(502, "text/html; charset=UTF-8", "<!DOCTYPE html><title>Error 502</title>".into()),
            (Some(Endpoint::Token), 401) => Refusal::grant(401, "invalid_client", "Unauthorized").reply(),
            (Some(Endpoint::Token), 400) => Refusal::grant(400, "invalid_grant", "Token has been expired or revoked.").reply(),
            (Some(Endpoint::Token), 429) => Refusal::grant(429, "rate_limit_exceeded", "Rate Limit Exceeded").reply(),
            (Some(Endpoint::Token), 500..) => Refusal::grant(status, "internal_failure", "Backend Error").reply(),
            (_, 429) => self.throttled_to(call, ComeBack { reset: None, retry_after_s: None }, now),
            (Some(Endpoint::Ads(_)), _) => {
                let (category, code) = match status {
                    401 => ("authenticationError", "OAUTH_TOKEN_EXPIRED"),
                    403 => ("authorizationError", "USER_PERMISSION_DENIED"),
                    // One status of gRPC that a client of REST sees as 409.
                    409 => ("databaseError", "CONCURRENT_MODIFICATION"),
                    400..=499 => ("requestError", "BAD_RESOURCE_ID"),
                    503 => ("internalError", "TRANSIENT_ERROR"),
                    504 => ("internalError", "DEADLINE_EXCEEDED"),
                    _ => ("internalError", "INTERNAL_ERROR"),
                };
                Refusal::ads(status, &[AdsError::new(category, code, "An error has occurred.")], call.number).reply()
            }
            _ => self.words(status, now),
        }
    }

    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        Refusal::of_status(429).reply()
    }

    /// "No Retry-After promised", and no header of the vendor's own: a reset beyond this minute is the day's.
    fn throttled_to(&self, call: &Call, back: ComeBack, now: Timestamp) -> Reply {
        let of_day = back.reset.is_some_and(|reset| reset.as_second() - now.as_second() > 60);
        back.told(match Endpoint::of(call) {
            Some(Endpoint::Manager(endpoint)) => {
                let rates = match endpoint.quota() {
                    Quota::IngestionMutate | Quota::IngestionRead => limits::INGESTION,
                    Quota::ManagementMutate | Quota::ManagementRead | Quota::AdsOperations => limits::MANAGEMENT,
                };
                exhausted(endpoint.quota(), of_day, rates[usize::from(of_day)].0).reply()
            }
            Some(Endpoint::Ads(_)) => exhausted(Quota::AdsOperations, of_day, 0).reply(),
            Some(Endpoint::Token | Endpoint::Consent) => Refusal::grant(429, "rate_limit_exceeded", "Rate Limit Exceeded").reply(),
            None => self.throttled(back.reset, now),
        })
    }

    /// As of a poll: a status that the vendor does not describe.
    fn not_success(&self, message: &str) -> Reply {
        manager::strange(message)
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let (access, refresh) = self.tokens().counts();
        let state = self.state();
        match one {
            None => Some(json!({
                "customers": state.customers, "user_lists": state.user_lists, "conversion_actions": state.actions,
                "conversions": state.conversions.all(), "requests": state.requests, "jobs": state.jobs,
                "tokens": { "access": access, "refresh": refresh },
            })),
            Some(("customers", id)) => state.customers.get(id).map(|it| json!(it)),
            Some(("user-lists", id)) => state.user_lists.get(id).map(|it| json!(it)),
            Some(("members", id)) => state.user_lists.get(id).map(|it| json!(it.members())),
            Some(("conversions", id)) => {
                let of = |it: &&super::conversion::Conversion| {
                    it.transaction_id.as_deref() == Some(id) || it.click.as_deref() == Some(id)
                };
                let found: Vec<_> = state.conversions.all().iter().filter(of).collect();
                (!found.is_empty()).then(|| json!(found))
            }
            Some(("requests", id)) => state.requests.get(id).map(|it| json!(it)),
            Some(("jobs", id)) => state.jobs.get(id).map(|it| json!(it)),
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        seeds::seed(self, kind, body)
    }

    fn reset(&self) {
        *self.state() = State::new(&self.options);
        *self.tokens() = Tokens::new(&self.options);
        *self.rates.lock().unwrap_or_else(PoisonError::into_inner) = Rates::default();
    }
}
