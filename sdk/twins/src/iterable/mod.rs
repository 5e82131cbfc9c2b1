//! The Iterable twin: users updated in bulk and one by one, lists and who is on them, list members read back, with the vendor's
//! rules, limits and words.
//!
//! Written from notes about the vendor's API 1.8 (its published description of 2026-07-09 in github.com/Iterable/api-client, replies
//! recorded by others, read 2026-08) without a look at any client. Italics name the part of the notes that a rule stands in: *Hosts*,
//! *Auth*, *Global rate limits*, *Synchronize user attributes*, *Export contact lists*, *Errors*, *Quirks*, *Remote segment*; "the vendor's
//! description" is the published one. What neither says is marked "(inferred)" where it is decided; the twin then takes the stricter
//! reading. Answers are made at once, while the vendor works on for up to a minute after its 200.
//!
//! Not here: export jobs, users looked up by path, deleting and forgetting users, campaigns and messages.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-user-twice` | named one user several times in one request |
//! | `email-not-lower-case` | sent an address with capitals, which comes back without them |
//! | `single-and-bulk` | wrote to a user by single and by bulk calls within a minute, whose order is not known |
//! | `list-ids-in-profile` | changed who is on a list through the profile, which makes no subscribe events |
//! | `existing-only-ignored` | sent `updateExistingUsersOnly` to an e-mail based project, which makes profiles all the same |
//! | `channel-unsubscribe` | unsubscribed people from a whole channel |
//! | `channel-unsubscribe-not-said` | left it to the vendor's default whether to |
//! | `unknown-key` | sent a key that the description does not know, which does nothing |
//! | `key-outside-header` | put a key into the query or the body |
//!
//! Seeds (`PUT /__twin/{kind}`): `users` (a list of user objects as in `users[]`), `lists`, `fields` (a list of `name` and `type`),
//! `forgotten` (a list of addresses and userIds).

mod batch;
mod body;
mod dates;
mod endpoint;
mod failure;
mod fields;
pub mod limits;
mod lists;
mod members;
mod object;
mod options;
mod own;
mod report;
mod service;
mod state;
mod user;
mod users;
mod words;

pub use options::{ApiKey, KeyKind, List, ListType, Options, Project, TypeClash};
pub use state::State;
pub use user::User;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Iterable twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Iterable twin.
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
    /// A copy of the user of a userId, else of an address.
    pub fn user(&self, name: &str) -> Option<User> {
        self.with_state(|state| state.by_user_id(name).or_else(|| state.by_email(name)).cloned())
    }
}
