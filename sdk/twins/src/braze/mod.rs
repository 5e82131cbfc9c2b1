//! The Braze twin: `/users/track`, subscription states, the list of segments and their export, with the vendor's rules,
//! limits and words.
//!
//! Written from the vendor's pages (braze.com/docs and github.com/braze-inc/braze-docs, read 2026-11) without a look at any
//! client. `limits` names the page of each number. What no page says is marked "(inferred)" where it is decided; the twin then
//! takes the stricter reading. Answers are made at once, while the vendor works on after its 201.
//!
//! Not here: bulk tracking (beta), cohorts (partners), the first version of setting subscription states, merging and
//! deleting profiles, sending a message to anybody.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-user-twice` | sent several attributes objects for one person in one request |
//! | `blanks-around-id` | sent an external id with blanks around it, which is another id than the one without |
//! | `nested-update-dropped` | sent a nested attribute with something null or too long inside, which drops all of it |
//! | `array-overflow` | wrote more elements than an array holds, so the oldest are gone |
//! | `future-time` | sent an event of the future |
//! | `unknown-key` | sent a key the page does not know, which does nothing |
//! | `unknown-export-field` | asked to export a field the page does not know |
//! | `key-outside-header` | put a key into the query or the body |
//! | `key-sent-to-storage` | sent an authorisation to the storage of exports |
//!
//! Seeds (`PUT /__twin/{kind}`): `profiles` (a list of attributes objects), `segments`, `subscription-groups`.

mod attributes;
mod events;
mod export;
pub mod limits;
mod options;
mod profile;
mod rates;
mod segments;
mod service;
mod standard;
mod state;
mod subscription;
mod target;
mod time;
mod track;

pub use options::{
    ALL_PERMISSIONS, ApiKey, Channel, Members, ObjectsPerRequest, Options, SEGMENTS_LIST, SUBSCRIPTION_STATUS_GET,
    SUBSCRIPTION_STATUS_SET, Segment, SubscriptionGroup, USERS_EXPORT_SEGMENT, USERS_TRACK,
};
pub use profile::{Event, Profile, SubscriptionState, Touch};
pub use state::State;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Braze twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Braze twin.
pub type Running = crate::running::Running<State>;

impl Twin {
    /// Starts a twin on the current tokio runtime; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let place = Place {
            listen: options.listen,
            files_listen: Some(options.files_listen),
            ledger_file: options.ledger_file.clone(),
            clock: options.clock.clone(),
        };
        Running::start(place, |ledger, files_url| Service::new(options, ledger, files_url)).await
    }
}

impl Running {
    /// Where exports are downloaded from.
    pub fn files_url(&self) -> &str {
        &self.files_url
    }

    /// A copy of the profile of an external id.
    pub fn profile(&self, external_id: &str) -> Option<Profile> {
        self.with_state(|state| state.profile(external_id).cloned())
    }
}
