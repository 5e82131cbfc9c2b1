//! How a Batch twin is set up: the company's key, its project and its apps, and what is there at the start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::limits;
use crate::server::{Clock, system_clock};

/// The project of [`Options::with_key`].
pub const PROJECT_KEY: &str = "project_twin";

/// The app of [`Options::with_key`].
pub const APP_API_KEY: &str = "app-of-the-twin";

/// A segment of the project, as it is listed (*Connection check*, *Remote segment*; its shape is inferred).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The vendor's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them. It has no `Debug`: a key is not printed.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The company's one key, for projects and for apps (*Auth*).
    pub rest_api_key: String,
    /// The project that `X-Batch-Project` names.
    pub project_key: String,
    /// The project takes profiles (*Synchronize profiles*: "must be migrated to the CEP data model"). When false: 403.
    pub migrated: bool,
    /// The API keys of the apps, one for each platform. Each keeps custom data of its own.
    pub app_api_keys: Vec<String>,
    /// Custom data of a custom id that no app knows is kept, and not ignored without a word: the vendor does either
    /// (*Synchronize contacts*). An app knows whom a seed of `users` names.
    pub keeps_unknown_users: bool,
    /// Segments that exist.
    pub segments: Vec<Segment>,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// Answer 429 above the vendor's limits, by the clock. When false (default) nothing is refused, so that a test's end does
    /// not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is. It decides which events are too old.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, a company with this key, a project [`PROJECT_KEY`] and an app [`APP_API_KEY`].
    pub fn with_key(key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            rest_api_key: key.into(),
            project_key: PROJECT_KEY.to_owned(),
            migrated: true,
            app_api_keys: vec![APP_API_KEY.to_owned()],
            keeps_unknown_users: true,
            segments: Vec::new(),
            body_bytes_max: limits::BODY_BYTES_MAX,
            enforce_rates: false,
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
