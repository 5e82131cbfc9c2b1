//! Database connections as the manifest declares them: which dialect is spoken, and with which password the host signs on.
//!
//! Where a connection leads is not the connector's to say: the address stands in the settings `host`, `port`, `database`, `user` and
//! `tls`, and host and port have to be in the operator's grant ([`crate::source::Grant`]).

use serde::{Deserialize, Serialize};

/// A connection that statements of the component name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Connection {
    /// The name that statements use, snake_case.
    pub name: String,
    /// What the server speaks.
    pub dialect: Dialect,
    /// Name of the credential with the password.
    pub password: String,
}

/// Wire protocol, SQL and types that the host knows by itself. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// PostgreSQL 12 or newer.
    Postgresql,
}
