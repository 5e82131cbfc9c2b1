//! The token endpoint, `POST /token` of oauth2.googleapis.com, and the page of consent, `GET /o/oauth2/v2/auth` of accounts.google.com,
//! where the twin's person says yes at once.
//!
//! In the notes: the form of a refresh, its answer without a new refresh token, `invalid_grant` with 400, that a service account's
//! assertion is signed with RS256. All else is OAuth practice (RFC 6749, 7523, 7636) with the vendor's sentences as public clients
//! have recorded them (inferred).

mod assertion;
mod tokens;

pub(super) use tokens::{Tokens, Unfit};

use axum::extract::Query;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    options::{ADWORDS_SCOPE, AuthorizationCode, DATA_MANAGER_SCOPE},
    words::Refusal,
};
use crate::vendor::{Call, Reply};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The members of a form, each once.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let refused = |description: &str| Refusal::grant(400, "invalid_request", description);
        let content_type = call.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form =
            content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let text = std::str::from_utf8(&call.body).ok().filter(|_| is_form);
        let uri = text.and_then(|text| http::Uri::builder().path_and_query(format!("/?{text}")).build().ok());
        let pairs = uri.and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        let Query(pairs) = pairs.ok_or_else(|| refused("The body is not a form."))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|(before, _)| before == name) {
                return Err(refused(&format!("OAuth 2 parameters can only have a single value: {name}")));
            }
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::grant(400, "invalid_request", &format!("Missing required parameter: {name}"));
        self.get(name).ok_or_else(missing)
    }
}

/// `POST /token`.
pub(super) fn token(tokens: &mut Tokens, call: &Call) -> Result<Reply, Refusal> {
    let form = Form::of(call)?;
    let answer = match form.need("grant_type")? {
        "refresh_token" => refreshed(tokens, &form, call.now),
        "authorization_code" => exchanged(tokens, &form, call.now),
        JWT_BEARER => {
            let scopes = assertion::scopes(tokens, form.need("assertion")?, call.now)?;
            let (token, lives_s) = tokens.issue(scopes, None, call.now);
            Ok(json!({ "access_token": token, "expires_in": lives_s, "token_type": "Bearer" }))
        }
        other => Err(Refusal::grant(400, "unsupported_grant_type", &format!("Invalid grant_type: {other}"))),
    }?;
    Ok(Reply::json(200, &answer).header("cache-control", "no-cache, no-store, max-age=0, must-revalidate"))
}

/// Who asks, by the members of the form (the notes, *Auth*).
fn client<'a>(tokens: &Tokens, form: &'a Form) -> Result<&'a str, Refusal> {
    let id = form
        .get("client_id")
        .ok_or_else(|| Refusal::grant(400, "invalid_request", "Could not determine client ID from request."))?;
    let known = tokens.client(id).ok_or_else(|| Refusal::grant(401, "invalid_client", "The OAuth client was not found."))?;
    match form.get("client_secret") {
        None => Err(Refusal::grant(400, "invalid_request", "client_secret is missing.")),
        Some(secret) if secret == known.client_secret => Ok(id),
        Some(_) => Err(Refusal::grant(401, "invalid_client", "Unauthorized")),
    }
}

fn refreshed(tokens: &mut Tokens, form: &Form, now: Timestamp) -> Result<Value, Refusal> {
    let token = form.need("refresh_token")?;
    let client_id = client(tokens, form)?;
    let over = || Refusal::grant(400, "invalid_grant", "Token has been expired or revoked.");
    let grant = tokens.refresh(token).cloned().ok_or_else(over)?;
    if grant.client_id != client_id {
        return Err(Refusal::grant(401, "unauthorized_client", "Unauthorized"));
    }
    let scopes = match form.get("scope") {
        None => grant.scopes.clone(),
        Some(asked) => {
            let asked: Vec<String> = asked.split(' ').map(str::to_owned).collect();
            if asked.iter().any(|scope| !grant.scopes.contains(scope)) {
                return Err(Refusal::grant(400, "invalid_scope", "Bad Request"));
            }
            asked
        }
    };
    let (access, lives_s) = tokens.issue(scopes.clone(), Some(token), now);
    let mut answer = json!({ "access_token": access, "expires_in": lives_s, "scope": scopes.join(" "), "token_type": "Bearer" });
    if grant.rotates {
        answer["refresh_token"] = tokens.grant(client_id, grant.scopes, true).into();
        tokens.rotate(token);
    }
    Ok(answer)
}

fn exchanged(tokens: &mut Tokens, form: &Form, now: Timestamp) -> Result<Value, Refusal> {
    let code = form.need("code")?;
    let client_id = client(tokens, form)?;
    let redirect_uri = form.need("redirect_uri")?;
    let invalid = |description: &str| Refusal::grant(400, "invalid_grant", description);
    // Good once: whatever is wrong with the rest, the code is spent.
    let known = tokens.take_code(code).ok_or_else(|| invalid("Malformed auth code."))?;
    if known.client_id != client_id {
        return Err(invalid("Bad Request"));
    }
    if known.redirect_uri != redirect_uri {
        return Err(Refusal::grant(400, "redirect_uri_mismatch", "Bad Request"));
    }
    match (&known.code_challenge, form.get("code_verifier")) {
        (None, None) => {}
        (Some(_), None) => return Err(invalid("Missing code verifier.")),
        (Some(challenge), Some(verifier)) if is_verified(challenge, verifier, known.plain) => {}
        (_, Some(_)) => return Err(invalid("Invalid code verifier.")),
    }
    let refresh = tokens.grant(client_id, known.scopes.clone(), false);
    let (access, lives_s) = tokens.issue(known.scopes.clone(), Some(&refresh), now);
    Ok(json!({
        "access_token": access, "expires_in": lives_s, "refresh_token": refresh, "scope": known.scopes.join(" "), "token_type": "Bearer",
    }))
}

/// RFC 7636: a verifier of 43 to 128 unreserved characters, and what its challenge is made of.
fn is_verified(challenge: &str, verifier: &str, plain: bool) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let is_one = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let made = if plain { verifier.to_owned() } else { URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) };
    is_one && made == challenge
}

/// `GET /o/oauth2/v2/auth`: the person consents, and the browser is led back with a code.
pub(super) fn consent(tokens: &mut Tokens, call: &Call) -> Result<Reply, Refusal> {
    let form = Form(call.pairs().unwrap_or_default());
    let client_id = form.need("client_id")?;
    let client =
        tokens.client(client_id).ok_or_else(|| Refusal::grant(401, "invalid_client", "The OAuth client was not found."))?;
    let redirect_uri = form.need("redirect_uri")?;
    if !client.redirect_uris.is_empty() && client.redirect_uris.iter().all(|known| known != redirect_uri) {
        return Err(Refusal::grant(400, "redirect_uri_mismatch", "The redirect URI in the request does not match."));
    }
    if form.need("response_type")? != "code" {
        return Err(Refusal::grant(400, "unsupported_response_type", "Invalid response_type."));
    }
    let scopes: Vec<String> = form.need("scope")?.split(' ').map(str::to_owned).collect();
    if scopes.iter().any(|scope| scope != DATA_MANAGER_SCOPE && scope != ADWORDS_SCOPE) {
        return Err(Refusal::grant(400, "invalid_scope", "Some requested scopes were invalid."));
    }
    let plain = match form.get("code_challenge_method") {
        None | Some("plain") => true,
        Some("S256") => false,
        Some(_) => return Err(Refusal::grant(400, "invalid_request", "Invalid code_challenge_method.")),
    };
    let code = tokens.code();
    tokens.put_code(AuthorizationCode {
        code: code.clone(),
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        code_challenge: form.get("code_challenge").map(str::to_owned),
        plain,
        scopes,
    });
    let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    let mut location = format!("{redirect_uri}{joint}code={}", encoded(&code));
    if let Some(state) = form.get("state") {
        location.push_str(&format!("&state={}", encoded(state)));
    }
    Ok(Reply::bytes(302, "text/html; charset=utf-8", bytes::Bytes::new()).header("location", location))
}
