//! The Klaviyo twin: profiles imported by jobs and written one by one, lists and who is on them, subscriptions, members of lists and
//! segments read back, with the vendor's rules, limits and words.
//!
//! Written from notes about the vendor's API, revision 2026-07-15, without a look at any client. Italics name the source of a rule:
//! *OpenAPI* is the vendor's description (github.com/klaviyo/openapi, `openapi/stable.json` of commit f0a30ba, published 2026-07-23);
//! *Rate limits* is "Rate limits, status codes, and errors" of developers.klaviyo.com, *Bulk import guide* "Bulk Import Profiles API",
//! *Authenticate* "Authenticate API requests"; *Errors* is github.com/api-evangelist/klaviyo (2026-08); *Peers* are the destinations of
//! Segment (970a17e) and RudderStack (c98d160). *Contacts*, *Export contact lists*, *Subscription list* and *Remote segment* are the
//! parts of the notes. What none of them says is marked "(inferred)" where it is decided; the twin then takes the stricter reading.
//!
//! | held | where it is written |
//! |---|---|
//! | `Authorization: Klaviyo-API-Key …`, else 401 (400 without a key on some revisions); a scope each, else 403 | *Authenticate*, *OpenAPI*, *Errors* |
//! | `revision` on every call, else 400; 410 after two years | *OpenAPI*, *Errors* |
//! | `application/vnd.api+json` on writes, else 415 | *Rate limits* |
//! | burst, steady and daily rates by endpoint; three headers on success, `Retry-After` on 429 | *OpenAPI*, *Rate limits* |
//! | 10,000 profiles, 5 MB, 100 KB a profile in an import job | *OpenAPI* `bulk_import_profiles` |
//! | malformed profiles refuse the job, each with `…/profiles/data/<index>/…`; others are import errors with their object | *Contacts* |
//! | `queued`, `processing`, `complete`, `cancelled`, in the order of the jobs; counts, errors and profiles of a job | *Contacts*, "Polling" |
//! | nulls do nothing in bulk, clear one by one; `patch_properties` appends, removes, unsets | *Bulk import guide*, *OpenAPI* |
//! | 4,000 items, 10 levels, 100 KB a text among properties | *Bulk import guide* |
//! | 409 `duplicate_profile` with `meta.duplicate_profile_id` | *Errors* |
//! | 1,000 ids to or from a list, 204, no consent | *OpenAPI* `add_profiles_to_list` |
//! | 1,000 to subscribe, 100 to unsubscribe, 202 without a body; `historical_import` and `consented_at`; double opt-in | *OpenAPI* |
//! | who is not on the list is unsubscribed globally; subscribing lifts suppressions | *OpenAPI*, *Subscription list* |
//! | pages of 100 members, ten lists or segments; `links.next` until null; filters | *OpenAPI*, *Remote segment* |
//!
//! Not here: OAuth, other revisions, the list of jobs, changing and deleting lists and segments, suppression jobs, deletion by law,
//! `include`, analytics, counts of members, `patch_identifiers`, push, WhatsApp, events. They are refused.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-profile-twice` | named one profile several times in one request, where the order of writes is not known |
//! | `email-not-lower-case` | sent an address with capitals, which comes back without them |
//! | `null-ignored` | sent a null in an import job, where it clears nothing |
//! | `timezone-not-iana` | sent a zone that is in no table |
//! | `external-id-replaced` | wrote another external id to a profile that its address or phone found |
//! | `suppression-lifted` | subscribed somebody who does not want e-mail, without a consent that is younger |
//! | `global-unsubscribe` | unsubscribed somebody from a list that he was not on, and so from everything |
//! | `consent-lost` | subscribed or unsubscribed by the names of two profiles, which does nothing and says nothing |
//! | `list-name-twice` | made a list of a name that another one has |
//! | `accept-not-said` | did not say that it takes JSON:API |
//! | `key-outside-header` | put a key into the query or the body |
//!
//! Warnings of subscription jobs that end by the clock are not kept, since their request is over by then.
//!
//! Seeds (`PUT /__twin/{kind}`): `profiles` (a list of objects of `attributes`, and perhaps `id`, `lists`, `consents`, `suppressions`),
//! `lists` and `segments` (as in [`Options`]).
//!
//! Links lead to the host that was asked, so that a client that calls the twin by the vendor's name is led by that name.

mod accounts;
mod body;
mod consent;
mod endpoint;
mod filter;
mod granting;
mod import;
mod jobs;
pub mod limits;
mod lists;
mod members;
mod object;
mod options;
mod page;
mod profile;
mod profiles;
mod properties;
mod question;
mod segments;
mod service;
mod state;
mod subscriptions;
mod throttle;
mod words;

pub use consent::{Channel, Consented, Reason, Suppression};
pub use jobs::{ImportError, Job, Status};
pub use options::{ALL_SCOPES, ApiKey, JobsEnd, List, NoKey, OptIn, Options, Segment, SegmentMember};
pub use profile::Profile;
pub use service::REVISION;
pub use state::State;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Klaviyo twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Klaviyo twin.
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
    /// A copy of the profile of an id, an external id, an address or a phone number.
    pub fn profile(&self, name: &str) -> Option<Profile> {
        self.with_state(|state| state.profile(name).cloned())
    }
}
