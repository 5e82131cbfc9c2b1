//! Secrets on their way into a request: bound to host form, path and method, written last, in a type that does not print.

use std::{collections::HashMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use sluice_catalog::{
    manifest::{Credential, CredentialKind, Manifest},
    seal::Secret,
};

use crate::{
    policy::{Checked, path_within},
    scrub::Scrubber,
};

/// The credentials of one destination, ready to be written. Holds the secrets; prints none of them.
pub struct Credentials {
    bound: Vec<Bound>,
    scrubber: Scrubber,
}

struct Bound {
    declared: Credential,
    header: HeaderName,
    /// Marked sensitive: its `Debug` says so, and HTTP/2 does not put it into the shared table. None while nobody has entered it.
    value: Option<HeaderValue>,
}

/// Why secrets and manifest do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The name is not in the manifest.
    #[error("the connector declares no credential `{name}`")]
    Undeclared {
        /// The name.
        name: String,
    },
    /// Line breaks and other controls cannot stand in a header.
    #[error("credential `{name}` holds characters that cannot be sent in a header")]
    Bytes {
        /// The name.
        name: String,
    },
    /// Basic needs `user:password`.
    #[error("credential `{name}` is entered as user:password")]
    BasicForm {
        /// The name.
        name: String,
    },
    /// The manifest's header is not one that a credential may write.
    #[error("credential `{name}` declares the header `{header}`, which only the host may set")]
    Header {
        /// The name.
        name: String,
        /// The header.
        header: String,
    },
}

/// Why a credential is not written. Nothing left the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialRefusal {
    #[error("the manifest declares no such credential")]
    Undeclared,
    #[error("credential `{name}` has not been entered")]
    Missing { name: String },
    #[error("credential `{name}` is not bound to this host")]
    Host { name: String },
    #[error("credential `{name}` is not bound to this path")]
    Path { name: String },
    #[error("credential `{name}` is not bound to this method")]
    Method { name: String },
    #[error("credential `{name}` never goes to a link")]
    Link { name: String },
    #[error("two credentials write the header of `{name}`")]
    Twice { name: String },
}

impl Credentials {
    /// Binds the secrets of a destination to the manifest's declarations. A declared credential without a secret is refused when a
    /// request names it, not here: not every service needs every credential.
    pub fn bind(manifest: &Manifest, secrets: impl IntoIterator<Item = (String, Secret)>) -> Result<Self, CredentialError> {
        let mut secrets: HashMap<String, Secret> = secrets.into_iter().collect();
        let mut bound = Vec::with_capacity(manifest.credentials.len());
        let mut hidden: Vec<Secret> = Vec::new();
        for declared in &manifest.credentials {
            let secret = secrets.remove(&declared.name);
            if declared.write.is_of_connection() {
                hidden.extend(secret); // no request may name it; an answer that holds it is still scrubbed
                continue;
            }
            let header = header_of(declared)?;
            let value = secret.as_ref().map(|s| value_of(declared, s, &mut hidden)).transpose()?;
            hidden.extend(secret);
            bound.push(Bound { declared: declared.clone(), header, value });
        }
        if let Some(name) = secrets.into_keys().next() {
            return Err(CredentialError::Undeclared { name });
        }
        let scrubber = Scrubber::new(hidden.iter().map(Secret::reveal));
        Ok(Self { bound, scrubber })
    }

    /// None at all, for connectors without credentials.
    pub fn none() -> Self {
        Self { bound: Vec::new(), scrubber: Scrubber::new([]) }
    }

    /// Takes them out of answers.
    pub fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    /// Whether a credential of this destination writes the header, so that a component may not.
    pub(crate) fn writes(&self, header: &HeaderName) -> bool {
        self.bound.iter().any(|b| b.header == *header)
    }

    /// Writes the named credentials. The last thing that happens to a request's headers.
    pub(crate) fn write(&self, names: &[String], checked: &Checked, headers: &mut HeaderMap) -> Result<(), CredentialRefusal> {
        for name in names {
            let bound = self.bound.iter().find(|b| b.declared.name == *name).ok_or(CredentialRefusal::Undeclared)?;
            bound.allows(checked)?;
            let value = bound.value.clone().ok_or_else(|| CredentialRefusal::Missing { name: name.clone() })?;
            if headers.insert(bound.header.clone(), value).is_some() {
                return Err(CredentialRefusal::Twice { name: name.clone() });
            }
        }
        Ok(())
    }
}

impl Bound {
    fn allows(&self, checked: &Checked) -> Result<(), CredentialRefusal> {
        let (declared, name) = (&self.declared, || self.declared.name.clone());
        if checked.is_link() {
            return Err(CredentialRefusal::Link { name: name() });
        }
        if !declared.hosts.is_empty() && declared.hosts.iter().all(|form| form != checked.form()) {
            return Err(CredentialRefusal::Host { name: name() });
        }
        if !path_within(checked.url().path(), &declared.path_prefix) {
            return Err(CredentialRefusal::Path { name: name() });
        }
        if !declared.methods.is_empty() && declared.methods.iter().all(|m| m != checked.method().as_str()) {
            return Err(CredentialRefusal::Method { name: name() });
        }
        Ok(())
    }
}

fn header_of(declared: &Credential) -> Result<HeaderName, CredentialError> {
    let CredentialKind::StaticHeader { header, .. } = &declared.write else { return Ok(AUTHORIZATION) };
    match HeaderName::from_bytes(header.as_bytes()) {
        Ok(name) if name == AUTHORIZATION || !crate::headers::is_hosts_own(name.as_str()) => Ok(name),
        _ => Err(CredentialError::Header { name: declared.name.clone(), header: header.clone() }),
    }
}

/// The header's value; parts that have to be hidden beside the secret itself (a password within `user:password`) go to `hidden`.
fn value_of(declared: &Credential, secret: &Secret, hidden: &mut Vec<Secret>) -> Result<HeaderValue, CredentialError> {
    let name = || declared.name.clone();
    let text = match &declared.write {
        CredentialKind::StaticHeader { prefix, .. } => Secret::new([prefix.as_bytes(), secret.reveal()].concat()),
        CredentialKind::Basic {} => {
            let colon =
                secret.reveal().iter().position(|b| *b == b':').ok_or_else(|| CredentialError::BasicForm { name: name() })?;
            hidden.push(Secret::new(&secret.reveal()[colon + 1..]));
            Secret::new(format!("Basic {}", STANDARD.encode(secret.reveal())).into_bytes())
        }
        _ => return Err(CredentialError::BasicForm { name: name() }), // the other kinds come with the token room
    };
    let mut value = HeaderValue::from_bytes(text.reveal()).map_err(|_| CredentialError::Bytes { name: name() })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.bound.iter().map(|b| &b.declared.name)).finish()
    }
}

#[cfg(test)]
mod tests;
