//! What a component may reach: the manifest's host forms with the operator's grant and settings put in.
//!
//! [`Policy::resolve`] turns declarations into hosts, once for each revision of a destination; [`Policy::check`] decides on one
//! request. Wildcards do not exist: every host that can be reached stands in [`Policy::reach`], except those of links, which a
//! platform hands out while a task runs and which get no credential.

mod check;
mod endpoint;
mod links;
mod origin;
mod refusal;

use std::sync::Arc;

use http::Method;
use sluice_catalog::{
    destination::Grant,
    manifest::{Egress, HostPattern, Manifest},
};

pub use check::Checked;
pub(crate) use endpoint::Endpoint;
pub use origin::Origin;
pub use refusal::Refusal;

use crate::host::{Host, HostError};
use endpoint::Own;

/// The resolved reach of one destination.
#[derive(Debug, Clone)]
pub struct Policy {
    entries: Vec<Entry>,
    /// Stand-ins of hosts that only links name.
    link_stand_ins: Vec<(Host, Arc<Origin>)>,
    /// Addresses that the host alone uses.
    own: Vec<Own>,
}

/// One resolved entry, as a person sees it in `inspect` and on the grant's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The form as the manifest writes it.
    pub form: String,
    /// The host; none for links.
    pub host: Option<Host>,
    /// The port.
    pub port: u16,
    /// Upper-case methods.
    pub methods: Vec<String>,
    /// The path is this or lies under it.
    pub path_prefix: String,
    /// Where the host is dialled instead.
    pub stand_in: Option<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    form: Arc<str>,
    to: To,
    port: u16,
    methods: Vec<Method>,
    path_prefix: String,
}

#[derive(Debug, Clone)]
enum To {
    Host { host: Host, stand_in: Option<Arc<Origin>> },
    Link { from_method: String, from_path: String, suffixes: Vec<String> },
}

/// Why manifest, grant and settings give no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The setting has another type.
    #[error("setting `{setting}` is part of a host name and has to be text")]
    SettingType {
        /// Its name.
        setting: String,
    },
    /// The setting's text would reach beyond the form.
    #[error("setting `{setting}` is part of a host name: lower-case letters, digits and hyphens, at most {labels} label(s)")]
    SettingLabel {
        /// Its name.
        setting: String,
        /// Labels allowed by `x-sluice-labels` in its schema; 1 unless said.
        labels: usize,
    },
    /// A form that would cover other people's names.
    #[error("`{suffix}` is a public suffix: anybody can register names under it")]
    PublicSuffix {
        /// The suffix, without its leading dot.
        suffix: String,
    },
    /// A method that is no HTTP token.
    #[error("`{method}` is not a method")]
    Method {
        /// The text.
        method: String,
    },
    /// A granted host that is not in canonical form.
    #[error("granted host `{host}`: {cause}")]
    OperatorHost {
        /// As typed.
        host: String,
        /// What is wrong.
        cause: HostError,
    },
    /// A granted host that no `operator-host` entry of the manifest covers.
    #[error("granted host `{host}` is outside of the suffixes that the manifest allows")]
    OperatorHostOutside {
        /// The host.
        host: String,
    },
    /// A token endpoint or a page of consent that is no host form and a path.
    #[error("`{url}` is no address of a host and a path")]
    Endpoint {
        /// As the manifest has it.
        url: String,
    },
    /// A stand-in for a host that is not reached.
    #[error("stand-in for `{host}`: the destination does not reach that host")]
    StandInUnlisted {
        /// As typed.
        host: String,
    },
    /// A stand-in's origin with more than scheme, host and port.
    #[error("stand-in `{origin}`: an origin is http or https, a host and a port, and nothing else")]
    StandInOrigin {
        /// As typed.
        origin: String,
    },
}

impl Policy {
    /// Manifest ∩ grant, with the settings put into the host forms.
    ///
    /// An entry whose setting is absent gives no reach. Fails on the first problem; each names the part that a person can change.
    pub fn resolve(manifest: &Manifest, grant: &Grant, settings: &serde_json::Value) -> Result<Self, PolicyError> {
        let mut entries = Vec::with_capacity(manifest.egress.len());
        for entry in &manifest.egress {
            match &entry.host {
                HostPattern::Literal(host) => {
                    let host = host.parse().map_err(|cause| PolicyError::OperatorHost { host: host.clone(), cause })?;
                    entries.push(Entry::new(entry, To::Host { host, stand_in: None })?);
                }
                HostPattern::Setting { setting, suffix } => {
                    not_public(suffix)?;
                    if let Some(host) = host_of_setting(manifest, settings, setting, suffix)? {
                        entries.push(Entry::new(entry, To::Host { host, stand_in: None })?);
                    }
                }
                HostPattern::Operator => {
                    entry.suffixes.iter().try_for_each(|s| not_public(s))?;
                    for text in &grant.operator_hosts {
                        let host = operator_host(text)?;
                        if entry.suffixes.iter().any(|s| host.is_under(s)) {
                            entries.push(Entry::new(entry, To::Host { host, stand_in: None })?);
                        }
                    }
                }
                HostPattern::Link => {
                    entry.suffixes.iter().try_for_each(|s| not_public(s))?;
                    let from = entry.from.as_deref().unwrap_or_default();
                    let (method, path) = from.split_once(' ').unwrap_or(("", ""));
                    let suffixes = entry.suffixes.clone();
                    entries.push(Entry::new(entry, To::Link { from_method: method.into(), from_path: path.into(), suffixes })?);
                }
            }
        }
        let mut policy = Self { entries, link_stand_ins: Vec::new(), own: Own::all(manifest, settings)? };
        for text in &grant.operator_hosts {
            let host = operator_host(text)?;
            if policy.entries_of(&host).next().is_none() {
                return Err(PolicyError::OperatorHostOutside { host: host.to_string() });
            }
        }
        for stand_in in &grant.stand_ins {
            let origin = Arc::new(stand_in.origin.parse::<Origin>()?);
            policy.stand_in(&stand_in.host, &origin, manifest)?;
        }
        Ok(policy)
    }

    fn stand_in(&mut self, listed: &str, origin: &Arc<Origin>, manifest: &Manifest) -> Result<(), PolicyError> {
        let mut found = false;
        for own in &mut self.own {
            found |= own.stand_in(listed, origin);
        }
        for entry in &mut self.entries {
            if let To::Host { host, stand_in } = &mut entry.to
                && host.as_str() == listed
            {
                *stand_in = Some(Arc::clone(origin));
                found = true;
            }
        }
        let unlisted = || PolicyError::StandInUnlisted { host: listed.into() };
        let host: Host = listed.parse().map_err(|_| unlisted())?;
        let linked = |e: &Entry| matches!(&e.to, To::Link { suffixes, .. } if suffixes.iter().any(|s| host.is_under(s)));
        if !found && !self.entries.iter().any(linked) && !manifest.egress.iter().any(|e| may_become(manifest, e, &host)) {
            return Err(unlisted());
        }
        self.link_stand_ins.push((host, Arc::clone(origin)));
        Ok(())
    }

    fn entries_of<'a>(&'a self, wanted: &'a Host) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |e| matches!(&e.to, To::Host { host, .. } if host == wanted))
    }

    /// Everything that can be reached, in the manifest's order.
    pub fn reach(&self) -> Vec<Reach> {
        self.entries
            .iter()
            .map(|e| {
                let (host, stand_in) = match &e.to {
                    To::Host { host, stand_in } => (Some(host.clone()), stand_in.as_ref().map(|o| o.to_string())),
                    To::Link { .. } => (None, None),
                };
                Reach {
                    form: e.form.to_string(),
                    host,
                    port: e.port,
                    methods: e.methods.iter().map(|m| m.as_str().to_owned()).collect(),
                    path_prefix: e.path_prefix.clone(),
                    stand_in,
                }
            })
            .collect()
    }
}

impl Entry {
    fn new(declared: &Egress, to: To) -> Result<Self, PolicyError> {
        let methods = declared
            .methods
            .iter()
            .map(|m| Method::from_bytes(m.as_bytes()).map_err(|_| PolicyError::Method { method: m.clone() }))
            .collect::<Result<_, _>>()?;
        let (form, path_prefix) = (declared.host.to_string().into(), declared.path_prefix.clone());
        Ok(Self { form, to, port: declared.port, methods, path_prefix })
    }
}

fn operator_host(text: &str) -> Result<Host, PolicyError> {
    text.parse().map_err(|cause| PolicyError::OperatorHost { host: text.into(), cause })
}

fn host_of_setting(m: &Manifest, settings: &serde_json::Value, setting: &str, suffix: &str) -> Result<Option<Host>, PolicyError> {
    let text = match settings.get(setting) {
        None | Some(serde_json::Value::Null) => return Ok(None),
        Some(serde_json::Value::String(text)) => text,
        Some(_) => return Err(PolicyError::SettingType { setting: setting.into() }),
    };
    let labels = m.labels_of(setting);
    let refused = || PolicyError::SettingLabel { setting: setting.into(), labels };
    if text.split('.').count() > labels {
        return Err(refused());
    }
    format!("{text}.{suffix}").parse().map(Some).map_err(|_| refused())
}

/// Whether a host is one that the platform may name in a token's answer: the form's setting is not the operator's to enter.
fn may_become(manifest: &Manifest, entry: &Egress, host: &Host) -> bool {
    let HostPattern::Setting { setting, suffix } = &entry.host else { return false };
    let read_only = manifest.settings["properties"][setting]["readOnly"] == true;
    let label = host.as_str().strip_suffix(suffix.as_str()).and_then(|rest| rest.strip_suffix('.'));
    read_only && label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

/// Refuses suffixes under which anybody can register a name (`co.uk`). A suffix that a vendor has put on the list for its own
/// customers (`myshopify.com`) is fine: the label in front is the customer.
fn not_public(suffix: &str) -> Result<(), PolicyError> {
    let suffix = suffix.trim_start_matches('.');
    let public = psl::suffix(suffix.as_bytes())
        .is_some_and(|found| found.as_bytes().len() == suffix.len() && found.typ() != Some(psl::Type::Private));
    if public { Err(PolicyError::PublicSuffix { suffix: suffix.into() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
