//! The Meta Ads twin: customer-file audiences with their people and sessions, and conversion events, with the vendor's rules, limits and
//! words.
//!
//! Written from notes about the vendor's Graph and Marketing API v25.0, without a look at any client. Italics name the source of a rule:
//! *Guide* is "Customer File Custom Audiences", *Custom audience users* and *usersreplace* the reference pages of those edges, *Rate
//! limiting* "Rate limits" of the Graph and Marketing APIs, *Server event*, *Using the API*, *Offline events* and *Deduplicate* the pages
//! of the Conversions API, all of developers.facebook.com (pages updated 2025-10 to 2026-05, read 2026-11-27). Names of parameters and
//! words are the vendor's description's (facebook-business-sdk-codegen @ ad2b0b6). What none of them says is marked "(inferred)" where it
//! is decided; the twin then takes the stricter reading.
//!
//! | held | where it is written |
//! |---|---|
//! | a token in the header, in the query or in the body; 190 with 458, 460, 463; 104 without one | the notes, *Connection check*, errors |
//! | `appsecret_proof`, checked when it is there, asked for when the app asks; with `appsecret_time` too | the notes, *Auth* |
//! | `ads_read`, `ads_management`, Conversions-only tokens: 200, 294 | the notes, *Auth*, errors |
//! | what is not there or not seen is 100/33; another version 2635 | the notes, errors |
//! | 5,000 (190,000) calls an hour and account, 40 more for each audience; three headers; 400 with a code | *Rate limiting* |
//! | audiences made, listed in pages, looked at, deleted; 500 of them; terms; names that are blocked | *Guide*, the notes, "Setup objects" |
//! | 10,000 people of a request; schema of one key or of several; hashes; invalid entries counted and shown | *Guide* |
//! | sets of people, removed by any identifier that was sent; from all audiences too | the notes, "Idempotency", "Removal" |
//! | sessions: 90 minutes, numbers, the last batch, one schema; replacement and its 2650 | *Guide*, "session", "Replace users API" |
//! | 1,000 events, all or none; 7 days (62 in a shop); sources, hashes, currency and value; 48 hours of copies | *Server event*, … |
//! | a longer token for a user's | the notes, *Auth* |
//!
//! Not here: changing an audience, other subtypes, sharing, `namespace`, app- and page-scoped ids, multipart bodies, batches of the Graph
//! API, app tokens, matching with browsers' events, what Meta does with people in the 24 hours after a call: all is done at once. The
//! 60 kB that peers keep to is not refused.
//!
//! | warning | the client … |
//! |---|---|
//! | `unknown-parameter` | sent a name that the twin does not know; the vendor passes over it |
//! | `token-outside-header` | put its token into the query or the body |
//! | `hash-of-nothing` | hashed an empty value, which should be sent as `""` |
//! | `same-person-twice` | named somebody twice in one request |
//! | `first-batch-twice` | sent batch 1 of a replacement again, which starts it again |
//! | `batch-skipped` | left out a number of a replacement's batches |
//! | `audience-name-twice` | made an audience of a name that another one has |
//! | `no-event-id` | sent an event without an id, which a repeat counts twice |
//!
//! Seeds (`PUT /__twin/{kind}`): `accounts` ([`AdAccount`]), `audiences` ([`NewAudience`]), `datasets` ([`Dataset`]), `tokens`
//! ([`AccessToken`]: a known one is changed, so that it expires or is revoked), `refusals` (`code`, and perhaps `subcode`, `path` and
//! `times`: the next calls that are let in get this error of the vendor's).
//!
//! Links lead to the host that was asked, so that a client that calls the twin by the vendor's name is led by that name.

mod access;
mod accounts;
mod audience;
mod audiences;
mod datasets;
mod enums;
mod event;
mod events;
mod fields;
pub mod limits;
mod oauth;
mod options;
mod params;
mod payload;
mod people;
mod replace;
mod route;
mod schema;
mod service;
mod session;
mod state;
mod usage;
mod user_data;
mod users;
mod words;

pub use audience::Audience;
pub use datasets::{DatasetState, Event};
pub use options::{
    ACCOUNT, Access, AccessToken, AdAccount, App, DATASET, Dataset, FirstBatchAgain, NewAudience, Options, ThrottledAs, TokenState,
};
pub use people::{People, Person};
pub use session::{Operation, Session};
pub use state::State;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Meta Ads twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Meta Ads twin.
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

impl Running {
    /// A copy of an audience.
    pub fn audience(&self, id: &str) -> Option<Audience> {
        self.with_state(|state| state.audiences().get(id).cloned())
    }
}
