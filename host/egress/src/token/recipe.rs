//! How a credential's token is asked for: endpoint, client, secret, parameters, as manifest, settings and secrets have them.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sluice_catalog::{
    manifest::{ClientAuthentication, Credential, CredentialKind, Manifest, TokenEndpoint, braced},
    seal::Secret,
};

use super::{expose::Expose, google::ServiceAccount};
use crate::{
    credential::CredentialError,
    policy::{Endpoint, Policy},
};

/// How a token is asked for.
pub(crate) struct Recipe {
    /// The credential's name.
    pub(crate) name: String,
    /// Where.
    pub(super) endpoint: Endpoint,
    pub(super) with: With,
    /// What the answer exposes.
    pub(super) exposes: Vec<Expose>,
    /// Digest of everything that an access token depends on: no secret can be read from it.
    pub(super) of: String,
}

pub(super) enum With {
    /// A client and its secret.
    Client(Client),
    /// A signed assertion.
    Google { account: Box<ServiceAccount>, scope: String },
}

pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Arc<Secret>,
    pub(super) authentication: ClientAuthentication,
    pub(super) scopes: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
    /// Whether tokens are got with a refresh token, and not with the client's secret alone.
    pub(super) refreshes: bool,
    /// Whether scopes are asked of the person who consents, and not of the endpoint.
    pub(super) consents: bool,
}

impl Recipe {
    /// Of a credential that is exchanged for tokens, whose secret has been entered. What has to be hidden beside it goes to `hidden`.
    pub(crate) fn of(
        manifest: &Manifest,
        declared: &Credential,
        (policy, settings): (&Policy, &Value),
        secret: &Arc<Secret>,
        hidden: &mut Vec<Arc<Secret>>,
    ) -> Result<Self, CredentialError> {
        let name = declared.name.clone();
        let endpoint = policy.token_endpoint(&name);
        let endpoint = endpoint.ok_or_else(|| CredentialError::Endpoint { name: name.clone() })?;
        let (refreshes, consents) = match &declared.write {
            CredentialKind::GoogleServiceAccount { scopes } => {
                let (account, key) =
                    ServiceAccount::parse(secret).map_err(|cause| CredentialError::KeyFile { name: name.clone(), cause })?;
                hidden.push(Arc::new(key));
                let scope = scopes.join(" ");
                let of = digest(&[&endpoint.url(), &scope], secret);
                let with = With::Google { account: Box::new(account), scope };
                return Ok(Self { name, endpoint, with, exposes: Vec::new(), of });
            }
            CredentialKind::Oauth2RefreshToken { .. } => (true, false),
            CredentialKind::Oauth2AuthorizationCode { .. } => (true, true),
            _ => (false, false),
        };
        let token = declared.write.token_endpoint().expect("every other kind of token has an endpoint");
        let setting = |setting: &str| text(settings, setting);
        let id = setting(&token.client_id);
        let id = id.ok_or_else(|| CredentialError::Setting { name: name.clone(), setting: token.client_id.clone() })?;
        std::str::from_utf8(secret.reveal()).map_err(|_| CredentialError::Bytes { name: name.clone() })?;
        let parameters = parameters(token, settings);
        let manner = format!("{:?} {refreshes} {consents}", token.client_authentication);
        let mut parts = vec![endpoint.url(), id.clone(), token.scopes.join(" "), manner];
        parts.extend(parameters.iter().map(|(key, value)| format!("{key}={value}")));
        let client = Client {
            id,
            secret: Arc::clone(secret),
            authentication: token.client_authentication,
            scopes: token.scopes.clone(),
            parameters,
            refreshes,
            consents,
        };
        let of = digest(&parts.iter().collect::<Vec<_>>(), secret);
        Ok(Self { name, endpoint, with: With::Client(client), exposes: Expose::of(manifest, token), of })
    }

    /// Whether a token of the other one is as good, and asked for at the same place.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.of == other.of && self.endpoint == other.endpoint && self.exposes == other.exposes
    }

    /// Whether a refresh token is needed.
    pub(crate) fn refreshes(&self) -> bool {
        matches!(&self.with, With::Client(client) if client.refreshes)
    }
}

/// Further members of the request, each a text or a setting that is set.
fn parameters(token: &TokenEndpoint, settings: &Value) -> Vec<(String, String)> {
    let one = |(key, value): (&String, &String)| match braced(value) {
        Some((_, setting, _)) => Some((key.clone(), text(settings, setting)?)),
        None => Some((key.clone(), value.clone())),
    };
    token.parameters.iter().filter_map(one).collect()
}

/// A setting as text; none while it is not set.
pub(super) fn text(settings: &Value, setting: &str) -> Option<String> {
    match settings.get(setting)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        number @ (Value::Number(_) | Value::Bool(_)) => Some(number.to_string()),
        _ => None,
    }
}

fn digest(parts: &[&String], secret: &Secret) -> String {
    let mut hasher = Sha256::new();
    for part in parts.iter().map(|part| part.as_bytes()).chain([secret.reveal()]) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}
