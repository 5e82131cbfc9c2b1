//! One token request: written here as the standard has it, carried by the gate under a policy that allows nothing else, and read here.
//!
//! Whatever comes back is an [`Answer`] or a [`TokenFailure`] without secrets. Nothing is repeated: a request with a refresh token may
//! have used it up.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value};
use sluice_catalog::{
    Code,
    contract::{AnswerTo, Body, Effect, Request},
    manifest::ClientAuthentication,
    record::EgressRecord,
    seal::Secret,
};
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{
    TokenFailure, google,
    recipe::{Client, Recipe, With},
};
use crate::{
    Gate, Pacer, Pass, Recorder,
    credential::Credentials,
    deadline::Deadline,
    limits::{TOKEN_ANSWER_BYTES_MAX, TOKEN_TIME_MAX},
    pace::retry_after,
    scrub::Scrubber,
};

/// With what a token is asked for.
pub(super) enum Grant<'a> {
    /// The client's own secret, or a service account's signature.
    Own,
    /// A refresh token.
    Refresh(&'a Secret),
    /// The code of a consent, and what it is bound to.
    Code { code: &'a Secret, verifier: &'a Secret, redirect: &'a str },
}

/// A token's answer (RFC 6749, section 5.1), read more leniently than it is written: some platforms leave the type out, write the lifetime
/// as text, or write 0 for a token that does not end.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) access_token: String,
    #[serde(default)]
    pub(super) refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<Value>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}

impl Answer {
    /// How long the token is good; none where the platform does not say.
    pub(super) fn good_for(&self) -> Option<Duration> {
        let seconds = match self.expires_in.as_ref()? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        // Mailchimp says 0 (requests-oauthlib, pull request 169, read 2026-11-27); of a token that has ended already nobody would tell us.
        Duration::try_from_secs_f64(seconds).ok().filter(|life| !life.is_zero())
    }
}

/// The lines that the requests leave.
#[derive(Default)]
pub(super) struct Lines(Mutex<Vec<EgressRecord>>);

impl Lines {
    pub(super) fn take(&self) -> Vec<EgressRecord> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder for Lines {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

/// What a request is carried with.
pub(super) struct Carrier<'a> {
    pub(super) gate: &'a Gate,
    pub(super) recipe: &'a Recipe,
    pub(super) component: Arc<str>,
    pub(super) lines: Arc<Lines>,
    pub(super) now: jiff::Timestamp,
}

/// Members of a request, in their order.
type Members = Vec<(String, Zeroizing<String>)>;

fn text(secret: &Secret) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(secret.reveal()).into_owned())
}

fn member(name: &str, value: impl Into<String>) -> (String, Zeroizing<String>) {
    (name.to_owned(), Zeroizing::new(value.into()))
}

impl Carrier<'_> {
    /// Asks.
    pub(super) async fn ask(&self, grant: &Grant<'_>) -> Result<Answer, TokenFailure> {
        let answer = match self.members(grant) {
            Ok(members) => self.send(members, grant).await,
            Err(cause) => Err(TokenFailure::new(Code::DestClientRefused, cause)),
        };
        answer.map_err(|failure| failure.map(|words| self.scrubber(grant).scrub_text(words)))
    }

    fn members(&self, grant: &Grant<'_>) -> Result<Members, String> {
        let client = match &self.recipe.with {
            With::Client(client) => client,
            With::Google { account, scope } => {
                let assertion = account.assertion(scope, self.now)?;
                return Ok(vec![member("grant_type", google::GRANT_TYPE), member("assertion", assertion)]);
            }
        };
        let mut members = match grant {
            Grant::Own => vec![member("grant_type", "client_credentials")],
            Grant::Refresh(token) => {
                vec![member("grant_type", "refresh_token"), ("refresh_token".to_owned(), text(token))]
            }
            Grant::Code { code, verifier, redirect } => vec![
                member("grant_type", "authorization_code"),
                ("code".to_owned(), text(code)),
                ("code_verifier".to_owned(), text(verifier)),
                member("redirect_uri", *redirect),
            ],
        };
        if !client.consents && !client.scopes.is_empty() {
            members.push(member("scope", client.scopes.join(" ")));
        }
        if client.authentication != ClientAuthentication::Basic {
            members.extend([member("client_id", client.id.as_str()), ("client_secret".to_owned(), text(&client.secret))]);
        }
        members.extend(client.parameters.iter().map(|(name, value)| member(name, value.as_str())));
        Ok(members)
    }

    async fn send(&self, members: Members, grant: &Grant<'_>) -> Result<Answer, TokenFailure> {
        let authentication = match &self.recipe.with {
            With::Client(client) => client.authentication,
            With::Google { .. } => ClientAuthentication::Form,
        };
        let (media_type, body) = match authentication {
            ClientAuthentication::Json => {
                let object: Map<String, Value> = members.iter().map(|(n, v)| (n.clone(), Value::from(v.as_str()))).collect();
                ("application/json", serde_json::to_vec(&object).expect("text keys only"))
            }
            ClientAuthentication::Basic | ClientAuthentication::Form => {
                let pairs = members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                ("application/x-www-form-urlencoded", Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes())
            }
        };
        let authorization = match &self.recipe.with {
            With::Client(client) if authentication == ClientAuthentication::Basic => Some(basic(client)?),
            _ => None,
        };
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![header("accept", "application/json"), header("content-type", media_type)];
        let (status, body) = self.carry(headers, authorization, body).await?;
        if status != 200 {
            return Err(TokenFailure::of_answer(status, &body, !matches!(grant, Grant::Own)));
        }
        let no_token = "the platform's token endpoint answers with something that is no token";
        serde_json::from_slice(&body).map_err(|_| TokenFailure::new(Code::DestProtocol, no_token))
    }

    /// Carries one request; what is busy or broken is a failure already, every 2xx is 200.
    async fn carry(
        &self,
        headers: Vec<(String, String)>,
        authorization: Option<HeaderValue>,
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), TokenFailure> {
        let recipe = self.recipe;
        let credentials = Credentials::of_token_request(&recipe.name, authorization);
        let policy = Arc::new(recipe.endpoint.policy());
        let pass = Pass::new(policy, Arc::new(credentials), Arc::new(Pacer::none()), self.component.clone(), self.lines.clone());
        let request = Request {
            method: "POST".into(),
            url: recipe.endpoint.url(),
            headers,
            body: Body::Bytes(body),
            credentials: vec![recipe.name.clone()],
            effect: Effect::Once,
            pace: Vec::new(),
            answer: AnswerTo::Bytes,
            answer_bytes_max: TOKEN_ANSWER_BYTES_MAX,
            attrs: Vec::new(),
        };
        let answer = self.gate.send(&pass, request, Deadline::after(TOKEN_TIME_MAX)).await;
        let answer = answer.map_err(|failure| TokenFailure::of_exchange(&failure))?;
        let Body::Bytes(body) = answer.body else { return Err(TokenFailure::new(Code::Internal, "an answer in a spool")) };
        if answer.truncated {
            let message = format!("the token's answer has more than {TOKEN_ANSWER_BYTES_MAX} bytes");
            return Err(TokenFailure::new(Code::DestProtocol, message));
        }
        match answer.status {
            200..=299 => Ok((200, body)),
            429 => {
                let pairs = answer.headers.iter();
                let headers: HeaderMap = pairs.filter_map(|(n, v)| Some((n.parse().ok()?, v.parse().ok()?))).collect();
                Err(TokenFailure::throttled("the platform gives no token for now (429)", retry_after(&headers, self.now)))
            }
            408 | 504 => Err(TokenFailure::new(Code::DestTimeout, "the platform's token endpoint took too long")),
            status @ 500..=599 => {
                Err(TokenFailure::new(Code::DestUnavailable, format!("the platform's token endpoint does not work ({status})")))
            }
            status @ 300..=399 => {
                let message = format!("the platform's token endpoint points to another address, which is not followed ({status})");
                Err(TokenFailure::new(Code::DestConfig, message))
            }
            status => Ok((status, body)),
        }
    }

    fn scrubber(&self, grant: &Grant<'_>) -> Scrubber {
        let mut secrets: Vec<&[u8]> = match &self.recipe.with {
            With::Client(client) => vec![client.secret.reveal()],
            With::Google { .. } => Vec::new(),
        };
        match grant {
            Grant::Own => {}
            Grant::Refresh(token) => secrets.push(token.reveal()),
            Grant::Code { code, verifier, .. } => secrets.extend([code.reveal(), verifier.reveal()]),
        }
        Scrubber::new(secrets)
    }
}

/// Id and secret, each form-encoded before they are joined (RFC 6749, section 2.3.1).
fn basic(client: &Client) -> Result<HeaderValue, TokenFailure> {
    let encoded = |bytes: &[u8]| byte_serialize(bytes).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encoded(client.id.as_bytes()), encoded(client.secret.reveal())));
    let header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut header = header.map_err(|_| TokenFailure::new(Code::Internal, "base64 is no header"))?;
    header.set_sensitive(true);
    Ok(header)
}
