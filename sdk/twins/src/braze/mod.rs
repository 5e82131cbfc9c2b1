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
mod iso;
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

use std::{net::SocketAddr, sync::Arc};

use serde_json::Value;

pub use options::{
    ALL_PERMISSIONS, ApiKey, Channel, Members, ObjectsPerRequest, Options, SEGMENTS_LIST, SUBSCRIPTION_STATUS_GET,
    SUBSCRIPTION_STATUS_SET, Segment, SubscriptionGroup, USERS_EXPORT_SEGMENT, USERS_TRACK,
};
pub use profile::{Event, Profile, SubscriptionState, Touch};
pub use state::State;

use crate::{
    faults::Faults,
    ledger::Ledger,
    log::{RequestLog, Warning},
    server::{Serving, StartError, bind},
    vendor::{Door, SeedError, Vendor},
};
use service::Service;

/// The Braze twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

impl Twin {
    /// Starts a twin on the current tokio runtime; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let ledger = Ledger::open(options.ledger_file.as_deref())
            .map_err(|source| StartError::LedgerFile { path: options.ledger_file.clone().unwrap_or_default(), source })?;
        let (api, address) = bind(options.listen).await?;
        let (files, files_address) = bind(options.files_listen).await?;
        let files_url = format!("http://{files_address}");
        let ledger = Arc::new(ledger);
        let clock = options.clock.clone();
        let service = Arc::new(Service::new(options, ledger.clone(), files_url.clone()));
        let serving = Serving::start(service.clone(), ledger, clock, vec![(Door::Api, api), (Door::Files, files)]);
        Ok(Running { address, url: format!("http://{address}"), files_url, service, serving })
    }
}

/// A running twin. Dropping it lets go of its connections; [`Running::stop`] ends them in order.
pub struct Running {
    address: SocketAddr,
    url: String,
    files_url: String,
    service: Arc<Service>,
    serving: Serving,
}

impl Running {
    /// Where the API listens, for instance `http://127.0.0.1:4711`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where exports are downloaded from.
    pub fn files_url(&self) -> &str {
        &self.files_url
    }

    /// A copy of the whole state. For a look at a little of a large one, [`Running::with_state`].
    pub fn state(&self) -> State {
        self.service.state().clone()
    }

    /// Looks at the state without copying it; requests wait meanwhile.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.service.state())
    }

    /// A copy of the profile of an external id.
    pub fn profile(&self, external_id: &str) -> Option<Profile> {
        self.service.state().profile(external_id).cloned()
    }

    /// The faults: arm some, see what they did.
    pub fn faults(&self) -> &Faults {
        &self.serving.house.faults
    }

    /// The request log.
    pub fn log(&self) -> &RequestLog {
        &self.serving.house.log
    }

    /// Defects of the client that the vendor lets pass, see the module's table.
    pub fn warnings(&self) -> Vec<Warning> {
        self.log().warnings()
    }

    /// The judge.
    pub fn ledger(&self) -> &Ledger {
        &self.serving.house.ledger
    }

    /// Puts state in place without a request: `kind` is `profiles`, `segments` or `subscription-groups`.
    ///
    /// # Errors
    /// See [`SeedError`].
    pub fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        self.service.seed(kind, body)
    }

    /// State, log, ledger in memory and faults as at the start.
    pub fn reset(&self) {
        self.serving.house.reset();
    }

    /// Takes no new connection, ends hanging answers, waits shortly for the others.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}
