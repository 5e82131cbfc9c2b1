//! Database connections as the manifest declares them: which dialect is spoken, and with which credentials the host signs on.
//!
//! Where a connection leads is not the connector's to say: the address stands in the settings `host`, `port`, `database`, `user` and
//! `tls`, that of a bastion before it in `ssh_host`, `ssh_port`, `ssh_user` and `ssh_fingerprint`, and hosts and ports have to be in the
//! operator's grant ([`crate::source::Grant`]).

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
    /// With what the host says who it is while TLS is agreed; none: it cannot.
    #[serde(default)]
    pub client: Option<Client>,
    /// With what the host signs on to a bastion; none: servers are reached directly only.
    #[serde(default)]
    pub tunnel: Option<Tunnel>,
}

/// Names of the credentials of a client's certificate. Both are optional credentials, and one without the other is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Client {
    /// The certificate, and those between it and an authority of the server, as PEM text.
    pub certificate: String,
    /// Its private key as PEM text, not encrypted.
    pub key: String,
}

/// Names of the credentials for a bastion. All are optional credentials; a source with a bastion needs the key or the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tunnel {
    /// A private key in OpenSSH's own form.
    pub key: String,
    /// What the key is encrypted with.
    pub passphrase: String,
    /// The password of the bastion's user.
    pub password: String,
}

impl Connection {
    /// Names of all its credentials.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        let client = self.client.iter().flat_map(|c| [c.certificate.as_str(), &c.key]);
        let tunnel = self.tunnel.iter().flat_map(|t| [t.key.as_str(), &t.passphrase, &t.password]);
        [self.password.as_str()].into_iter().chain(client).chain(tunnel)
    }
}

/// Wire protocol, SQL and types that the host knows by itself. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// PostgreSQL 12 or newer.
    Postgresql,
}
