//! What one build of a connector may do that another may not: hosts, places of secrets, connections. Secrets of a destination stay when
//! its connector is replaced, so whatever is new here is for a person to accept.

use std::collections::BTreeSet;

use super::{Connection, Credential, CredentialKind, Dialect, Egress, HostPattern, Manifest, TokenEndpoint};

/// Whether the path is the prefix or lies under it: `/users` covers `/users` and `/users/track`, not `/users-admin`.
pub fn path_within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

impl Manifest {
    /// What it may do that the other one may not, a line for each thing, in the order of the manifest; empty when its reach lies within
    /// the other's. Beside none, everything is new.
    ///
    /// Host forms are compared as they are written: a literal host is never within a form with a setting.
    pub fn wider_than(&self, other: Option<&Self>) -> Vec<String> {
        let mut wider = labels(self, other);
        for entry in &self.egress {
            requests(entry, other, &mut wider);
        }
        for credential in &self.credentials {
            let known = other.and_then(|o| Some((o, o.credentials.iter().find(|k| k.name == credential.name)?)));
            secret(self, credential, known, &mut wider);
        }
        let known: BTreeSet<_> = other.into_iter().flat_map(|o| &o.connections).flat_map(signs).collect();
        wider.extend(self.connections.iter().flat_map(signs).filter(|line| !known.contains(line)));
        wider
    }

    /// Labels that a setting may have where it is part of a host name: `x-sluice-labels` in its schema, 1 unless said.
    pub fn labels_of(&self, setting: &str) -> usize {
        let property = self.settings.get("properties").and_then(|p| p.get(setting));
        let labels = property.and_then(|p| p.get("x-sluice-labels")).and_then(serde_json::Value::as_u64);
        labels.map_or(1, |labels| usize::try_from(labels).unwrap_or(usize::MAX))
    }
}

fn labels(new: &Manifest, other: Option<&Manifest>) -> Vec<String> {
    let settings = new.settings.get("properties").and_then(|p| p.as_object()).into_iter().flatten();
    let wider = |setting: &&String| new.labels_of(setting) > other.map_or(1, |o| o.labels_of(setting));
    let line = |setting: &String| format!("hosts with up to {} labels in the setting `{setting}`", new.labels_of(setting));
    settings.map(|(setting, _)| setting).filter(wider).map(line).collect()
}

fn requests(entry: &Egress, other: Option<&Manifest>, wider: &mut Vec<String>) {
    let suffixes: Vec<&str> = match entry.host {
        HostPattern::Literal(_) | HostPattern::Setting { .. } => vec![""],
        HostPattern::Operator | HostPattern::Link => entry.suffixes.iter().map(String::as_str).collect(),
    };
    for suffix in suffixes {
        let allowed = |method: &str| {
            other.is_some_and(|o| {
                o.egress.iter().any(|known| known.methods.iter().any(|m| m == method) && covers(known, entry, suffix))
            })
        };
        let methods: Vec<&str> = entry.methods.iter().map(String::as_str).filter(|method| !allowed(method)).collect();
        if !methods.is_empty() {
            wider.push(format!("{} to {}", methods.join(", "), place(entry, suffix)));
        }
    }
}

/// Whether an entry allows what another one does, methods apart.
fn covers(known: &Egress, entry: &Egress, suffix: &str) -> bool {
    let place = known.host == entry.host && known.port == entry.port && path_within(&entry.path_prefix, &known.path_prefix);
    let under = || known.suffixes.iter().any(|k| suffix.ends_with(k.as_str()));
    place
        && match entry.host {
            HostPattern::Literal(_) | HostPattern::Setting { .. } => true,
            HostPattern::Operator => under(),
            HostPattern::Link => known.from == entry.from && under(),
        }
}

fn place(entry: &Egress, suffix: &str) -> String {
    let host = match &entry.host {
        HostPattern::Literal(_) | HostPattern::Setting { .. } => entry.host.to_string(),
        HostPattern::Operator => format!("granted hosts under {suffix}"),
        HostPattern::Link => {
            format!("links under {suffix} from answers to `{}`", entry.from.as_deref().unwrap_or_default())
        }
    };
    let port = if entry.port == 443 { String::new() } else { format!(" port {}", entry.port) };
    let path = if entry.path_prefix == "/" { String::new() } else { format!(" below {}", entry.path_prefix) };
    format!("{host}{port}{path}")
}

fn secret(new: &Manifest, credential: &Credential, known: Option<(&Manifest, &Credential)>, wider: &mut Vec<String>) {
    let before = known.map(|(_, known)| uses(&known.write)).unwrap_or_default();
    let name = &credential.name;
    wider.extend(uses(&credential.write).into_iter().filter(|u| !before.contains(u)).map(|u| format!("credential `{name}` {u}")));
    if credential.write.is_of_connection() {
        return;
    }
    let before = known.map(|(old, known)| sends(old, known)).unwrap_or_default();
    for (host, methods) in sends(new, credential) {
        let allowed = |method: &str| {
            let path = known.is_some_and(|(_, known)| path_within(&credential.path_prefix, &known.path_prefix));
            path && before.iter().any(|(known, methods)| *known == host && methods.contains(method))
        };
        let fresh: Vec<&str> = methods.into_iter().filter(|method| !allowed(method)).collect();
        if !fresh.is_empty() {
            let path = if credential.path_prefix == "/" { String::new() } else { format!(" below {}", credential.path_prefix) };
            wider.push(format!("credential `{name}` with {} to {host}{path}", fresh.join(", ")));
        }
    }
}

/// Host forms that a credential may be sent to, each with its methods; what it does not say is what the egress has.
fn sends<'a>(manifest: &'a Manifest, credential: &'a Credential) -> Vec<(String, BTreeSet<&'a str>)> {
    let mut all: Vec<(String, BTreeSet<&str>)> = Vec::new();
    for entry in manifest.egress.iter().filter(|entry| entry.host != HostPattern::Link) {
        let host = entry.host.to_string();
        if !credential.hosts.is_empty() && !credential.hosts.contains(&host) {
            continue;
        }
        let methods = if credential.methods.is_empty() { &entry.methods } else { &credential.methods };
        let methods = methods.iter().map(String::as_str);
        match all.iter_mut().find(|(known, _)| *known == host) {
            Some((_, known)) => known.extend(methods),
            None => all.push((host, methods.collect())),
        }
    }
    all
}

/// What becomes of a secret. What stands before it in a header, and how a client says who it is at one endpoint, is no reach.
fn uses(write: &CredentialKind) -> Vec<String> {
    let mut lines = match write {
        CredentialKind::StaticHeader { header, .. } => vec![format!("in the header `{header}`")],
        CredentialKind::Basic {} => vec!["as user and password in the header `authorization`".into()],
        CredentialKind::Query { parameter } => vec![format!("in the parameter `{parameter}`")],
        CredentialKind::HmacQuery { parameter, of } => vec![format!("as the key that signs `{of}` in the parameter `{parameter}`")],
        CredentialKind::Oauth2ClientCredentials { token }
        | CredentialKind::Oauth2RefreshToken { token }
        | CredentialKind::Oauth2AuthorizationCode { token, .. } => exchange(token),
        CredentialKind::GoogleServiceAccount { scopes } => {
            let mut lines = vec!["exchanged for a token at Google".into()];
            lines.extend(scopes.iter().map(|scope| format!("for a token of the scope `{scope}`")));
            lines
        }
        CredentialKind::ConnectionPassword {} => vec!["as a password of a connection".into()],
        CredentialKind::ConnectionCertificate {} => vec!["as the certificate of a connection".into()],
        CredentialKind::ConnectionKey {} => vec!["as a private key of a connection".into()],
    };
    if let CredentialKind::Oauth2AuthorizationCode { consent, .. } = write {
        lines.push(format!("with a consent at {}", consent.url));
        lines.extend(consent.parameters.iter().map(|(key, value)| format!("with a consent of `{key}={value}`")));
    }
    lines
}

fn exchange(token: &TokenEndpoint) -> Vec<String> {
    let mut lines = vec![format!("exchanged for a token at {}", token.url)];
    if token.scopes.is_empty() {
        lines.push("for a token of whatever scope the platform gives".into());
    }
    lines.extend(token.scopes.iter().map(|scope| format!("for a token of the scope `{scope}`")));
    lines.extend(token.parameters.iter().map(|(key, value)| format!("for a token of `{key}={value}`")));
    lines.extend(token.expose.iter().map(|(member, form)| format!("for a token whose answer has `{member}` like {form}")));
    lines
}

/// Which secret is used for which part of a connection.
fn signs(connection: &Connection) -> Vec<String> {
    let dialect = match connection.dialect {
        Dialect::Postgresql => "PostgreSQL",
    };
    let mut parts = vec![("password", &connection.password)];
    if let Some(client) = &connection.client {
        parts.extend([("client's certificate", &client.certificate), ("client's key", &client.key)]);
    }
    if let Some(tunnel) = &connection.tunnel {
        parts.extend([("bastion's key", &tunnel.key), ("bastion's passphrase", &tunnel.passphrase)]);
        parts.push(("bastion's password", &tunnel.password));
    }
    let line = |(part, credential)| format!("connection `{}` ({dialect}) with `{credential}` as the {part}", connection.name);
    parts.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
