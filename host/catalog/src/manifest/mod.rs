//! The manifest of a connector, `connector.toml`: what it is, what it may reach, what it can do.
//!
//! The text is embedded in the component as the custom section [`SECTION`] and is readable without running any code. Its shape is
//! checked twice: by `wit/v0/manifest.schema.json` (for authors' editors, and structure) and by [`Manifest::parse`] (meaning).

mod connection;
mod credential;
mod egress;
mod pace;
mod reach;
mod service;
mod token;
mod validate;

pub use connection::{Client, Connection, Dialect, Tunnel};
pub use credential::{Credential, CredentialKind};
pub use egress::{Egress, HostPattern, HostPatternError};
pub use pace::{Pace, PaceScope, PaceUnit};
pub use reach::path_within;
pub use service::{
    AnswerKind, CustomFields, FieldRole, Hash, IdentifierRule, Mode, Normalise, PollRows, Repeat, RepeatClass, Sends, Service,
    ServiceField, Source, Unit, Uploads,
};
pub use token::{ClientAuthentication, ConsentPage, TokenEndpoint, braced, endpoint};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::MANIFEST_BYTES_MAX;

/// Name of the custom section that holds the manifest's TOML text.
pub const SECTION: &str = "sluice:manifest";

/// The contract versions that this host speaks.
pub const CONTRACT: &str = "sluice:connector@0.1";

/// What a component does for the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Kind {
    Destination,
    Source,
}

/// What a destination can do beyond its services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// It lists the members of a segment that lives on the platform, for remote segments (features 5.10); the component exports
    /// `membership`.
    ListMembers,
}

impl Capability {
    /// The kebab-case text used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ListMembers => "list-members",
        }
    }
}

/// A parsed and checked manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Kebab-case name, unique among the connectors of an installation.
    pub id: String,
    /// Semantic version, `major.minor.patch`.
    pub version: String,
    /// The contract it is built against, for example `sluice:connector@0.1`.
    pub contract: String,
    /// What it does for the host.
    pub kind: Kind,
    /// Name for people.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// JSON Schema of the settings of a destination or source (`type = "object"`).
    #[serde(default = "empty_schema")]
    pub settings: serde_json::Value,
    /// What a destination can do beyond its services.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// The whole reach of the component.
    #[serde(default)]
    pub egress: Vec<Egress>,
    /// Secrets that the host holds and writes into requests.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Database connections that the host holds; of sources alone.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// Speed limits of the platform.
    #[serde(default)]
    pub pace: Vec<Pace>,
    /// Limits that the component asks for, below the host's own.
    #[serde(default)]
    pub limits: Limits,
    /// What can be updated at the platform, by name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
}

/// Limits that the component declares for itself; absent means the host's default. Never above the host's own ceilings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Linear memory per instance, in bytes.
    pub memory_bytes_max: Option<u64>,
    /// Processor time per call, in milliseconds.
    pub cpu_ms_max: Option<u64>,
    /// Wall time per call without the time inside host calls, in milliseconds.
    pub wall_ms_max: Option<u64>,
}

fn empty_schema() -> serde_json::Value {
    serde_json::json!({ "type": "object", "additionalProperties": false })
}

/// Why a manifest is refused. `at` is a path like `services.attributes.fields[2].name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct ManifestError {
    /// Where.
    pub at: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl Manifest {
    /// Reads and checks TOML text; all problems at once, in document order where the parser allows it.
    pub fn parse(text: &str) -> Result<Self, Vec<ManifestError>> {
        if text.len() > MANIFEST_BYTES_MAX {
            return Err(vec![ManifestError { at: "(file)".into(), problem: format!("larger than {MANIFEST_BYTES_MAX} bytes") }]);
        }
        let manifest: Self = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or_else(|| "(file)".into(), |s| format!("line {}", text[..s.start].matches('\n').count() + 1));
            vec![ManifestError { at, problem: e.message().to_owned() }]
        })?;
        let problems = validate::problems(&manifest);
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }

    /// Whether it declares this.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }
}

#[cfg(test)]
mod tests;
