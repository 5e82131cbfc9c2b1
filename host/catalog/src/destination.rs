//! A destination: a connector, its settings, and what the operator grants to it. Secrets are kept apart, sealed, by the store.

use serde::{Deserialize, Serialize};

/// A declared destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// 1 to 120 characters, unique among the workspace's destinations.
    pub name: String,
    /// Id of an installed connector, for example `braze`.
    pub connector: String,
    /// Checked against the manifest's settings schema.
    #[serde(default = "empty_object")]
    pub settings: serde_json::Value,
    /// What the component may reach beyond and within its manifest.
    #[serde(default)]
    pub grant: Grant,
    /// Writes under way at once; 8 unless said, 1 to 64.
    #[serde(default = "in_flight")]
    pub in_flight: u32,
}

fn empty_object() -> serde_json::Value {
    serde_json::json!({})
}

fn in_flight() -> u32 {
    8
}

/// The operator's half of the egress policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Full hosts typed by an admin, for the manifest's `operator-host` entries.
    #[serde(default)]
    pub operator_hosts: Vec<String>,
    /// Hosts that are dialled somewhere else: a twin, a proxy of the operator, a test server. The component goes on speaking to the
    /// host of its manifest; the origin may be plain HTTP and may be a private address, since the operator named it.
    #[serde(default)]
    pub stand_ins: Vec<StandIn>,
}

/// One host and the origin dialled in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// A host that manifest and grant allow.
    pub host: String,
    /// Scheme, host and port, for example `http://127.0.0.1:4010`.
    pub origin: String,
}
