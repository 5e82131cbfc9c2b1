//! A service account's assertion (RFC 7523): a JWT of RS256 whose issuer is known, whose audience is the token endpoint, which lives an
//! hour at most, and whose signature fits the account's key where the twin was given one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rsa::{
    pkcs1v15::{Signature, VerifyingKey},
    signature::Verifier,
};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{
    super::{
        limits,
        options::{ADWORDS_SCOPE, DATA_MANAGER_SCOPE},
        words::Refusal,
    },
    Tokens,
};

/// The audience, which is the endpoint's own address whatever host the twin is reached by.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// Seconds by which two clocks may differ (inferred).
const SKEW_S: i64 = 60;

fn invalid(description: &str) -> Refusal {
    Refusal::grant(400, "invalid_grant", description)
}

fn part(text: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    match std::str::from_utf8(&bytes).ok()?.parse().ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// What an assertion asks for.
pub(super) fn scopes(tokens: &Tokens, assertion: &str, now: Timestamp) -> Result<Vec<String>, Refusal> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return Err(invalid("Invalid JWT: Failed to parse.")) };
    let unparsed = || invalid("Invalid JWT: Failed to parse.");
    let (head, body) = (part(header).ok_or_else(unparsed)?, part(claims).ok_or_else(unparsed)?);
    if head.get("alg").and_then(Value::as_str) != Some("RS256") || head.get("typ").is_some_and(|typ| typ != "JWT") {
        return Err(invalid("Invalid JWT: the algorithm must be RS256."));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let account = tokens.account(text("iss")).ok_or_else(|| invalid("Invalid grant: account not found"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes| !bytes.is_empty());
    let fits = match (account.key(), &signature) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(key), Some(bytes)) => Signature::try_from(bytes.as_slice())
            .and_then(|signature| {
                VerifyingKey::<Sha256>::new(key.clone()).verify(format!("{header}.{claims}").as_bytes(), &signature)
            })
            .is_ok(),
    };
    if !fits {
        return Err(invalid("Invalid JWT Signature."));
    }
    if text("aud") != AUDIENCE {
        return Err(invalid("Invalid JWT: Failed audience check."));
    }
    let second = |name: &str| body.get(name).and_then(Value::as_i64);
    let now = now.as_second();
    let is_timely = match (second("iat"), second("exp")) {
        (Some(iat), Some(exp)) => {
            iat <= now + SKEW_S && exp > now && iat < exp && exp.saturating_sub(iat) <= limits::ASSERTION_LIVES_S_MAX
        }
        _ => false,
    };
    if !is_timely {
        return Err(invalid(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
        ));
    }
    let scopes: Vec<String> = text("scope").split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| scope != DATA_MANAGER_SCOPE && scope != ADWORDS_SCOPE) {
        return Err(Refusal::grant(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."));
    }
    Ok(scopes)
}
