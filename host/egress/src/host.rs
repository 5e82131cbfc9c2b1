//! A host as the policy knows it. Everything behind the edge takes `&Host`; what a component wrote is parsed into one, once.

use std::{fmt, str::FromStr, sync::Arc};

use sluice_catalog::manifest::{HostPattern, HostPatternError};

/// Lower-case ASCII labels joined by dots, at least two of them, without trailing dot, port or userinfo, and no address:
/// [`Host::from_str`] is the only way to get one. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(Arc<str>);

/// The text is not a host in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// By the grammar of manifests.
    #[error(transparent)]
    Grammar(#[from] HostPatternError),
    /// A host form, where a host is wanted.
    #[error("a host form is not a host")]
    Form,
}

impl Host {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `suffix` (given with its leading dot) with at least one label before it.
    pub fn is_under(&self, suffix: &str) -> bool {
        suffix.starts_with('.') && self.0.len() > suffix.len() && self.0.ends_with(suffix)
    }
}

impl FromStr for Host {
    type Err = HostError;
    fn from_str(text: &str) -> Result<Self, HostError> {
        match text.parse()? {
            HostPattern::Literal(host) => Ok(Self(host.into())),
            HostPattern::Setting { .. } | HostPattern::Operator | HostPattern::Link => Err(HostError::Form),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
