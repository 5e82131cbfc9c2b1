//! A destination: a connector, its settings, and what the operator grants to it. Secrets are kept apart, sealed, by the store.

use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    limits::{IN_FLIGHT_MAX, STAND_INS_MAX},
    manifest::{HostPattern, Manifest},
    problem::{Problem, naming},
};

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

impl Destination {
    /// Every rule, given the manifest of the connector that `self.connector` names.
    pub fn validate(&self, manifest: &Manifest) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, "", &[], &mut problems);
        if !(1..=IN_FLIGHT_MAX).contains(&self.in_flight) {
            let cause = format!("Between 1 and {IN_FLIGHT_MAX} writes may be under way.");
            problems.push(Problem::new("/in_flight", Code::FieldInvalid, cause));
        }
        if let Ok(validator) = jsonschema::validator_for(&manifest.settings) {
            for error in validator.iter_errors(&self.settings) {
                let pointer = format!("/settings{}", error.instance_path());
                problems.push(Problem::new(pointer, Code::SettingsInvalid, format!("{}.", error.masked())));
            }
        }
        let told = |name: &str| manifest.settings["properties"][name]["readOnly"] == true;
        for name in self.settings.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| told(name)) {
            let cause = "The platform tells this setting; it is not entered.";
            problems.push(Problem::new(format!("/settings/{name}"), Code::SettingsInvalid, cause));
        }
        self.grant.validate(manifest, &mut problems);
        problems
    }
}

impl Grant {
    fn validate(&self, manifest: &Manifest, problems: &mut Vec<Problem>) {
        let mut wrong = |pointer: String, cause: &str| problems.push(Problem::new(pointer, Code::FieldInvalid, cause));
        let suffixes: Vec<_> =
            manifest.egress.iter().filter(|e| e.host == HostPattern::Operator).flat_map(|e| &e.suffixes).collect();
        for (at, host) in self.operator_hosts.iter().enumerate().take(STAND_INS_MAX) {
            let pointer = format!("/grant/operator_hosts/{at}");
            if !matches!(host.parse(), Ok(HostPattern::Literal(_))) {
                wrong(pointer, "A host is lower-case ASCII labels joined by dots, without port, path or trailing dot.");
            } else if !suffixes.iter().any(|suffix| host.ends_with(suffix.as_str())) {
                wrong(pointer, "The connector's manifest does not allow an operator host with this ending.");
            }
        }
        for (at, stand_in) in self.stand_ins.iter().enumerate().take(STAND_INS_MAX) {
            if !matches!(stand_in.host.parse(), Ok(HostPattern::Literal(_))) {
                wrong(format!("/grant/stand_ins/{at}/host"), "A host is lower-case ASCII labels joined by dots.");
            }
            if !is_origin(&stand_in.origin) {
                wrong(format!("/grant/stand_ins/{at}/origin"), "An origin is scheme, host and port, like http://127.0.0.1:4010.");
            }
        }
        for (name, list) in [("operator_hosts", self.operator_hosts.len()), ("stand_ins", self.stand_ins.len())] {
            if list > STAND_INS_MAX {
                wrong(format!("/grant/{name}"), "There are too many entries.");
            }
        }
    }
}

/// Whether the text is `http` or `https`, a host and perhaps a port, and nothing else.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests;
