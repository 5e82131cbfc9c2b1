//! How an Iterable twin is set up: its keys, what identifies people in the project, and what is there at the start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::limits;
use crate::server::{Clock, system_clock};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Of a server ("standard"): may do all that the twin offers.
    Server,
    /// Of an app or with JWT: 403 for everything here (*Auth*, inferred).
    Client,
}

/// A key of the project. It has no `Debug`: a key is not printed.
#[derive(Clone)]
pub struct ApiKey {
    /// The key itself. One of the other data centre is not known here, so there is nothing to say of it (*Hosts*).
    pub key: String,
    /// What it is for.
    pub kind: KeyKind,
}

/// What identifies people (*Auth*: "it decides which identifier is legal").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Project {
    /// An e-mail address; a userId finds people, and makes them with `preferUserId` alone.
    #[default]
    Email,
    /// A userId; an e-mail address is a field like others.
    UserId,
    /// Either, or both.
    Hybrid,
}

/// What becomes of a bulk request in which a value has another type than its field (*Synchronize user attributes* names both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TypeClash {
    /// Its user is named under `invalidDataEmails` or `invalidDataUserIds`; the others are updated.
    #[default]
    NamesTheUser,
    /// The request is refused whole: 400 `RequestFieldsTypesMismatched`.
    RefusesTheRequest,
}

/// What a list is (*Export contact lists*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ListType {
    /// People are put on it; the only kind that can be written (inferred).
    #[default]
    Standard,
    /// A segment of the vendor's.
    Dynamic,
    /// People who get nothing.
    Suppression,
    /// The vendor's own.
    Internal,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct List {
    /// The vendor's number of it.
    pub id: i64,
    /// Its name, which another list may have as well.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is.
    #[serde(default)]
    pub list_type: ListType,
    /// When it was made, in milliseconds of the epoch.
    #[serde(default)]
    pub created_at: i64,
    /// A campaign needs it, so that it cannot be deleted.
    #[serde(default)]
    pub in_use: bool,
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The keys of the project.
    pub api_keys: Vec<ApiKey>,
    /// What identifies people.
    pub project: Project,
    /// The project's setting for fields that it does not know, where a request says nothing: take them, or drop them.
    pub create_new_fields: bool,
    /// What a clash of types does to a bulk request.
    pub type_clash: TypeClash,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// Users of one request before `BatchTooLarge`. Default [`limits::USERS_MAX`].
    pub users_max: usize,
    /// Names of fields before `UniqueFieldsLimitExceeded`. Default [`limits::FIELDS_MAX`].
    pub fields_max: usize,
    /// Members from which on reading a list takes the vendor too long: 503 (*Remote segment*). Default: never.
    pub members_before_timeout: usize,
    /// Answer 429 above the vendor's limits, by the clock. When false (default) nothing is refused, so that a test's end does
    /// not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// Lists that exist.
    pub lists: Vec<List>,
    /// Addresses that were forgotten by law, lower-case: they take nothing any more.
    pub forgotten_emails: Vec<String>,
    /// The same of userIds.
    pub forgotten_user_ids: Vec<String>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, one key of a server, an e-mail based project that takes new fields.
    pub fn with_key(key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_keys: vec![ApiKey { key: key.into(), kind: KeyKind::Server }],
            project: Project::default(),
            create_new_fields: true,
            type_clash: TypeClash::default(),
            body_bytes_max: limits::BODY_BYTES_MAX,
            users_max: limits::USERS_MAX,
            fields_max: limits::FIELDS_MAX,
            members_before_timeout: usize::MAX,
            enforce_rates: false,
            lists: Vec::new(),
            forgotten_emails: Vec::new(),
            forgotten_user_ids: Vec::new(),
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
