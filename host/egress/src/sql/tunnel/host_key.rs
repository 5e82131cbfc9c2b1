//! Whether the bastion is the one that the settings pin. There is no trust at first sight.

use std::fmt;

use russh::{
    client::Handler,
    keys::{Algorithm, HashAlg, PublicKeyOrCertificate},
};

/// Compares what a bastion shows with the fingerprint of the settings.
pub(super) struct HostKey {
    pub(super) pinned: Option<String>,
}

/// Why there is no session. Displayed behind the bastion's name.
#[derive(Debug)]
pub(super) enum Refused {
    /// As the library says it.
    Ssh(russh::Error),
    /// Another key than the pinned one, or none is pinned. The key exchange has proved that whoever shows it holds it.
    Key {
        /// `SHA256:` and 43 characters.
        shown: String,
        algorithm: Algorithm,
        pinned: Option<String>,
    },
}

impl From<russh::Error> for Refused {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh(error) => error.fmt(f),
            Self::Key { shown, algorithm, pinned } => {
                let what = pinned.as_deref().unwrap_or("none");
                write!(f, "showed the host key {shown} ({algorithm}), and the settings pin {what}")
            }
        }
    }
}

impl Handler for HostKey {
    type Error = Refused;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Refused> {
        let key = key.public_key();
        let shown = key.fingerprint(HashAlg::Sha256).to_string();
        if self.pinned.as_deref() == Some(shown.as_str()) {
            return Ok(true);
        }
        Err(Refused::Key { shown, algorithm: key.algorithm(), pinned: self.pinned.clone() })
    }
}
