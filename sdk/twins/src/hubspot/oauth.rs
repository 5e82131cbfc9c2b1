//! The authorize page and the token endpoint (*Auth*). In the real world the page is on another host; here it is on the same one. The
//! page asks, and its form (`consent=allow` or `deny`) leads back to the app with a code or an error; it does so at once when
//! [`Consent`] says so.
//!
//! Refusals of the token endpoint are 400 with the vendor's word in `status` and the standard's in `error` (inferred); those of the
//! page are pages, except what the person decides.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{options::Consent, service::Service, words::Refusal};
use crate::vendor::{Call, Part, Portion, Reply};

pub(super) const AUTHORIZE: &str = "/oauth/authorize";
pub(super) const TOKEN: &str = "/oauth/v1/token";

/// Characters of the page that are not its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(status: u16, title: &str, rest: &str) -> Reply {
    let page = format!(
        "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>{rest}</body></html>",
        title = escaped(title)
    );
    Reply::bytes(status, "text/html; charset=utf-8", page.into())
}

/// `GET` and `POST /oauth/authorize?client_id&redirect_uri&scope[&state]`.
pub(super) fn authorize(service: &Service, call: &Call) -> Reply {
    let query: HashMap<String, String> = call.pairs().unwrap_or_default().into_iter().collect();
    let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let app = &service.options.app;
    if get("client_id") != app.client_id {
        return page(400, "The app does not exist", "");
    }
    let redirect = get("redirect_uri");
    if !is_allowed(redirect, &app.redirect_uris) {
        return page(400, "The redirect_uri is not one of the app's", "");
    }
    let scopes: Vec<String> = get("scope").split([' ', '+']).filter(|it| !it.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() {
        return page(400, "No scope was asked for", "");
    }
    let decided = match (call.method.as_str(), service.options.consent) {
        ("GET", Consent::Ask) => None,
        ("GET", Consent::Allow) => Some(true),
        ("GET", Consent::Deny) => Some(false),
        ("POST", _) => match form(call).as_ref().and_then(|form| form.get("consent")).map(String::as_str) {
            Some("allow") => Some(true),
            Some("deny") => Some(false),
            _ => return page(400, "The form says neither allow nor deny", ""),
        },
        _ => return page(405, "HTTP 405 Method Not Allowed", ""),
    };
    let state = query.get("state").map(|state| ("state", state.clone()));
    match decided {
        None => {
            let list: String = scopes.iter().map(|scope| format!("<li>{}</li>", escaped(scope))).collect();
            let action = escaped(&format!("{AUTHORIZE}?{}", call.query.as_deref().unwrap_or_default()));
            let button = |value: &str| format!("<button name=\"consent\" value=\"{value}\">{value}</button>");
            let form = format!("<form method=\"post\" action=\"{action}\">{}{}</form>", button("allow"), button("deny"));
            page(200, "Connect the app to your account", &format!("<ul>{list}</ul>{form}"))
        }
        Some(true) => {
            let code = service.vault().code(redirect, scopes, call.now);
            back(redirect, [("code", code)].into_iter().chain(state))
        }
        Some(false) => {
            let error = [("error", "access_denied".to_owned()), ("error_description", "The user denied access".to_owned())];
            back(redirect, error.into_iter().chain(state))
        }
    }
}

/// The app's own addresses; anywhere on this machine when it has none.
fn is_allowed(redirect: &str, known: &[String]) -> bool {
    if !known.is_empty() {
        return known.iter().any(|it| it == redirect);
    }
    let rest = redirect.strip_prefix("http://").or_else(|| redirect.strip_prefix("https://")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    !authority.contains('@') && matches!(host, "localhost" | "127.0.0.1" | "::1")
}

fn back(redirect: &str, pairs: impl Iterator<Item = (&'static str, String)>) -> Reply {
    let pairs: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC))).collect();
    let mark = if redirect.contains('?') { '&' } else { '?' };
    let reply = Reply::bytes(302, "text/html; charset=utf-8", bytes::Bytes::new());
    reply.header("location", format!("{redirect}{mark}{}", pairs.join("&"))).header("cache-control", "no-store")
}

/// A form, each name once; none when it is none.
fn form(call: &Call) -> Option<HashMap<String, String>> {
    let content_type = call.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let query = std::str::from_utf8(&call.body).ok()?.to_owned();
    let pairs = Call { query: Some(query), ..call.clone() }.pairs()?;
    let count = pairs.len();
    let form: HashMap<String, String> = pairs.into_iter().collect();
    (form.len() == count).then_some(form)
}

/// `POST /oauth/v1/token`: a code or a refresh token for an access token. Its body has secrets, so the log keeps none of it. A fault
/// that applies nothing leaves the code or the refresh token good, and what is answered is worth nothing.
pub(super) fn token(service: &Service, call: &Call, portion: Portion<'_>) -> Reply {
    let answered = exchange(service, call, portion).unwrap_or_else(|refusal| refusal.reply(call.number));
    let mut reply = answered.header("cache-control", "no-store");
    reply.withhold = true;
    reply
}

fn exchange(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    if call.method != http::Method::POST {
        return Err(Refusal::of_status(405));
    }
    let form = form(call).ok_or_else(|| Refusal::of_status(415))?;
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let app = &service.options.app;
    let grant = get("grant_type");
    if !matches!(grant, "authorization_code" | "refresh_token") {
        return Err(Refusal::grant("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type"));
    }
    if get("client_id") != app.client_id {
        return Err(Refusal::grant("BAD_CLIENT_ID", "invalid_client", "missing or invalid client id"));
    }
    if get("client_secret") != app.client_secret {
        return Err(Refusal::grant("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret"));
    }
    let lives_s = service.options.access_token_s;
    let mut vault = service.vault();
    let lost = portion.part != Part::All;
    let issued = if lost {
        super::vault::Issued { access: "tw1n-lost".to_owned(), refresh: "tw1n-lost".to_owned() }
    } else if grant == "authorization_code" {
        let scopes = vault.spend(get("code"), get("redirect_uri"), call.now).map_err(|wrong| match wrong {
            "redirect_uri" => Refusal::grant(
                "MISMATCH_REDIRECT_URI_AUTH_CODE",
                "invalid_grant",
                "redirect URI does not match the one that the auth code was created with",
            ),
            _ => Refusal::grant("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code"),
        })?;
        vault.first(scopes, call.now, lives_s)
    } else {
        let again = vault.again(get("refresh_token"), call.now, lives_s, service.options.rotate_refresh_tokens);
        again.ok_or_else(|| Refusal::grant("BAD_REFRESH_TOKEN", "invalid_grant", "missing or invalid refresh token"))?
    };
    let mut reply = Reply::json(
        200,
        &json!({
            "access_token": issued.access, "refresh_token": issued.refresh, "expires_in": lives_s, "token_type": "bearer",
        }),
    );
    reply.tally.objects = 1;
    reply.tally.applied = u32::from(!lost);
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_leads_back_to_the_app_alone() {
        let known = ["https://sluice.example.org/v1/oauth/callback".to_owned()];
        for (redirect, known, good) in [
            ("https://sluice.example.org/v1/oauth/callback", known.as_slice(), true),
            ("https://sluice.example.org/v1/oauth/callback?x", &known, false),
            ("http://127.0.0.1:8080/callback", &known, false),
            ("http://127.0.0.1:8080/callback", &[], true),
            ("http://localhost/callback", &[], true),
            ("http://[::1]:8080/callback", &[], true),
            ("http://127.0.0.1@evil.example/", &[], false),
            ("http://127.0.0.1.evil.example/", &[], false),
            ("https://evil.example/?http://127.0.0.1", &[], false),
            ("", &[], false),
        ] {
            assert_eq!(is_allowed(redirect, known), good, "{redirect}");
        }
    }
}
