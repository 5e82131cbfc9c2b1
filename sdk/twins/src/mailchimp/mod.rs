//! The Mailchimp twin: members of an audience written in batches and one by one, static segments (which are tags), batch jobs, and
//! members read back, with the vendor's rules, limits and words.
//!
//! Written from notes about the vendor's Marketing API 3.0 (derived from its description, api-evangelist/mailchimp @ 649b1e6 of
//! 2026-08-22, and from what other clients recorded, read 2026-08) without a look at any client. Italics name the part of the notes
//! that a rule stands in; "the vendor's description" is that derived one. What neither says is marked "(inferred)" where it is decided;
//! the twin then takes the stricter reading.
//!
//! | held | from |
//! |---|---|
//! | key by Basic with any name, or by Bearer; a missing or unknown one 401 | *Auth*, *Connection check* |
//! | an app's access token, which has no data centre in it, by Bearer alone (inferred) | *Auth* |
//! | a key of another data centre, or a host of another one, 403 with its name; a disabled account 403 | *Connection check*, *Errors* |
//! | 10 connections at once, then 429 (only with `Options::enforce_rates`) | *Global rate limits* |
//! | no rate headers; a throttled answer may have no body, as 429 or as 403 | *Global rate limits* |
//! | one shape of refusals, with `errors[]` for fields | *Global rate limits*: error envelope |
//! | an unknown path, audience, segment or member 404; another method 405 | *Errors* |
//! | 500 members of a batch; 200 with rows of errors | *Step 1*: batch body, batch response |
//! | a status for a new member, the old one kept without; `status_if_new` of `PUT` alone | *Step 1*: `.status`, `.status_if_new` |
//! | `update_existing` false: `ERROR_CONTACT_EXISTS` | *Step 1*: batch body |
//! | `sync_tags`: the tags replace the member's, else they are added | *Step 1*: `.tags[]` |
//! | insert-only `POST`, upsert `PUT`, update-only `PATCH` of one member | *Step 1*: calls |
//! | a member is named by MD5, address or `contact_id` | *Step 1* |
//! | the unsubscribed and the archived are not subscribed again; the erased do not come back | *Step 1*, *Removal* |
//! | duplicates of a batch: the first kept, or an error row | *Idempotency* |
//! | merge fields: types, clearing with `""`, required ones, unknown ones, tags in upper case | *Attributes*, *Quirks* |
//! | 500 addresses of each list of a segment, with the vendor's sentence | *Step 2* |
//! | addresses that the audience does not know, or that are there already, are passed over in silence | *Step 2* |
//! | tags of one member, made when they are missing | *Step 2*: per-member alternatives |
//! | 1,000 operations of a job, 500 open jobs; five states, one a poll | *Large volumes*, *Global rate limits* |
//! | pages of 10, at most 1,000; only the subscribed without the `include_` flags | *Remote segment* |
//! | answers reduced by `fields` and `exclude_fields`, those of `POST` too | *Step 2* (inferred there) |
//! | segments are made with a name nobody has; merge fields with a tag of at most 10 characters | *Setup objects*, *Step 1* |
//!
//! Not here: the consent page and the endpoint that gives tokens (both on another host), audiences made or deleted, conditions of saved segments, the archive of a job's results (on another host), renaming a
//! member, SMS contacts, campaigns. A slow answer to a deep offset is a fault (`delay_ms`). No limit of a body's bytes is known.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-member-twice` | named one member several times in one request |
//! | `status-changed` | gave a member who was there another status, by an upsert |
//! | `added-and-removed` | put somebody on a segment and took him off it in one request |
//! | `unknown-merge-tag` | sent a merge field that the audience does not have, which does nothing |
//! | `automations-fired` | tagged a member without `is_syncing` |
//! | `megabyte-answer` | let itself be told of all members at length, where `fields` would do |
//! | `default-count` | read members ten at a time |
//! | `unknown-key` | sent a key that the notes do not know, which does nothing |
//! | `unknown-parameter` | the same in the query |
//! | `key-outside-header` | put a key into the query or the body |
//!
//! Seeds (`PUT /__twin/{kind}`): `audiences` (a list of [`NewAudience`]), `members` (member objects as in `members[]`, each with its
//! `list_id`; `archived` is a status here), `segments` (`list_id`, `id`, `name`, `type`, `members`), `merge-fields` (`list_id` and what
//! [`NewMergeField`] has), `forgotten` (`list_id`, `email_address`), `fakes` (addresses that look fake).

mod audience;
mod batch;
mod body;
mod jobs;
pub mod limits;
mod lists;
mod member;
mod members;
mod merge;
mod options;
mod order;
mod pages;
mod query;
mod route;
mod run;
mod seeds;
mod segments;
mod service;
mod state;
mod words;

pub use audience::{Audience, Segment};
pub use jobs::{Job, JobStatus};
pub use member::{Member, Status};
pub use merge::{MergeField, MergeType};
pub use options::{ApiKey, KeyKind, NewAudience, NewMergeField, NewSegment, Options, SegmentType, ThrottledAs};
pub use state::State;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Mailchimp twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Mailchimp twin.
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
    /// A copy of a member of an audience, by an address in any case, its MD5 or a `contact_id`.
    pub fn member(&self, audience: &str, name: &str) -> Option<Member> {
        self.with_state(|state| state.member(audience, name).cloned())
    }
}
