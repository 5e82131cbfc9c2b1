//! What a person has to know before they let a connector in, on one page and as data.

use std::fmt;

use serde::Serialize;
use sluice_catalog::manifest::{CredentialKind, FieldRole, Limits, Manifest};

use super::read::Component;

/// Everything that a component asks for and offers. Serialises with kebab-case names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are those of the manifest
pub struct Inspection {
    pub id: String,
    pub version: String,
    pub title: String,
    pub publisher: String,
    pub kind: sluice_catalog::manifest::Kind,
    pub contract: String,
    pub digest: String,
    pub size: usize,
    pub hosts: Vec<Reach>,
    pub credentials: Vec<Secret>,
    pub connections: Vec<String>,
    pub capabilities: Vec<String>,
    pub settings: Vec<Setting>,
    pub services: Vec<Offer>,
    pub pace: Vec<String>,
    pub limits: Limits,
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

/// A host it may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub struct Reach {
    pub host: String,
    pub port: u16,
    pub methods: Vec<String>,
    pub path_prefix: String,
    pub suffixes: Vec<String>,
    pub from: Option<String>,
}

/// A credential it may name, and the only place where the host writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub struct Secret {
    pub name: String,
    pub written_to: String,
    /// Used while the host signs on to a database; hosts, paths and methods do not apply.
    pub connection: bool,
    pub hosts: Vec<String>,
    pub path_prefix: String,
    pub methods: Vec<String>,
}

/// A setting that an operator fills in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub struct Setting {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: String,
    pub required: bool,
    pub title: String,
}

/// A service it offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub struct Offer {
    pub name: String,
    pub title: String,
    pub modes: Vec<String>,
    pub identifiers: Vec<String>,
    pub fields: Vec<String>,
    pub custom_fields: bool,
    pub unit_rows: u32,
    pub unit_bytes: u64,
    pub repeat: String,
}

/// What there is to know about a component without running it.
pub fn inspect(component: &Component) -> Inspection {
    let m = component.manifest();
    Inspection {
        id: m.id.clone(),
        version: m.version.clone(),
        title: m.title.clone(),
        publisher: m.publisher.clone(),
        kind: m.kind,
        contract: m.contract.clone(),
        digest: component.digest().to_string(),
        size: component.size(),
        hosts: m
            .egress
            .iter()
            .map(|e| Reach {
                host: e.host.to_string(),
                port: e.port,
                methods: e.methods.clone(),
                path_prefix: e.path_prefix.clone(),
                suffixes: e.suffixes.clone(),
                from: e.from.clone(),
            })
            .collect(),
        credentials: m
            .credentials
            .iter()
            .map(|c| Secret {
                name: c.name.clone(),
                written_to: match &c.write {
                    CredentialKind::StaticHeader { header, .. } => format!("header {header}"),
                    CredentialKind::Basic {} => "header authorization (basic)".into(),
                    CredentialKind::Query { parameter } => format!("query parameter {parameter}"),
                    CredentialKind::HmacQuery { parameter, of } => {
                        format!("the key of a signature of {of}, in the query parameter {parameter}")
                    }
                    CredentialKind::Oauth2ClientCredentials { token } => tokens("a client's secret", &token.url),
                    CredentialKind::Oauth2RefreshToken { token } => tokens("a client's secret and a refresh token", &token.url),
                    CredentialKind::Oauth2AuthorizationCode { token, consent } => {
                        format!("{}; consent at {}", tokens("a client's secret and a person's consent", &token.url), consent.url)
                    }
                    CredentialKind::GoogleServiceAccount { .. } => {
                        tokens("the key of a service account", "https://oauth2.googleapis.com/token")
                    }
                    CredentialKind::ConnectionPassword {} => "a password of a connection, never in a request".into(),
                    CredentialKind::ConnectionCertificate {} => "the certificate of a connection, never in a request".into(),
                    CredentialKind::ConnectionKey {} => "a private key of a connection, never sent".into(),
                },
                connection: c.write.is_of_connection(),
                hosts: c.hosts.clone(),
                path_prefix: c.path_prefix.clone(),
                methods: c.methods.clone(),
            })
            .collect(),
        connections: m.connections.iter().map(|c| format!("{}  {}", c.name, word(&c.dialect))).collect(),
        capabilities: m.capabilities.iter().map(word).collect(),
        settings: settings(m),
        services: services(m),
        pace: m.pace.iter().map(|p| format!("{}: {} {} in {} s", p.name, p.rate, word(&p.unit), p.per_seconds)).collect(),
        limits: m.limits,
        imports: component.imports().to_vec(),
        exports: component.exports().to_vec(),
    }
}

fn tokens(from: &str, url: &str) -> String {
    format!("header authorization, a token that the host gets for {from} from {url}")
}

fn settings(m: &Manifest) -> Vec<Setting> {
    let required = |name: &str| m.settings["required"].as_array().is_some_and(|r| r.iter().any(|v| v == name));
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let Some(properties) = m.settings["properties"].as_object() else { return Vec::new() };
    properties
        .iter()
        .map(|(name, schema)| Setting {
            name: name.clone(),
            ty: text(&schema["type"]),
            required: required(name),
            title: text(&schema["title"]),
        })
        .collect()
}

fn services(m: &Manifest) -> Vec<Offer> {
    m.services
        .iter()
        .map(|(name, s)| Offer {
            name: name.clone(),
            title: s.title.clone(),
            modes: s.modes.iter().map(|mode| mode.as_str().to_owned()).collect(),
            identifiers: s.identifiers.any_of.clone(),
            fields: s
                .fields
                .iter()
                .filter(|f| !matches!(f.role, FieldRole::Identifier | FieldRole::RemoteId))
                .map(|f| f.name.clone())
                .collect(),
            custom_fields: s.custom_fields.is_some(),
            unit_rows: s.unit.rows,
            unit_bytes: s.unit.bytes,
            repeat: word(&s.repeat.class),
        })
        .collect()
}

/// The kebab-case word of a plain enum of the manifest.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} ({})", self.id, self.version, word(&self.kind))?;
        writeln!(f, "{} by {}", self.title, self.publisher)?;
        writeln!(f, "contract  {}", self.contract)?;
        writeln!(f, "digest    {}", self.digest)?;
        writeln!(f, "size      {} bytes", self.size)?;
        writeln!(f, "\nmay reach")?;
        for r in &self.hosts {
            let port = if r.port == 443 { String::new() } else { format!(":{}", r.port) };
            write!(f, "  {}{port}{}  {}", r.host, below(&r.path_prefix), r.methods.join(" "))?;
            if !r.suffixes.is_empty() {
                write!(f, "  within {}", r.suffixes.join(" "))?;
            }
            match &r.from {
                Some(from) => writeln!(f, "  from the answer of {from}")?,
                None => writeln!(f)?,
            }
        }
        section(f, "credentials", &self.credentials, |c| {
            if c.connection {
                return format!("{}  {}", c.name, c.written_to);
            }
            let hosts = if c.hosts.is_empty() { "every host above but links".to_owned() } else { c.hosts.join(" ") };
            let paths = if c.path_prefix == "/" { String::new() } else { format!(", under {}", c.path_prefix) };
            let methods = if c.methods.is_empty() { String::new() } else { format!(", with {}", c.methods.join(" ")) };
            format!("{}  in {}, to {hosts}{paths}{methods}", c.name, c.written_to)
        })?;
        if !self.connections.is_empty() {
            section(
                f,
                "connections, read-only, to the server of the settings that the grant names",
                &self.connections,
                Clone::clone,
            )?;
        }
        section(f, "settings", &self.settings, |s| {
            let line = format!("{}  {}{}  {}", s.name, s.ty, if s.required { ", required" } else { "" }, s.title);
            line.trim_end().to_owned()
        })?;
        if !self.capabilities.is_empty() {
            section(f, "beyond its services", &self.capabilities, Clone::clone)?;
        }
        section(f, "services", &self.services, |s| {
            let custom = if s.custom_fields { " and custom fields" } else { "" };
            format!(
                "{}  {}\n    modes {}\n    identified by {}\n    fields {}{custom}\n    a batch is at most {} rows, {} bytes; repeated, it {}",
                s.name,
                s.title,
                s.modes.join(", "),
                s.identifiers.join(" or "),
                if s.fields.is_empty() { "none".to_owned() } else { s.fields.join(", ") },
                s.unit_rows,
                s.unit_bytes,
                match s.repeat.as_str() {
                    "keyed" => "is recognised",
                    "overwrites" => "writes the same once more",
                    _ => "has a second effect",
                },
            )
        })?;
        section(f, "pace", &self.pace, Clone::clone)?;
        let limit = |value: Option<u64>, unit: &str| value.map_or_else(|| "the host's".to_owned(), |v| format!("{v} {unit}"));
        writeln!(f, "\nlimits")?;
        writeln!(f, "  memory     {}", limit(self.limits.memory_bytes_max, "bytes"))?;
        writeln!(f, "  processor  {}", limit(self.limits.cpu_ms_max, "ms in a call"))?;
        writeln!(f, "  wall       {}", limit(self.limits.wall_ms_max, "ms in a call, outside of the host's calls"))?;
        section(f, "imports", &self.imports, Clone::clone)?;
        section(f, "exports", &self.exports, Clone::clone)
    }
}

/// A prefix as it stands behind a host; the whole host needs none.
fn below(path_prefix: &str) -> &str {
    if path_prefix == "/" { "" } else { path_prefix }
}

fn section<T>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T], line: impl Fn(&T) -> String) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    if items.is_empty() {
        return writeln!(f, "  none");
    }
    items.iter().try_for_each(|item| writeln!(f, "  {}", line(item)))
}
