//! Acme: a made-up platform with one list of contacts, for people who write their first connector. Small on purpose, and as strict as a
//! real one: the template of `sluice connector new` is written against it, and `docs/authoring.md` walks through both.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/me` | 200 `{"account": "acme"}` |
//! | `POST /v1/contacts` `{"contacts": [{"email": "…", "fields": {…}}]}`, 1 to 100 | 200 `{"results": […]}`, one for each in order |
//!
//! A result is `{"ok": true}`, or `{"ok": false, "code": "…", "message": "…"}`: `invalid_email`, `unknown_field` (a name that does not
//! begin with a letter), `too_long` (a text of more than 255 characters). A contact is known by its address in lower case; fields that are
//! not mentioned stay as they are, null empties one.
//!
//! Refusals are `{"code": "…", "message": "…"}`: 400 `malformed`, 401 `unauthorized`, 404 `not_found`, 413 `too_many`, 429 `slow_down`
//! with `Retry-After`, 503 `maintenance`. The key goes into `Authorization: Bearer …`.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-contact-twice` | sent one address twice in one request |
//!
//! Seeds (`PUT /__twin/{kind}`): `contacts`, a list as in the request.

mod contacts;
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
use service::Service;

/// The Acme twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Acme twin.
pub type Running = crate::running::Running<State>;

/// What Acme holds: fields by address.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Fields of each contact, by its address in lower case.
    pub contacts: BTreeMap<String, Map<String, Value>>,
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
