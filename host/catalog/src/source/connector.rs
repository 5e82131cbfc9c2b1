//! A source behind a connector: which one, its settings, and what the operator grants to it.
//!
//! Where a database connection leads is decided in two places that have to agree: the settings say host and port, and the grant lists
//! the hosts and ports that an admin allows. A private address, a bastion on the way, or TLS that does not verify the server, has to be
//! accepted there.

mod bastion;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    code::Code,
    limits::{CA_CHARS_MAX, STAND_INS_MAX, STATEMENT_SECONDS, STATEMENT_SECONDS_MAX},
    manifest::{self, Manifest},
    problem::Problem,
};

pub use bastion::{Bastion, Through};

/// What an admin writes to accept a connection that does not verify the server.
pub const I_ACCEPT: &str = "I accept";

/// A source that a connector reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectorSource)]
pub struct Connector {
    /// Id of an installed connector, for example `postgresql`.
    pub id: String,
    /// Checked against the manifest's settings schema.
    #[serde(default = "empty_object")]
    pub settings: Value,
    /// Where it may connect to.
    #[serde(default)]
    pub grant: Grant,
}

fn empty_object() -> Value {
    serde_json::json!({})
}

/// The operator's half of the policy for connections; an admin's to change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourceGrant)]
pub struct Grant {
    /// Servers that the settings may name; at most 20.
    #[serde(default)]
    pub connections: Vec<Granted>,
}

/// One server that a source may connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GrantedConnection)]
pub struct Granted {
    /// Host name or address, exactly as the settings name it.
    pub host: String,
    /// 5432 unless said.
    #[serde(default = "postgresql_port")]
    pub port: u16,
    /// Whether the name may lead to an address that is not on the public internet. Without a meaning behind a bastion, which looks the
    /// name up itself.
    #[serde(default)]
    pub private_address: bool,
    /// The bastion that leads there. With one the server is never reached directly, and its own address is not checked: whatever the
    /// bastion makes of the name is allowed.
    #[serde(default)]
    pub through: Option<Through>,
    /// `I accept` for a setting of `tls` other than `verify-full`.
    #[serde(default)]
    pub weaker_tls: Option<String>,
    /// Certificates of the server's authority, as PEM text, trusted beside the machine's own.
    #[serde(default)]
    pub ca: Option<String>,
}

fn postgresql_port() -> u16 {
    5432
}

/// How a connection is encrypted, as the setting `tls` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tls {
    /// Encrypted; the certificate is of a trusted authority and names the host.
    VerifyFull,
    /// Encrypted; the certificate is of a trusted authority, whatever it names.
    VerifyCa,
    /// Encrypted; any certificate.
    Require,
    /// In the clear.
    Disable,
}

/// A connection with everything but its secrets: what settings and grant say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Name, dialect and the names of its credentials, as the manifest has them.
    pub declared: manifest::Connection,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User.
    pub user: String,
    /// Encryption.
    pub tls: Tls,
    /// After so many seconds the server ends a statement.
    pub statement_seconds: u32,
    /// The bastion on the way; none: it is reached directly.
    pub bastion: Option<Bastion>,
    /// What the admin allows for it.
    pub granted: Granted,
}

impl Connector {
    /// Every rule, given the manifest of the connector that `self.id` names. Pointers begin at the source.
    pub fn validate(&self, manifest: &Manifest) -> Vec<Problem> {
        let mut problems = Vec::new();
        if manifest.kind != manifest::Kind::Source {
            let cause = format!("The connector `{}` is one of destinations.", self.id);
            return vec![Problem::new("/kind/connector/id", Code::FieldInvalid, cause)];
        }
        if let Ok(validator) = jsonschema::validator_for(&manifest.settings) {
            for error in validator.iter_errors(&self.settings) {
                let pointer = format!("/kind/connector/settings{}", error.instance_path());
                problems.push(Problem::new(pointer, Code::SettingsInvalid, format!("{}.", error.masked())));
            }
        }
        self.grant.validate(&mut problems);
        if problems.is_empty() {
            problems.extend(manifest.connections.iter().filter_map(|declared| self.connection(declared).err()));
        }
        problems
    }

    /// A connection of the manifest, as settings and grant say it. The error is the first place that does not fit.
    pub fn connection(&self, declared: &manifest::Connection) -> Result<Connection, Problem> {
        let (host, database, user) = (self.text("host")?, self.text("database")?, self.text("user")?);
        let port = self.port("port", postgresql_port())?;
        let seconds = self.number("statement_timeout_seconds", u64::from(STATEMENT_SECONDS))?;
        let statement_seconds = u32::try_from(seconds).ok().filter(|s| (1..=STATEMENT_SECONDS_MAX).contains(s));
        let statement_seconds = statement_seconds.ok_or_else(|| {
            wrong("statement_timeout_seconds", &format!("A statement may take 1 to {STATEMENT_SECONDS_MAX} seconds."))
        })?;
        let tls = match self.settings.get("tls").and_then(Value::as_str).unwrap_or("verify-full") {
            "verify-full" => Tls::VerifyFull,
            "verify-ca" => Tls::VerifyCa,
            "require" => Tls::Require,
            "disable" => Tls::Disable,
            _ => return Err(wrong("tls", "`tls` is verify-full, verify-ca, require or disable.")),
        };
        let bastion = self.bastion(declared)?;
        let granted = self.granted(&host, port, bastion.as_ref())?;
        if tls != Tls::VerifyFull && granted.weaker_tls.is_none() {
            let cause = format!(
                "Only `verify-full` makes sure who answers. To go without, an admin writes `weaker_tls: {I_ACCEPT}` into the grant of {host}."
            );
            return Err(wrong("tls", &cause));
        }
        Ok(Connection { declared: declared.clone(), host, port, database, user, tls, statement_seconds, bastion, granted })
    }

    /// The entry of the grant for this server on this way.
    fn granted(&self, host: &str, port: u16, bastion: Option<&Bastion>) -> Result<Granted, Problem> {
        let to = || self.grant.connections.iter().filter(move |g| g.host == host && g.port == port);
        let found = to().find(|g| match (&g.through, bastion) {
            (None, None) => true,
            (Some(through), Some(bastion)) => through.host == bastion.host && through.port == bastion.port,
            (None, Some(_)) | (Some(_), None) => false,
        });
        let way = match (bastion, to().next()) {
            (None, None) => String::new(),
            (None, Some(_)) => " without a bastion".to_owned(),
            (Some(bastion), _) => format!(" through {}, port {}", bastion.host, bastion.port),
        };
        found.cloned().ok_or_else(|| {
            let cause =
                format!("The grant does not name {host}, port {port}{way}; an admin has to allow where the source connects to.");
            Problem::new("/kind/connector/grant/connections", Code::FieldInvalid, cause)
        })
    }

    fn text(&self, setting: &str) -> Result<String, Problem> {
        match self.settings.get(setting).and_then(Value::as_str) {
            Some(text) if !text.is_empty() && !text.contains('\0') => Ok(text.to_owned()),
            _ => Err(wrong(setting, "This setting is missing, or not a text.")),
        }
    }

    fn number(&self, setting: &str, unless: u64) -> Result<u64, Problem> {
        match self.settings.get(setting) {
            None => Ok(unless),
            Some(value) => value.as_u64().ok_or_else(|| wrong(setting, "This setting is not a whole number.")),
        }
    }

    fn port(&self, setting: &str, unless: u16) -> Result<u16, Problem> {
        let number = self.number(setting, u64::from(unless))?;
        u16::try_from(number).ok().filter(|port| *port > 0).ok_or_else(|| wrong(setting, "A port is 1 to 65535."))
    }
}

fn wrong(setting: &str, cause: &str) -> Problem {
    Problem::new(format!("/kind/connector/settings/{setting}"), Code::SettingsInvalid, cause)
}

impl Grant {
    fn validate(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |pointer: String, cause: &str| problems.push(Problem::new(pointer, Code::FieldInvalid, cause));
        if self.connections.len() > STAND_INS_MAX {
            wrong("/kind/connector/grant/connections".into(), "There are too many entries.");
        }
        for (at, granted) in self.connections.iter().enumerate().take(STAND_INS_MAX) {
            let place = format!("/kind/connector/grant/connections/{at}");
            if !is_host(&granted.host) {
                wrong(format!("{place}/host"), "A host is an address, or lower-case ASCII labels joined by dots.");
            }
            if granted.port == 0 {
                wrong(format!("{place}/port"), "A port is at least 1.");
            }
            if let Some(through) = &granted.through {
                if !is_host(&through.host) {
                    wrong(format!("{place}/through/host"), "A host is an address, or lower-case ASCII labels joined by dots.");
                }
                if through.port == 0 {
                    wrong(format!("{place}/through/port"), "A port is at least 1.");
                }
                if granted.private_address {
                    let cause = "The bastion looks the server's name up, so that its address is not checked: leave this out.";
                    wrong(format!("{place}/private_address"), cause);
                }
            }
            if granted.weaker_tls.as_ref().is_some_and(|text| text != I_ACCEPT) {
                wrong(format!("{place}/weaker_tls"), "This says `I accept`, or nothing.");
            }
            if granted.ca.as_ref().is_some_and(|pem| pem.chars().count() > CA_CHARS_MAX || !pem.contains("BEGIN CERTIFICATE")) {
                wrong(format!("{place}/ca"), "This is the PEM text of one or more certificates.");
            }
        }
    }
}

/// Whether the text is an IP address, or a host name in canonical form. A single label is a name of the operator's own network.
fn is_host(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let number = |l: &str| l.bytes().all(|b| b.is_ascii_digit()) || l.starts_with("0x");
    text.parse::<IpAddr>().is_ok()
        || (text.len() <= 253 && text.split('.').all(label) && !text.split('.').next_back().is_some_and(number))
}

#[cfg(test)]
mod tests;
