//! The token endpoint and the tokens it has issued (*Auth*): client credentials in JSON or as a form, for a business unit, with some of
//! the package's scopes. There is no refresh token. Who may do what with a token is `service`'s.

use std::collections::VecDeque;

use http::header;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{
    limits,
    options::{Client, Options, READ, WRITE},
    service::Service,
    words::Refusal,
};
use crate::{
    rates::Rates,
    vendor::{Call, Part, Portion, Reply},
};

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) scopes: Vec<String>,
    /// Its business unit; none when the client named none and has none.
    pub(super) account_id: Option<String>,
    /// Of the fixed token: every unit's data.
    pub(super) everywhere: bool,
}

struct Token {
    text: String,
    client_id: String,
    grant: Grant,
    ends: Timestamp,
}

/// Clients and tokens. It has no `Debug`: secrets are not printed.
pub(super) struct Vault {
    clients: Vec<Client>,
    tokens: VecDeque<Token>,
    made: u64,
    asked: Rates<String>,
}

impl Vault {
    pub(super) fn new(options: &Options) -> Self {
        Self { clients: options.clients.clone(), tokens: VecDeque::new(), made: 0, asked: Rates::default() }
    }

    /// A client that is new, or has another secret, other scopes or other units from now on. Its tokens stay good.
    pub(super) fn put(&mut self, client: Client) {
        self.clients.retain(|known| known.client_id != client.client_id);
        self.clients.push(client);
    }

    /// Ends a token, or all of them (`*`). Whether there was one.
    pub(super) fn revoke(&mut self, text: &str) -> bool {
        let before = self.tokens.len();
        self.tokens.retain(|token| text != "*" && token.text != text);
        text == "*" || self.tokens.len() < before
    }

    /// What a token allows now; none when it is not known or is over.
    pub(super) fn grant(&self, text: &str, now: Timestamp) -> Option<Grant> {
        self.tokens.iter().find(|token| token.text == text && now < token.ends).map(|token| token.grant.clone())
    }

    /// Live tokens of each client, without their texts.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let clients = self.clients.iter().map(|client| {
            let live = self.tokens.iter().filter(|token| token.client_id == client.client_id && now < token.ends).count();
            (client.client_id.clone(), json!({ "scopes": client.scopes, "account_ids": client.account_ids, "live_tokens": live }))
        });
        Value::Object(clients.collect())
    }
}

/// `POST /v2/token`.
pub(super) fn token(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let asked = Asked::of(call)?;
    if asked.grant_type != "client_credentials" {
        return Err(Refusal::token("unsupported_grant_type", "The grant type is not supported."));
    }
    let mut vault = service.vault();
    let vault = &mut *vault;
    let bad = || Refusal::Token {
        status: service.options.bad_client_status,
        error: "invalid_client",
        description: "Invalid client ID or client secret.".to_owned(),
    };
    let client = vault.clients.iter().find(|client| client.client_id == asked.client_id).ok_or_else(bad)?;
    service.counted(&client.client_id, call.now);
    if let Some(most) = service.options.token_requests_max {
        let stands = vault.asked.count(client.client_id.clone(), (most, limits::TOKEN_WINDOW_S), call.now);
        if stands.exceeded {
            let wait_s = u64::try_from(stands.reset - call.now.as_second()).unwrap_or(1);
            return Err(Refusal::Throttled { wait_s: Some(wait_s) });
        }
    }
    if client.client_secret != asked.client_secret {
        return Err(bad());
    }
    if let Some(account) = &asked.account_id
        && !client.account_ids.is_empty()
        && !client.account_ids.contains(account)
    {
        // In one row with a bad id or secret (*Errors*); the word is (inferred).
        return Err(Refusal::token("invalid_client", "The client may not act for this account_id."));
    }
    let scopes = match asked.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty()) {
        None => client.scopes.clone(),
        Some(wanted) => {
            let wanted: Vec<String> = wanted.split_whitespace().map(str::to_owned).collect();
            if let Some(more) = wanted.iter().find(|scope| !client.scopes.contains(scope)) {
                return Err(Refusal::token("invalid_scope", format!("The client does not have the scope {more}.")));
            }
            wanted
        }
    };
    let lives = service.options.token_lives_s;
    vault.made += 1;
    let text = format!("sfmc.{}.{:08x}", vault.made, call.number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
    let answer = json!({
        "access_token": text, "token_type": "Bearer", "expires_in": lives, "scope": scopes.join(" "),
        "rest_instance_url": service.options.instance("rest"), "soap_instance_url": service.options.instance("soap"),
    });
    // A fault that lets nothing through gives a token that nobody knows.
    if portion.part == Part::All {
        let account_id = asked.account_id.or_else(|| client.account_ids.first().cloned());
        let ends = call.now.checked_add(SignedDuration::from_secs(lives.into())).unwrap_or(Timestamp::MAX);
        let grant = Grant { scopes, account_id, everywhere: false };
        let client_id = client.client_id.clone();
        vault.tokens.push_back(Token { text, client_id, grant, ends });
        if vault.tokens.len() > limits::TOKENS_MAX {
            vault.tokens.pop_front();
        }
    }
    Ok(Reply::json(200, &answer).header("cache-control", "no-store"))
}

/// What the fixed token allows.
pub(super) fn fixed() -> Grant {
    Grant { scopes: vec![READ.to_owned(), WRITE.to_owned()], account_id: None, everywhere: true }
}

struct Asked {
    grant_type: String,
    client_id: String,
    client_secret: String,
    account_id: Option<String>,
    scope: Option<String>,
}

impl Asked {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form =
            content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let wrong = |what: &str| Refusal::token("invalid_request", what);
        let sent = match (form, call.is_json()) {
            (true, _) => pairs(&call.body).ok_or_else(|| wrong("The body is not a form."))?,
            (_, true) => call.object().ok_or_else(|| wrong("The body is not a JSON object."))?,
            _ => return Err(wrong("The content type must be application/json or application/x-www-form-urlencoded.")),
        };
        let text = |name: &str| match sent.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            // A MID is a number.
            Some(Value::Number(number)) if name == "account_id" => Ok(Some(number.to_string())),
            Some(_) => Err(wrong(&format!("{name} must be a text."))),
        };
        let needed = |name: &str| text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| wrong(&format!("{name} is required.")));
        let account_id = text("account_id")?.filter(|account| !account.is_empty());
        if account_id.as_ref().is_some_and(|account| !account.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(wrong("account_id must be a number."));
        }
        Ok(Self {
            grant_type: needed("grant_type")?,
            client_id: needed("client_id")?,
            client_secret: needed("client_secret")?,
            account_id,
            scope: text("scope")?,
        })
    }
}

/// A form; none when it is not UTF-8, or names something twice.
fn pairs(body: &[u8]) -> Option<Map<String, Value>> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(|text| text.into_owned());
    let mut pairs = Map::new();
    for pair in std::str::from_utf8(body).ok()?.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if pairs.insert(decoded(name)?, decoded(value)?.into()).is_some() {
            return None;
        }
    }
    Some(pairs)
}
