//! Settings as types. The host has checked them against `connector.toml`, and the address against the grant.

use serde::Deserialize;
use sluice_sdk::{Call, Halt};

/// What the component itself needs to know; host, port, TLS and the way through a bastion are the host's matter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    pub(crate) database: String,
    pub(crate) user: String,
    /// Empty: every schema that the user may use.
    #[serde(default)]
    pub(crate) schemas: Vec<String>,
    /// The bastion on the way; for the steps of the check alone.
    pub(crate) ssh_host: Option<String>,
}

impl Settings {
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }
}
