//! Addresses that the host alone uses for a credential: where it asks for tokens, and the page on which a person consents. A component
//! reaches neither of them by this; a grant's stand-ins apply to both.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use sluice_catalog::manifest::{Credential, CredentialKind, HostPattern, Manifest, endpoint};
use url::Url;

use super::{Entry, Origin, Policy, PolicyError, To, host_of_setting, not_public};
use crate::{host::Host, token::google};

/// A token endpoint, as it was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    form: Arc<str>,
    host: Host,
    path: String,
    stand_in: Option<Arc<Origin>>,
}

/// The addresses of one credential.
#[derive(Debug, Clone)]
pub(super) struct Own {
    credential: String,
    token: Option<Endpoint>,
    consent: Option<Endpoint>,
}

impl Own {
    /// Those of a manifest's credentials, with the settings put in; an address whose setting is absent is not there.
    pub(super) fn all(manifest: &Manifest, settings: &Value) -> Result<Vec<Self>, PolicyError> {
        manifest.credentials.iter().filter_map(|declared| Self::of(manifest, declared, settings).transpose()).collect()
    }

    fn of(manifest: &Manifest, declared: &Credential, settings: &Value) -> Result<Option<Self>, PolicyError> {
        let (token, consent) = match &declared.write {
            CredentialKind::GoogleServiceAccount { .. } => (google::TOKEN_URL, None),
            CredentialKind::Oauth2AuthorizationCode { token, consent } => (token.url.as_str(), Some(consent.url.as_str())),
            other => match other.token_endpoint() {
                Some(token) => (token.url.as_str(), None),
                None => return Ok(None),
            },
        };
        let resolve = |url| Endpoint::resolve(manifest, url, settings);
        let (token, consent) = (resolve(token)?, consent.map(resolve).transpose()?.flatten());
        Ok(Some(Self { credential: declared.name.clone(), token, consent }))
    }

    /// Leads to another origin where the host is this one.
    pub(super) fn stand_in(&mut self, listed: &str, origin: &Arc<Origin>) -> bool {
        let mut found = false;
        for endpoint in [&mut self.token, &mut self.consent].into_iter().flatten().filter(|e| e.host.as_str() == listed) {
            endpoint.stand_in = Some(Arc::clone(origin));
            found = true;
        }
        found
    }
}

impl Endpoint {
    fn resolve(manifest: &Manifest, url: &str, settings: &Value) -> Result<Option<Self>, PolicyError> {
        let refused = |_| PolicyError::Endpoint { url: url.to_owned() };
        let (form, path) = endpoint(url).map_err(refused)?;
        let host = match &form {
            HostPattern::Literal(host) => host.parse().map_err(|_| PolicyError::Endpoint { url: url.to_owned() })?,
            HostPattern::Setting { setting, suffix } => {
                not_public(suffix)?;
                match host_of_setting(manifest, settings, setting, suffix)? {
                    Some(host) => host,
                    None => return Ok(None),
                }
            }
            HostPattern::Operator | HostPattern::Link => return Err(PolicyError::Endpoint { url: url.to_owned() }),
        };
        Ok(Some(Self { form: form.to_string().into(), host, path: path.to_owned(), stand_in: None }))
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("https://{}{}", self.host, self.path)
    }

    /// POST to it, and nothing else.
    pub(crate) fn policy(&self) -> Policy {
        let to = To::Host { host: self.host.clone(), stand_in: self.stand_in.clone() };
        let entry = Entry { form: self.form.clone(), to, port: 443, methods: vec![Method::POST], path_prefix: self.path.clone() };
        Policy { entries: vec![entry], link_stand_ins: Vec::new(), own: Vec::new() }
    }
}

impl Policy {
    /// Where the host asks for tokens of this credential.
    pub(crate) fn token_endpoint(&self, credential: &str) -> Option<Endpoint> {
        self.own.iter().find(|own| own.credential == credential)?.token.clone()
    }

    /// The page on which a person consents, as a browser is led to it.
    pub(crate) fn consent_page(&self, credential: &str) -> Option<Url> {
        let page = self.own.iter().find(|own| own.credential == credential)?.consent.as_ref()?;
        let url = Url::parse(&page.url()).ok()?;
        Some(page.stand_in.as_ref().map_or_else(|| url.clone(), |origin| origin.in_place_of(&url)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_catalog::destination::{Grant, StandIn};

    use super::*;
    use crate::{Links, testing::manifest};

    const TEXT: &str = r#"
[settings]
type = "object"
[settings.properties]
client_id = { type = "string" }
region = { type = "string" }
tenant = { type = "string", readOnly = true }
[[egress]]
host = "{tenant}.rest.acme.example"
methods = ["GET"]
[[credentials]]
name = "account"
help = "h"
[credentials.write]
kind = "oauth2-authorization-code"
token = { url = "https://{region}.auth.acme.example/v2/token", client-id = "client_id", client-authentication = "form", expose = { url = "https://{tenant}.rest.acme.example" } }
consent = { url = "https://www.acme.example/consent" }
"#;

    fn resolve(settings: &Value, stand_ins: &[&str]) -> Result<Policy, PolicyError> {
        let to = |host: &&str| StandIn { host: (*host).to_owned(), origin: "http://127.0.0.1:4010".to_owned() };
        let grant = Grant { operator_hosts: vec![], stand_ins: stand_ins.iter().map(to).collect() };
        Policy::resolve(&manifest(TEXT), &grant, settings)
    }

    #[test]
    fn an_endpoint_is_the_hosts_own_and_a_component_does_not_reach_it() {
        let policy = resolve(&json!({ "region": "eu" }), &[]).expect("a policy");
        let endpoint = policy.token_endpoint("account").expect("an endpoint");
        assert_eq!(endpoint.url(), "https://eu.auth.acme.example/v2/token");
        let check = |policy: &Policy, method: &str, url: &str| policy.check(method, url, &Links::default()).is_ok();
        assert!(!check(&policy, "POST", &endpoint.url()), "not by the component's policy");
        for (method, url, allowed) in [
            ("POST", "https://eu.auth.acme.example/v2/token", true),
            ("GET", "https://eu.auth.acme.example/v2/token", false),
            ("POST", "https://eu.auth.acme.example/v2", false),
            ("POST", "https://us.auth.acme.example/v2/token", false),
            ("POST", "http://eu.auth.acme.example/v2/token", false),
        ] {
            assert_eq!(check(&endpoint.policy(), method, url), allowed, "{method} {url}");
        }
        assert_eq!(policy.consent_page("account").expect("a page").as_str(), "https://www.acme.example/consent");
        assert!(policy.token_endpoint("another").is_none());
    }

    #[test]
    fn a_setting_in_an_endpoint_is_one_label_and_an_absent_one_gives_no_endpoint() {
        for region in ["eu.evil.example/", "a.b", "eu@evil", "", "-a"] {
            assert!(resolve(&json!({ "region": region }), &[]).is_err(), "{region}");
        }
        assert!(resolve(&json!({}), &[]).expect("a policy").token_endpoint("account").is_none());
    }

    #[test]
    fn stand_ins_apply_to_endpoints_and_to_hosts_that_the_platform_will_tell() {
        let settings = json!({ "region": "eu" });
        let own = ["eu.auth.acme.example", "www.acme.example", "mc-1.rest.acme.example"];
        let policy = resolve(&settings, &own).expect("all of them are reached, or may be");
        let dialled = |policy: Policy, method: &str, url: &str| {
            policy.check(method, url, &Links::default()).expect("allowed").dialled().to_string()
        };
        let token = policy.token_endpoint("account").expect("an endpoint").policy();
        assert_eq!(dialled(token, "POST", "https://eu.auth.acme.example/v2/token"), "http://127.0.0.1:4010/v2/token");
        assert_eq!(policy.consent_page("account").expect("a page").as_str(), "http://127.0.0.1:4010/consent");
        let told = resolve(&json!({ "region": "eu", "tenant": "mc-1" }), &own).expect("a policy");
        assert_eq!(dialled(told, "GET", "https://mc-1.rest.acme.example/x"), "http://127.0.0.1:4010/x");
        for host in ["us.auth.acme.example", "a.b.rest.acme.example", "rest.acme.example", "evil.example"] {
            assert_eq!(resolve(&settings, &[host]).err(), Some(PolicyError::StandInUnlisted { host: host.into() }), "{host}");
        }
    }
}
