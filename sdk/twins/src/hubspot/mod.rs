//! The HubSpot twin: contacts, companies, deals, tickets and custom objects written in batches, their properties and associations,
//! lists and who is on them, and the OAuth tokens of an app, with the vendor's rules, limits and words.
//!
//! Written from notes about the vendor's date-versioned CRM APIs, 2026-03 (read 2026-11-27; the notes draw on the vendor's description,
//! HubSpot/HubSpot-public-api-spec-collection at 9989379, of which no copy is kept), without a look at any client. Italics name the part
//! of the notes that a rule stands in. Words that are "recorded" are of other clients' tests and reports: segmentio/action-destinations
//! (pull request 3957), rudderlabs/rudder-transformer, the vendor's page "Error handling" (all read 2026-11-27). What none of them says
//! is marked "(inferred)" where it is decided; the twin then takes the stricter reading.
//!
//! | held | from |
//! |---|---|
//! | date versions 2025-09, 2026-03, 2026-09 of one shape, legacy paths beside them (with a warning) | *Versioning* |
//! | an admin's validation rules from 2026-09 on | *Versioning* |
//! | one `Authorization: Bearer …`, else 401 `INVALID_AUTHENTICATION`; 401 `EXPIRED_AUTHENTICATION`; `hapikey` is gone | *Auth*, *Connection check* |
//! | a scope each, else 403 `MISSING_SCOPES` with their names | *Auth*: scopes |
//! | authorize page, codes, refresh tokens, 1,800 s of an access token; all of them can be taken back | *Auth* |
//! | 100, 190 or 250 in any ten seconds, so many in a day of the account's time zone; OAuth 110 without a day; 5 searches a second | *Global rate limits* |
//! | rate headers, without the daily ones for OAuth; three bodies of 429, no `Retry-After` | *Global rate limits* |
//! | 100 inputs of a batch; 207 with `numErrors` and `errors[].context`; 400 or 409 of a whole batch with nothing written | *Synchronize objects* |
//! | records by id, by `email`, by any property with `hasUniqueValue`; no other `idProperty` | *Identifiers* |
//! | addresses in lower case; secondary ones match; one bad record fails a batch by `email` | *Identifiers* |
//! | values by the type of their property; unknown and read-only ones refused; `""` clears, `;` in front appends | *Attributes* |
//! | a value that must be unique and is taken: `CONFLICT`, "Contact already exists. Existing ID: n" | *Idempotency*, *Errors* |
//! | one record named twice in a batch refuses it, or the last wins | *Quirks* |
//! | properties made with a group, a type and a form that goes with it; schemas of custom objects | *Setup objects* |
//! | associations by default, by label, ended; of new records too | *Associations*, *Request body* |
//! | lists of unique names, found by name, searched by 500; only MANUAL and SNAPSHOT ones take members | *Lists* |
//! | 100,000 ids of a change; `recordsIdsAdded` (sic), `recordIdsRemoved`, `recordIdsMissing`; emptied below 100,000 members | *Lists* |
//! | members in pages of at most 250, by record id or by the order of joining | *Remote segment* |
//! | 423, 477 with `Retry-After`, 413, 414, gateways' pages: by faults | *Errors* |
//!
//! Not here: search of records (it lags behind writes; a client that writes has no use for it), records one by one, reading associations,
//! lists changed or deleted, evaluation of filters, properties changed or archived, merging, GDPR deletion, marketing events. They are
//! refused.
//!
//! | warning | the client … |
//! |---|---|
//! | `legacy-path` | called a path whose version ends in 2027 |
//! | `email-not-normal` | sent an address with capitals or blanks, which comes back without them |
//! | `key-changed` | looked a record up by one value and wrote another one into the same property |
//! | `same-record-twice` | named one record twice, where the last one wins |
//! | `associations-not-said` | created a record without `associations`, which the vendor's description asks for |
//! | `unknown-property-asked` | asked for a property that is not there, which is passed over |
//! | `many-ids` | changed more than 10,000 members in one call |
//! | `added-and-removed` | put somebody on a list and took him off it in one call |
//! | `unknown-parameter` | sent a parameter that the notes do not know |
//! | `key-outside-header` | put a token into the query |
//!
//! Seeds (`PUT /__twin/{kind}`): `contacts`, `companies`, … or `p62515_cars` (a list of objects of `properties` and perhaps an `id`),
//! `schemas`, `labels`, `lists`, `tokens` and `refresh-tokens` (as in [`Options`]), `properties` (as there, each with its `objectType`),
//! `revoked` and `expired` (a list of tokens; `"*"` is every one that the app has).
//!
//! The ledger's keys are `contacts/email:…`, else the first unique property (`deals/order_id:…`), else `deals/id:…`.

mod associations;
mod batch;
mod body;
pub mod limits;
mod links;
mod lists;
mod members;
mod oauth;
mod options;
mod properties;
mod property;
mod records;
mod route;
mod service;
mod shelf;
mod state;
mod throttle;
mod value;
mod vault;
mod words;
mod write;

pub use links::Spec;
pub use lists::{List, ProcessingType};
pub use options::{
    ALL_SCOPES, App, Category, Consent, Label, NewList, Options, Plan, Policy, RefreshToken, SameKey, Schema, Token,
};
pub use property::{Choice, Property, PropertyType};
pub use shelf::{Record, Shelf};
pub use state::State;

use crate::{running::Place, server::StartError};
use service::Service;

/// The HubSpot twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running HubSpot twin.
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
    /// A copy of the contact of an address in any case.
    pub fn contact(&self, email: &str) -> Option<Record> {
        self.with_state(|state| {
            let shelf = state.shelf("0-1");
            shelf.record(shelf.named("email", &email.to_lowercase())?).cloned()
        })
    }
}
