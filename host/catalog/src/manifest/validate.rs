//! What a manifest must satisfy beyond its shape.

use std::collections::BTreeSet;

use super::{
    CONTRACT, Credential, CredentialKind, FieldRole, Hash, HostPattern, Manifest, ManifestError, Mode, Service, TokenEndpoint,
    Uploads,
    token::{self, braced},
};
use crate::columnar::PhysicalType;

/// Every problem; empty when the manifest is sound.
pub(super) fn problems(m: &Manifest) -> Vec<ManifestError> {
    let mut out = Problems(Vec::new());
    let kebab = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    out.unless(kebab(&m.id) && m.id.len() <= 60, "id", "is lower-case letters, digits and hyphens, at most 60");
    // As in semantic versions: digits only, no leading zero; nine of them fit every integer.
    let number =
        |p: &str| p == "0" || (p.len() <= 9 && !p.starts_with('0') && !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let semver = m.version.split('.').count() == 3 && m.version.split('.').all(number);
    out.unless(semver, "version", "is three numbers, like 1.4.0");
    out.unless(m.contract == CONTRACT, "contract", &format!("is `{CONTRACT}` for this host"));
    schema(&m.settings, "settings", &mut out);
    egress(m, &mut out);
    credentials(m, &mut out);
    connections(m, &mut out);
    for (i, capability) in m.capabilities.iter().enumerate() {
        out.unless(!m.capabilities[..i].contains(capability), &format!("capabilities[{i}]"), "is said once");
    }
    for (i, pace) in m.pace.iter().enumerate() {
        let at = format!("pace[{i}]");
        out.unless(pace.rate > 0 && pace.per_seconds > 0, &at, "rate and per-seconds are at least 1");
        out.unless(pace.burst != Some(0) && pace.in_flight != Some(0), &at, "burst and in-flight are at least 1 where given");
        out.unless(m.pace[..i].iter().all(|p| p.name != pace.name), &at, "has a name of its own");
    }
    out.unless(!m.services.is_empty() || m.kind == super::Kind::Source, "services", "a destination has at least one service");
    for (name, s) in &m.services {
        service(name, s, &mut out);
    }
    out.0
}

struct Problems(Vec<ManifestError>);

impl Problems {
    fn unless(&mut self, fine: bool, at: &str, problem: &str) {
        if !fine {
            self.0.push(ManifestError { at: at.into(), problem: problem.into() });
        }
    }
}

fn schema(schema: &serde_json::Value, at: &str, out: &mut Problems) {
    out.unless(schema.get("type").and_then(|t| t.as_str()) == Some("object"), at, "is a JSON Schema with type = \"object\"");
    if let Err(e) = jsonschema::validator_for(schema) {
        out.unless(false, at, &format!("is not a JSON Schema: {e}"));
    }
}

fn egress(m: &Manifest, out: &mut Problems) {
    for (i, e) in m.egress.iter().enumerate() {
        let at = format!("egress[{i}]");
        out.unless(!e.methods.is_empty(), &at, "names at least one method");
        reach(&e.methods, &e.path_prefix, &at, out);
        out.unless(e.port > 0, &at, "port is at least 1");
        for suffix in &e.suffixes {
            let named = suffix.strip_prefix('.').is_some_and(|s| matches!(s.parse(), Ok(HostPattern::Literal(_))));
            out.unless(named, &at, "a suffix is a dot and at least two labels, like .braze.com");
        }
        match &e.host {
            HostPattern::Operator => out.unless(!e.suffixes.is_empty(), &at, "operator-host needs suffixes"),
            HostPattern::Link => out.unless(e.from.is_some() && !e.suffixes.is_empty(), &at, "link needs from and suffixes"),
            HostPattern::Setting { setting, .. } => {
                let declared = m.settings.pointer(&format!("/properties/{setting}")).is_some();
                out.unless(declared, &at, &format!("setting `{setting}` is not in settings.properties"));
            }
            HostPattern::Literal(_) => {}
        }
    }
}

/// A method or a path that no request can have would be a grant, or a credential, that silently never applies.
fn reach(methods: &[String], path_prefix: &str, at: &str, out: &mut Problems) {
    for method in methods {
        let known = matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE");
        out.unless(known, at, &format!("method `{method}` is not one of GET, HEAD, POST, PUT, PATCH, DELETE"));
    }
    out.unless(path_prefix.starts_with('/'), at, "path-prefix starts with /");
}

fn credentials(m: &Manifest, out: &mut Problems) {
    let hosts: BTreeSet<String> = m.egress.iter().map(|e| e.host.to_string()).collect();
    for (i, c) in m.credentials.iter().enumerate() {
        let at = format!("credentials[{i}]");
        let snake = !c.name.is_empty() && c.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        out.unless(snake, &at, "name is snake_case");
        out.unless(m.credentials[..i].iter().all(|o| o.name != c.name), &at, "has a name of its own");
        reach(&c.methods, &c.path_prefix, &at, out);
        for host in &c.hosts {
            out.unless(hosts.contains(host) && host != "link", &at, &format!("host `{host}` is not under egress, or is a link"));
        }
        match &c.write {
            CredentialKind::StaticHeader { header, .. } => {
                let token = !header.is_empty() && header.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                out.unless(token, &at, "header is a lower-case header name");
            }
            CredentialKind::Query { parameter } => out.unless(is_parameter(parameter), &at, PARAMETER),
            CredentialKind::HmacQuery { parameter, of } => {
                out.unless(is_parameter(parameter), &at, PARAMETER);
                let signed = |o: &&Credential| o.name == *of && matches!(o.write, CredentialKind::StaticHeader { .. });
                let problem = format!("of names `{of}`, which is no credential of the kind static-header");
                out.unless(m.credentials.iter().find(signed).is_some(), &at, &problem);
            }
            _ => {}
        }
        if let Some(token) = c.write.token_endpoint() {
            token_endpoint(m, token, &format!("{at}.write.token"), out);
        }
        if let CredentialKind::Oauth2AuthorizationCode { consent, .. } = &c.write {
            let at = format!("{at}.write.consent");
            endpoint(m, &consent.url, &at, out);
            out.unless(consent.days != Some(0), &at, "days is at least 1 where given");
            for own in ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"] {
                out.unless(!consent.parameters.contains_key(own), &at, &format!("parameter `{own}` is the host's"));
            }
        }
    }
}

const PARAMETER: &str = "parameter is letters, digits, `_` or `-`";

fn is_parameter(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn endpoint(m: &Manifest, url: &str, at: &str, out: &mut Problems) {
    match token::endpoint(url) {
        Ok((HostPattern::Setting { setting, .. }, _)) => setting_is_declared(m, &setting, at, out),
        Ok(_) => {}
        Err(problem) => out.unless(false, at, &format!("url {problem}")),
    }
}

fn setting_is_declared(m: &Manifest, name: &str, at: &str, out: &mut Problems) {
    let declared = m.settings.pointer(&format!("/properties/{name}")).is_some();
    out.unless(declared, at, &format!("setting `{name}` is not in settings.properties"));
}

fn token_endpoint(m: &Manifest, token: &TokenEndpoint, at: &str, out: &mut Problems) {
    endpoint(m, &token.url, at, out);
    setting_is_declared(m, &token.client_id, at, out);
    for (name, value) in &token.parameters {
        let own = ["grant_type", "client_id", "client_secret", "refresh_token", "code", "redirect_uri", "code_verifier", "scope"];
        out.unless(!own.contains(&name.as_str()), at, &format!("parameter `{name}` is the host's"));
        match braced(value) {
            Some(("", setting, "")) => setting_is_declared(m, setting, at, out),
            _ => out.unless(!value.contains(['{', '}']), at, &format!("parameter `{name}` is a text or one `{{setting}}`")),
        }
    }
    for (member, form) in &token.expose {
        let Some((_, setting, _)) = braced(form) else {
            out.unless(false, at, &format!("expose.{member} has one `{{setting}}` in its form"));
            continue;
        };
        let read_only = m.settings.pointer(&format!("/properties/{setting}/readOnly")).and_then(|r| r.as_bool()) == Some(true);
        out.unless(read_only, at, &format!("setting `{setting}` is in settings.properties with readOnly = true"));
        let required = m.settings["required"].as_array().is_some_and(|names| names.iter().any(|name| name == setting));
        out.unless(!required, at, &format!("setting `{setting}` is not required: nobody enters it"));
    }
}

/// The address is in settings of fixed names, so that the operator's grant can be compared with it.
fn connections(m: &Manifest, out: &mut Problems) {
    out.unless(m.connections.is_empty() || m.kind == super::Kind::Source, "connections", "only a source has connections");
    for (i, c) in m.connections.iter().enumerate() {
        let at = format!("connections[{i}]");
        let snake = !c.name.is_empty() && c.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        out.unless(snake, &at, "name is snake_case");
        out.unless(m.connections[..i].iter().all(|o| o.name != c.name), &at, "has a name of its own");
        let mut refer = |role: &str, name: &str, kind: &CredentialKind, kind_name: &str, optional: bool| {
            let credential = m.credentials.iter().find(|k| k.name == name && k.write == *kind);
            out.unless(credential.is_some(), &at, &format!("{role} `{name}` is not a credential of the kind {kind_name}"));
            let free = credential.is_none_or(|k| k.optional || !optional);
            out.unless(free, &at, &format!("{role} `{name}` is not optional, and not every source has one"));
        };
        let (password, key) = (CredentialKind::ConnectionPassword {}, CredentialKind::ConnectionKey {});
        refer("password", &c.password, &password, "connection-password", false);
        if let Some(client) = &c.client {
            refer(
                "client.certificate",
                &client.certificate,
                &CredentialKind::ConnectionCertificate {},
                "connection-certificate",
                true,
            );
            refer("client.key", &client.key, &key, "connection-key", true);
        }
        if let Some(tunnel) = &c.tunnel {
            refer("tunnel.key", &tunnel.key, &key, "connection-key", true);
            refer("tunnel.passphrase", &tunnel.passphrase, &password, "connection-password", true);
            refer("tunnel.password", &tunnel.password, &password, "connection-password", true);
        }
        let names: Vec<&str> = c.credentials().collect();
        out.unless(names.iter().collect::<BTreeSet<_>>().len() == names.len(), &at, "has a credential of its own for each part");
        let direct = ["host", "port", "database", "user", "tls"];
        let bastion: &[&str] = if c.tunnel.is_some() { &["ssh_host", "ssh_port", "ssh_user", "ssh_fingerprint"] } else { &[] };
        for setting in direct.iter().chain(bastion) {
            let declared = m.settings.pointer(&format!("/properties/{setting}")).is_some();
            out.unless(declared, &at, &format!("setting `{setting}` is not in settings.properties"));
        }
    }
}

fn service(name: &str, s: &Service, out: &mut Problems) {
    let at = |rest: &str| format!("services.{name}.{rest}");
    schema(&s.options, &at("options"), out);
    out.unless(!s.modes.is_empty(), &at("modes"), "offers at least one mode");
    out.unless(!s.identifiers.any_of.is_empty(), &at("identifiers"), "names at least one identifier");
    out.unless(s.identifiers.max > 0, &at("identifiers"), "max is at least 1");
    let charset = s.custom_fields.as_ref().and_then(|c| c.name_charset.as_deref());
    out.unless(matches!(charset, None | Some("word")), &at("custom-fields"), "name-charset is `word`, or absent");
    for id in &s.identifiers.any_of {
        let field = s.fields.iter().any(|f| &f.name == id && f.role == FieldRole::Identifier);
        out.unless(field, &at("identifiers"), &format!("`{id}` is not a field with role = \"identifier\""));
    }
    for (i, f) in s.fields.iter().enumerate() {
        out.unless(
            s.fields[..i].iter().all(|o| o.name != f.name || o.role != f.role),
            &at(&format!("fields[{i}]")),
            "stands twice",
        );
    }
    for (i, f) in s.fields.iter().enumerate().filter(|(_, f)| f.role == FieldRole::RemoteId) {
        let plain = f.ty == PhysicalType::Utf8 && !f.required && f.normalise.is_empty() && f.hash == Hash::None;
        out.unless(
            plain,
            &at(&format!("fields[{i}]")),
            "a remote-id is text that the platform told: never required, never changed",
        );
        let once = s.fields[..i].iter().all(|o| o.role != FieldRole::RemoteId);
        out.unless(once, &at(&format!("fields[{i}]")), "is the only one of the role remote-id");
    }
    let u = s.unit;
    out.unless(
        u.rows > 0 && u.bytes > 0 && u.row_bytes_max > 0 && u.row_bytes_max <= u.bytes,
        &at("unit"),
        "rows, bytes and row-bytes-max are at least 1, and a row fits",
    );
    let replaces = s.modes.contains(&Mode::Replace);
    out.unless(
        !replaces || s.uploads == Uploads::Sealed,
        &at("uploads"),
        "is `sealed` where a mode is replace: one session, its end marked",
    );
    let appends = s.modes.contains(&Mode::Append);
    out.unless(!appends || s.modes.len() == 1, &at("modes"), "append stands alone: a service of events has no other mode");
}
