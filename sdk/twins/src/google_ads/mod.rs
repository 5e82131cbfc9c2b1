//! The Google Ads twin: the Data Manager API v1 (members, events, the status of requests, user lists), what is left of the Google Ads API
//! v25 (conversion adjustments; for developer tokens already admitted click conversions and jobs of Customer Match), and the token
//! endpoint before both, with the vendor's rules, limits and words. All of the vendor's hosts are one listener.
//!
//! Written from notes about the vendor's APIs (newest source 2026-09) without a look at any client. Italics name the source of a rule:
//! *Data Manager protos* and *Google Ads protos* are the vendor's definitions (googleapis/googleapis at f8291d2b, of 2026-08-22, read
//! 2026-11-27); other italics are the parts of the notes. What none of them says is marked "(inferred)" where it is decided; the twin then
//! takes the stricter reading.
//!
//! | held | where it is written |
//! |---|---|
//! | `Bearer` tokens that the twin gave, with a scope for each API; else 401, 403 | *Auth* |
//! | `POST /token`: refresh, code with PKCE, a service account's assertion; `invalid_grant` | *Auth*, OAuth practice |
//! | protobuf JSON: names, types, one of each `oneof`, enums by name | *Common DM envelope rules*, both protos |
//! | ten destinations, accounts that the login reaches, lists and actions of that account | *Common DM envelope rules* |
//! | fast-fail: one wrong record refuses all, each named by `fieldViolations` | *Common DM envelope rules* |
//! | hashes of 64 lower-case digits, ten identifiers, one kind of data, the terms, an encoding | *Export audiences*, *Identifiers* |
//! | 10,000 members, 2,000 events | *Export audiences*, *Enhanced Conversions for Web* |
//! | `fieldWarnings` | *Data Manager protos*, `WarningReason` |
//! | a transaction that is known: people where there were none, value and currency; else a new conversion | *Adjust conversion events* |
//! | numbers as transactions: a bare 400, not with `validateOnly` | *Quirks* |
//! | `PROCESSING`, then counts of what failed and why, for each destination | "Polling" |
//! | user lists: filter, pages, names that nobody has, whole days, immutable keys | *Setup objects*, *Data Manager protos* |
//! | quotas of a minute and a day with `metadata.quota_limit` (only with `Options::enforce_rates`) | *Global rate limits* |
//! | `developer-token`, `login-customer-id` | *Auth* |
//! | `CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE` unless the developer token is admitted | "two APIs" |
//! | retraction, restatement, enhancement: 24 hours, 54 days, order id or click, `partialFailureError` | *Adjust* and *Retract conversion events* |
//! | click conversions: order ids once, clicks of six hours and within their window | *Upload click or offline conversions* |
//! | jobs: all add or all remove, `removeAll` first, 20 and 100,000 identifiers | *Export audiences*, GA variant |
//!
//! What a request does is done when it is taken, and the ledger has it then; its status is told later ([`Processing`]).
//!
//! Not here: products other than Google Ads, encrypted data, data partners, store sales, other versions of Google Ads, attributes of
//! people. They are refused. Estimates (sizes, match rates) are exact, since nobody is matched.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-member-twice` | sent somebody several times in one request |
//! | `removed-in-part` | removed some identifiers of somebody, who stays on the list with the others |
//! | `same-transaction-twice` | sent a transaction several times in one request |
//! | `no-transaction-id` | sent an event that counts twice when it is sent twice |
//! | `key-outside-header` | put a token or a secret into the query |
//!
//! Seeds (`PUT /__twin/{kind}`): `customers`, `user-lists`, `conversion-actions`, `clicks` (as in [`Options`]); `members` (`user_list`,
//! `identifiers`, perhaps `added_at`); `conversions` (that a tag recorded: `conversion_action`, `transaction_id`, `gclid`, `at` or two days ago, `value`,
//! `currency`); `outcomes` ([`Outcome`]) and `refusals` ([`Refused`]) of the next requests; `clients`, `refresh-tokens`,
//! `access-tokens`, `authorization-codes`, `service-accounts` (`email`, perhaps `public_key`); `revoked` (tokens that are over) and
//! `expired` (an empty list: every token that was asked for is over).

mod account;
mod ads;
mod conversion;
mod currency;
mod fields;
pub mod limits;
mod manager;
mod oauth;
mod options;
mod route;
mod seeds;
mod service;
mod shape;
mod state;
mod user_list;
mod words;

pub use account::{ActionType, Click, ConversionAction, CustomVariable, Customer, KeyType, Lack, NewUserList, Outcome, Refused};
pub use ads::{Job, JobStatus};
pub use conversion::{Adjustment, Conversion, Conversions, Source};
pub use fields::{DATA_MANAGER, GOOGLE_ADS};
pub use manager::{Data, Destination, Request, RequestKind, RequestStatus};
pub use options::{
    ADWORDS_SCOPE, AccessToken, AuthorizationCode, Client, DATA_MANAGER_SCOPE, DeveloperToken, KeyError, Options, Processing,
    RefreshToken, ServiceAccount,
};
pub use state::State;
pub use user_list::{Member, UserList};

use crate::{running::Place, server::StartError};
use service::Service;

/// The Google Ads twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Google Ads twin.
pub type Running = crate::running::Running<State>;

impl Twin {
    /// Starts a twin on the current tokio runtime; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let place = Place {
            listen: options.listen,
            files_listen: None,
            ledger_file: options.ledger_file.clone(),
            clock: options.clock.clone(),
        };
        Running::start(place, |ledger, _| Service::new(options, ledger)).await
    }
}
