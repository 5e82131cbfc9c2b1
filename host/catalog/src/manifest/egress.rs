//! Where a component may send requests: the declared half of the policy (the other half is the operator's grant).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

/// One entry of the reach: a host form, a port, methods, a path prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    /// Which hosts.
    pub host: HostPattern,
    /// Which port; 443 unless said.
    #[serde(default = "https_port")]
    pub port: u16,
    /// Upper-case methods.
    pub methods: Vec<String>,
    /// The path is this or lies under it (`/` unless said): `/users` covers `/users/track`, not `/users-admin`.
    #[serde(default = "root")]
    pub path_prefix: String,
    /// For [`HostPattern::Operator`]: the host that the admin types must end in one of these (with a leading dot). For
    /// [`HostPattern::Link`]: the same for the linked host.
    #[serde(default)]
    pub suffixes: Vec<String>,
    /// For [`HostPattern::Link`]: `"METHOD /path"` of the request whose answer holds the link.
    #[serde(default)]
    pub from: Option<String>,
    /// The page that names the host, and the day it was read.
    #[serde(default)]
    pub source: Option<super::Source>,
}

fn https_port() -> u16 {
    443
}

fn root() -> String {
    "/".into()
}

/// How hosts are named in a manifest. Wildcards do not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this host.
    Literal(String),
    /// `{setting}.suffix`: the setting is one label, or up to the number of labels that its schema allows.
    Setting {
        /// Name of the setting.
        setting: String,
        /// What follows, without the leading dot; at least two labels.
        suffix: String,
    },
    /// `operator-host`: a full host that an admin types into the grant, within `suffixes`.
    Operator,
    /// `link`: a URL that the platform handed out in an answer to `from` in the same task; no credential goes there.
    Link,
}

/// Why a host form is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum HostPatternError {
    #[error("wildcards, ports, paths and userinfo are not host forms")]
    Characters,
    #[error("a host is lower-case ASCII labels joined by dots, without a trailing dot; other names in punycode")]
    NotCanonical,
    #[error("an address is not a host name; an operator grants addresses, a manifest does not")]
    Address,
    #[error("`localhost` and single-label names cannot be reached from a manifest")]
    SingleLabel,
    #[error("`{{setting}}` stands alone at the start, followed by a suffix of at least two labels")]
    Setting,
}

/// Whether `host` is lower-case ASCII labels joined by single dots, at least two, none longer than 63, 253 in all, and no address.
fn check_host(host: &str) -> Result<(), HostPatternError> {
    if host.bytes().any(|b| matches!(b, b'*' | b':' | b'/' | b'@' | b'[' | b']' | b'{' | b'}' | b' ')) {
        return Err(HostPatternError::Characters);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let label_ok = |l: &&str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if host.len() > 253 || !labels.iter().all(label_ok) {
        return Err(HostPatternError::NotCanonical);
    }
    // A last label of digits (or 0x…) is how URL parsers recognise an IPv4 address in any spelling.
    let last = labels.last().copied().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") {
        return Err(HostPatternError::Address);
    }
    if labels.len() < 2 { Err(HostPatternError::SingleLabel) } else { Ok(()) }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;
    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        match text {
            "operator-host" => return Ok(Self::Operator),
            "link" => return Ok(Self::Link),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix('{') {
            let (setting, suffix) = rest.split_once("}.").ok_or(HostPatternError::Setting)?;
            let named = !setting.is_empty() && setting.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !named {
                return Err(HostPatternError::Setting);
            }
            check_host(suffix)?;
            return Ok(Self::Setting { setting: setting.into(), suffix: suffix.into() });
        }
        check_host(text)?;
        Ok(Self::Literal(text.into()))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(host) => f.write_str(host),
            Self::Setting { setting, suffix } => write!(f, "{{{setting}}}.{suffix}"),
            Self::Operator => f.write_str("operator-host"),
            Self::Link => f.write_str("link"),
        }
    }
}

impl Serialize for HostPattern {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}
