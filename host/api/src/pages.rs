//! The two pages that a browser sees while a destination is connected: what is going to be connected, before the platform's own page, and
//! how it went, after it.
//!
//! Plain HTML without scripts, images or addresses of others; nothing may frame them; the browser tells nobody where it comes from. The
//! cookie between them is for these pages alone and for ten minutes. Nothing here changes anything but the state of one link.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sluice_catalog::{Code, code::Class, seal::Secret};
use sluice_runs::{ConnectError, ConnectPage};

use crate::state::Api;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:10vh auto;padding:0 1rem;color:#1b1f24;background:#fff}\
h1{font-size:1.4rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{color:#57606a}dd{margin:0;\
overflow-wrap:anywhere}a.go{display:inline-block;padding:.5rem 1rem;border-radius:.3rem;background:#0550ae;color:#fff;\
text-decoration:none}a.go:focus-visible{outline:3px solid #54aeff}code{font-size:.9em}";

/// Nothing is loaded, run, sent or framed; the one style is known by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    HeaderValue::from_str(&policy).expect("ASCII")
});

/// Their addresses.
pub(crate) fn router() -> Router<Api> {
    // A look at the head is no visit: it must not use the link up.
    let refuse = || async { StatusCode::METHOD_NOT_ALLOWED };
    Router::new()
        .route("/v1/oauth/connect/{ticket}", get(open).head(refuse))
        .route("/v1/oauth/callback", get(callback).head(refuse))
}

/// Where platforms send browsers back to.
pub(crate) fn callback_url(api: &Api) -> String {
    format!("{}/v1/oauth/callback", api.public_url())
}

async fn open(State(api): State<Api>, Path(ticket): Path<String>, headers: HeaderMap) -> Response {
    match api.host().open_connect_link(&ticket, |id| cookie(&headers, id), &callback_url(&api)).await {
        Ok(page) => {
            let secure = if api.public_url().starts_with("https:") { "; Secure" } else { "" };
            let (id, browser) = (&page.id, &page.browser);
            let set = format!("{}={browser}; Path={}; Max-Age=600; HttpOnly; SameSite=Lax{secure}", name(id), api.cookie_path());
            let mut response = shown(StatusCode::OK, "Connect a destination", &ask(&page));
            response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_str(&set).expect("hexadecimal digits and a path"));
            response
        }
        Err(error) => failed(&error),
    }
}

/// What platforms add to our address (RFC 6749, section 4.1.2); anything else beside it is theirs.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    State(api): State<Api>,
    headers: HeaderMap,
    back: Result<Query<Back>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(back)) = back else {
        let cause = "The platform sent the browser back with an address that cannot be read.".to_owned();
        return failed(&ConnectError { code: Code::DestProtocol, cause });
    };
    let code = match (back.code, back.error) {
        (Some(code), None) if !code.is_empty() => Ok(Secret::new(code.into_bytes())),
        (_, Some(error)) => Err([Some(error), back.error_description].into_iter().flatten().collect::<Vec<_>>().join(": ")),
        (_, None) => Err("neither a code nor an error".to_owned()),
    };
    match api.host().finish_connect(&back.state, |id| cookie(&headers, id), code.map_err(|said| short(&said))).await {
        Ok(connected) => {
            let text = format!(
                "<h1>Connected</h1><p>The destination <strong>{}</strong> is connected to {}.</p>\
                 <p>What was paused because of it goes on by itself. You can close this page.</p>",
                escaped(&connected.destination),
                escaped(&connected.platform)
            );
            shown(StatusCode::OK, "Connected", &text)
        }
        Err(error) => failed(&error),
    }
}

fn ask(page: &ConnectPage) -> String {
    let fact = |word: &str, value: &str| format!("<dt>{word}</dt><dd>{}</dd>", escaped(value));
    let facts = [
        fact("Workspace", &page.workspace),
        fact("Destination", &page.destination),
        fact("Platform", &page.platform),
        fact("Credential", &page.credential),
    ];
    format!(
        "<h1>Connect a destination of Sluice</h1><dl>{}</dl>\
         <p>You are led to the platform. What you consent to there, Sluice may do for this destination until you withdraw it. \
         If you did not expect this page, close it.</p>\
         <p><a class=\"go\" rel=\"noreferrer\" href=\"{}\">Go on to {}</a></p>",
        facts.concat(),
        escaped(&page.address),
        escaped(&page.platform)
    )
}

fn failed(error: &ConnectError) -> Response {
    let status = match error.code {
        Code::ConnectLinkSpent => StatusCode::GONE,
        Code::ConnectOtherBrowser | Code::ConnectDenied => StatusCode::FORBIDDEN,
        code if matches!(code.class(), Class::Destination | Class::Egress) => StatusCode::BAD_GATEWAY,
        code if code.class() == Class::State => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let text = format!(
        "<h1>{}</h1><p>{}</p><p>{}</p><p><code>{}</code></p>",
        escaped(error.code.title()),
        escaped(&error.cause),
        escaped(error.code.next_step()),
        error.code
    );
    shown(status, "Not connected", &text)
}

fn shown(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    );
    let mut response = (status, Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

fn name(id: &str) -> String {
    format!("sluice-connect-{id}")
}

/// The value of the cookie of a link.
fn cookie(headers: &HeaderMap, id: &str) -> Option<String> {
    let wanted = name(id);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
}

/// A platform's words, in one short line.
fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// As text of a page, also within an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_platforms_are_text_and_never_markup() {
        assert_eq!(escaped("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xsluice-connect-07=no; sluice-connect-07=yes"));
        assert_eq!(cookie(&headers, "07").as_deref(), Some("yes"));
        assert_eq!(cookie(&headers, "08"), None);
    }
}
