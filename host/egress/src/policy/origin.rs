//! An origin that the operator named: dialled in place of a listed host.

use std::{fmt, str::FromStr};

use url::Url;

use super::PolicyError;

/// Scheme, host and port. The scheme may be `http` and the host an address or a name of the operator's network: he typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl FromStr for Origin {
    type Err = PolicyError;
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let refused = || PolicyError::StandInOrigin { origin: text.into() };
        let url = Url::parse(text).map_err(|_| refused())?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.has_host();
        if bare && matches!(url.scheme(), "http" | "https") { Ok(Self(url)) } else { Err(refused()) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Origin {
    /// The URL with this origin in the place of its own; path and query stay as they are.
    pub(super) fn in_place_of(&self, url: &Url) -> Url {
        let mut dialled = self.0.clone();
        dialled.set_path(url.path());
        dialled.set_query(url.query());
        dialled
    }

    /// Whether it is dialled without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }
}
