//! Credentials that are exchanged for a short-lived token: where, and with what, the host asks for one.
//!
//! The component sees neither the secret nor the token. What the token's answer says beside it (`expose`) may become a setting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::HostPattern;

/// The token endpoint of a platform (RFC 6749, section 3.2), and what is sent there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenEndpoint {
    /// `https://`, a literal host or `{setting}.suffix`, and a path. Only the host sends there: it needs no entry under `egress`.
    pub url: String,
    /// Name of the setting that holds the client's id.
    pub client_id: String,
    /// How the client's id and secret are sent.
    pub client_authentication: ClientAuthentication,
    /// What the token may be used for; joined by blanks. Asked of the person who consents, or, without one, of the token endpoint.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Further members of the request: a text, or `{setting}` for a setting's value (left out while it is not set).
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Members of the answer that become settings, for example `{ rest_instance_url = "https://{tenant}.rest.vendor.example/" }`: what
    /// stands in place of `{tenant}` is the setting `tenant`, declared with `readOnly = true`. An answer of another form is refused.
    #[serde(default)]
    pub expose: BTreeMap<String, String>,
}

/// How a client says who it is at a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuthentication {
    /// `authorization: Basic`, and a form (RFC 6749, section 2.3.1).
    Basic,
    /// Members `client_id` and `client_secret` of the form.
    Form,
    /// A JSON object in place of the form.
    Json,
}

/// The page on which a person lets Sluice act for them (RFC 6749, section 4.1), always with PKCE (RFC 7636, S256).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConsentPage {
    /// `https://`, a literal host or `{setting}.suffix`, and a path. Opened by the person's browser, never by the host.
    pub url: String,
    /// Further parameters of the page's address, for example `{ access_type = "offline" }`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Days after which the person has to consent again, where the platform ends consents.
    #[serde(default)]
    pub days: Option<u32>,
}

/// The host form and the path of an endpoint's address; why not, where it is none.
pub fn endpoint(url: &str) -> Result<(HostPattern, &str), String> {
    let rest = url.strip_prefix("https://").ok_or("starts with https://")?;
    let slash = rest.find('/').ok_or("has a path")?;
    let (host, path) = rest.split_at(slash);
    if path.bytes().any(|b| matches!(b, b'?' | b'#') || !b.is_ascii_graphic()) {
        return Err("has a path without query or fragment".into());
    }
    match host.parse() {
        Ok(form @ (HostPattern::Literal(_) | HostPattern::Setting { .. })) => Ok((form, path)),
        Ok(_) => Err("has a literal host or `{setting}.suffix`".into()),
        Err(error) => Err(format!("has another host: {error}")),
    }
}

/// What stands before, in, and after the only `{…}` of a text.
pub fn braced(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let plain = |t: &str| !t.contains(['{', '}']);
    (!name.is_empty() && plain(name) && plain(after)).then_some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_form_and_a_path() {
        let (host, path) = endpoint("https://{subdomain}.auth.vendor.example/v2/token").expect("an endpoint");
        assert_eq!((host.to_string().as_str(), path), ("{subdomain}.auth.vendor.example", "/v2/token"));
        for (url, why) in [
            ("http://vendor.example/token", "starts with https://"),
            ("https://vendor.example", "has a path"),
            ("https://vendor.example/token?a=b", "has a path without query or fragment"),
            ("https://operator-host/token", "has a literal host or `{setting}.suffix`"),
            ("https://vendor.example:8443/token", "has another host: wildcards, ports, paths and userinfo are not host forms"),
        ] {
            assert_eq!(endpoint(url).unwrap_err(), why, "{url}");
        }
    }

    #[test]
    fn one_pair_of_braces_is_read() {
        assert_eq!(braced("https://{tenant}.rest.example/"), Some(("https://", "tenant", ".rest.example/")));
        assert_eq!(braced("{tenant}"), Some(("", "tenant", "")));
        for other in ["plain", "{}", "{a}{b}", "{a", "a}"] {
            assert_eq!(braced(other), None, "{other}");
        }
    }
}
