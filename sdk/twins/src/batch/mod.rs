//! The Batch twin: profiles and events of a project, custom data of apps, with the vendor's rules, limits and words.
//!
//! Written from notes about the vendor's two APIs (doc.batch.com, the vendor's own clients, clients of others; read 2026-11; the
//! vendor's own description could not be had) without a look at any client. Italics name the part of the notes that a rule
//! stands in: *Hosts*, *Auth*, *Connection check*, *Global rate limits*, *Synchronize profiles*, *Send events*, *Synchronize
//! contacts*, *Errors*. What they do not say, or call inferred, is marked "(inferred)" where it is decided; the twin then takes
//! the stricter reading. What is taken is applied at once, while the vendor works on after its 202.
//!
//! | held | from |
//! |---|---|
//! | versions 2.4 to 2.13 of profiles, 1.0 of custom data; installations since 2.9 | first paragraph, *Synchronize profiles* |
//! | `Authorization: Bearer`, `X-Batch-Project`; `X-Authorization` and the app's key in the path | *Auth* |
//! | 401 `AUTHENTICATION_INVALID`; 403 and 404 of a project, 404 of an app and of a route | *Connection check*, *Errors* |
//! | 200 and 10,000 operations, 10,000 users in a call; 15 events of one profile | *Global rate limits*, *Send events* |
//! | 5 MB of a body, else 413 | *Synchronize profiles* |
//! | 300 profiles a second and 1,000 at once, 10,000 a second, 1 other request; 429 without headers | *Global rate limits* |
//! | 202 `SUCCESS`, or `SUCCESS_WITH_PARTIAL_ERRORS` of what is lost; the rest applies | *Synchronize profiles*, "Response" |
//! | names, types, sizes of attributes; null erases, absence leaves, `$add` and `$remove` | *Synchronize profiles* |
//! | 50 attributes and 15 arrays of a profile | *Synchronize profiles* |
//! | an unknown custom id makes a profile, an unknown installation does not and takes no contacts | *Synchronize profiles* |
//! | events: of the last 24 hours, none of the future; names, attributes, depth; repeats are new events | *Send events* |
//! | custom data: `u.x`, `date(u.x)`, `ut.x`; merged, overwritten, erased; a bad item refuses the call | *Synchronize contacts* |
//! | each app keeps its own | *Auth*, *Synchronize contacts* |
//! | segments and orchestrations are listed | *Connection check* |
//!
//! Not here: audiences, exports of profiles, messages, the deletion of people by law. Nobody reads a profile back through the
//! API (*Remote segment*): tests do so by `state()` and `/__twin/state`.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-custom-id-twice` | named one custom id several times in one call |
//! | `custom-id-is-email` | sent an e-mail address as a custom id |
//! | `same-attribute-twice` | wrote an attribute by two keys in one operation, `x` and `date(x)` |
//! | `attribute-dropped` | wrote more than a profile or a user holds, or parts of an array to what is none: lost without a word |
//! | `contact-for-installation` | sent an e-mail address or a phone for an installation: lost without a word |
//! | `unknown-key` | sent a key that the notes do not know, which does nothing |
//! | `key-outside-header` | put the company's key into the query or the body |
//!
//! Seeds (`PUT /__twin/{kind}`): `profiles` (a list of operations as in a call), `installations` (`apikey`, `installation_id`,
//! and `custom_id` if it is somebody's), `users` (`app`, `id`, `values`), `segments` (`id`, `name`).

mod attributes;
mod bucket;
mod data;
mod endpoint;
mod events;
mod items;
pub mod limits;
mod operation;
mod options;
mod profile;
mod profiles;
mod service;
mod state;
mod user;
mod values;
mod words;

pub use options::{APP_API_KEY, Options, PROJECT_KEY, Segment};
pub use profile::{Event, Installation, Profile};
pub use state::State;
pub use user::User;

use crate::{running::Place, server::StartError};
use service::Service;

/// The Batch twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Batch twin.
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
    /// A copy of the profile of a custom id.
    pub fn profile(&self, custom_id: &str) -> Option<Profile> {
        self.with_state(|state| state.profile(custom_id).cloned())
    }

    /// A copy of the custom data of a custom id in an app.
    pub fn user(&self, app_api_key: &str, custom_id: &str) -> Option<User> {
        self.with_state(|state| state.user(app_api_key, custom_id).cloned())
    }
}
