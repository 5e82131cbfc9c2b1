//! Acme: a made-up platform with contacts and lists of them, for people who write their first connector. Small on purpose, and as strict as a
//! real one: the template of `sluice connector new` is written against it, and `docs/authoring.md` walks through both.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/me` | 200 `{"account": "acme"}` |
//! | `POST /v1/contacts` `{"contacts": [{"email": "…", "fields": {…}}]}`, 1 to 100 | 200 `{"results": […]}`, one for each in order |
//! | `GET /v1/lists` | 200 `{"lists": [{"id": "l_1", "name": "VIP"}]}`, all of them: an account has 100 at most |
//! | `POST /v1/lists` `{"name": "VIP"}`, 1 to 80 characters | 201 `{"id": "l_1", "name": "VIP"}` |
//! | `POST /v1/members` `{"list": "l_1", "add": ["…"]}`, or `"remove"`, 1 to 100 addresses | 200 `{"taken": 1, "refused": […]}` |
//!
//! A result is `{"ok": true}`, or `{"ok": false, "code": "…", "message": "…"}`: `invalid_email`, `unknown_field` (a name that does not
//! begin with a letter), `too_long` (a text of more than 255 characters). A contact is known by its address in lower case; fields that are
//! not mentioned stay as they are, null empties one.
//!
//! `refused` names addresses by their position from 0, `{"at": 1, "code": "…", "message": "…"}`: `invalid_email`, `unknown_contact` (who
//! joins or leaves has to be a contact); the others are `taken`, also who is on the list already, or not on it.
//!
//! Refusals are `{"code": "…", "message": "…"}`: 400 `malformed`, 401 `unauthorized`, 404 `not_found`, 409 `name_taken`, 413
//! `too_many`, 422 `list_limit`, 429 `slow_down` with `Retry-After`, 503 `maintenance`. The key goes into `Authorization: Bearer …`.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-contact-twice` | sent one address twice in one request |
//!
//! Seeds (`PUT /__twin/{kind}`): `contacts`, a list as in the request; `lists`, `[{"name": "VIP", "members": ["…"]}]`.

mod contacts;
mod lists;
mod service;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde_json::{Map, Value};

use crate::{
    running::Place,
    server::{Clock, StartError, system_clock},
};
pub use lists::List;
use service::Service;

/// The Acme twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Acme twin.
pub type Running = crate::running::Running<State>;

/// What Acme holds: fields by address, lists by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Fields of each contact, by its address in lower case.
    pub contacts: BTreeMap<String, Map<String, Value>>,
    /// Lists, by the id that Acme gave.
    pub lists: BTreeMap<String, List>,
}

/// How a twin is set up.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key that it accepts.
    pub api_key: String,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1 and this key.
    pub fn with_key(key: impl Into<String>) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, api_key: key.into(), ledger_file: None, clock: system_clock() }
    }
}

impl Twin {
    /// Starts a twin on the current tokio runtime; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let (listen, ledger_file, clock) = (options.listen, options.ledger_file.clone(), options.clock.clone());
        let place = Place { listen, files_listen: None, ledger_file, clock };
        Running::start(place, |ledger, _| Service::new(options.api_key, ledger)).await
    }
}
