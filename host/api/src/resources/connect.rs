//! Connecting a destination's account: a link for a person, a refresh token that was got elsewhere, and the end of both. What a browser is
//! shown is in `pages`; how a credential stands is in every answer about its destination.

use std::collections::BTreeMap;

use axum::extract::State;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    manifest::{Credential, CredentialKind},
    seal::Secret,
};
use sluice_store::TokenStanding;

use super::destinations::OneCredential;
use crate::{
    at::At,
    auth::Admin,
    error::ApiError,
    json::Strict,
    limits::CONSENT_WARNING_DAYS,
    reply::Reply,
    resources::runs::{Explained, explained},
    state::Api,
};

/// How a credential that is exchanged for tokens stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionView {
    /// `connected`, `not-connected`, `refused` (the platform does not take it any more), `consent-soon` (the consent ends within days),
    /// `consent-needed` (it has ended). A credential without consent or refresh token is `connected` from its first token on.
    state: &'static str,
    /// When a person connected it.
    #[schema(value_type = Option<String>, format = DateTime)]
    connected_at: Option<Timestamp>,
    /// With which key, as in the audit log.
    connected_by: Option<String>,
    /// When the last access token ends; another one is got before.
    #[schema(value_type = Option<String>, format = DateTime)]
    token_ends_at: Option<Timestamp>,
    /// When the consent ends, where the platform ends consents.
    #[schema(value_type = Option<String>, format = DateTime)]
    consent_until: Option<Timestamp>,
    /// Settings that the platform told with the last token.
    settings: BTreeMap<String, String>,
    /// Why the platform does not take it, with the next step.
    problem: Option<Explained>,
}

impl ConnectionView {
    /// None for credentials that are sent as they were entered.
    pub(crate) fn of(declared: &Credential, standing: Option<&TokenStanding>, now: Timestamp) -> Option<Self> {
        if !declared.write.is_exchanged() {
            return None;
        }
        let days = match &declared.write {
            CredentialKind::Oauth2AuthorizationCode { consent, .. } => consent.days,
            _ => None,
        };
        let held = standing.filter(|standing| standing.held);
        let connected_at = held.and_then(|held| held.connected_at);
        let consent_until = connected_at.zip(days).and_then(|(at, days)| at.checked_add((i64::from(days) * 24).hours()).ok());
        let refused = standing.and_then(|standing| standing.refused.as_ref());
        let soon = now.checked_add((CONSENT_WARNING_DAYS * 24).hours()).unwrap_or(now);
        let state = match (held, refused, consent_until) {
            (_, Some(_), _) => "refused",
            (None, None, _) => "not-connected",
            (Some(_), None, Some(until)) if until <= now => "consent-needed",
            (Some(_), None, Some(until)) if until <= soon => "consent-soon",
            (Some(_), None, _) => "connected",
        };
        Some(Self {
            state,
            connected_at,
            connected_by: held.and_then(|held| held.connected_by.clone()),
            token_ends_at: held.and_then(|held| held.ends_at),
            consent_until,
            settings: held.map(|held| held.exposed.clone()).unwrap_or_default(),
            problem: refused.map(|(_, code, why)| explained(*code, why.clone())),
        })
    }
}

/// A link for a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectLinkView {
    /// To be opened in the browser of whoever may consent at the platform. Good once; for nobody but that person.
    url: String,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// A refresh token.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshTokenInput {
    /// Written once, sealed, never answered; replaced by the platform's newer ones.
    #[schema(write_only)]
    refresh_token: String,
}

/// Makes a link with which a person connects the destination at the platform: good for ten minutes, once, in the browser that opens it
/// first. Whether it was done is seen in the destination's credentials.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/destinations/{dst}/credentials/{name}/connect", operation_id = "connectCredential",
    tag = "destinations", params(OneCredential), security(("api_key" = ["admin"])),
    responses((status = 201, description = "The link.", body = ConnectLinkView)))]
pub(crate) async fn connect(State(api): State<Api>, Admin(caller): Admin, At(one): At<OneCredential>) -> Result<Reply, ApiError> {
    let link = api.host().connect_link(caller.ws, one.dst, &one.name, &caller.actor()).await?;
    let url = format!("{}/v1/oauth/connect/{}", api.public_url(), link.ticket);
    // The link is told once: not in a header that proxies log.
    let at = format!("/v1/workspaces/{}/destinations/{}", caller.ws, one.dst);
    Ok(Reply::created(at, &ConnectLinkView { url, until: link.until }))
}

/// Enters a refresh token that was got elsewhere, in the place of a consent.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/destinations/{dst}/credentials/{name}/refresh-token", operation_id = "putRefreshToken",
    tag = "destinations", params(OneCredential), request_body = RefreshTokenInput, security(("api_key" = ["admin"])),
    responses((status = 204, description = "Entered.")))]
pub(crate) async fn put_refresh_token(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
    body: Strict<RefreshTokenInput>,
) -> Result<Reply, ApiError> {
    let token = body.value.refresh_token;
    if token.is_empty() || token.chars().any(char::is_control) {
        return Err(ApiError::invalid_at("/refresh_token", "It must be a text on one line that is not empty."));
    }
    let token = Secret::new(token.into_bytes());
    api.host().enter_refresh_token(caller.ws, one.dst, &one.name, token, &caller.actor()).await?;
    Ok(Reply::gone())
}

/// Forgets what the credential was exchanged for: nothing is sent with it any more. The entered secret stays. At the platform the consent
/// stands until somebody withdraws it there.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/destinations/{dst}/credentials/{name}/connection", operation_id = "deleteConnection",
    tag = "destinations", params(OneCredential), security(("api_key" = ["admin"])),
    responses((status = 204, description = "Forgotten.")))]
pub(crate) async fn disconnect(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
) -> Result<Reply, ApiError> {
    api.host().disconnect(caller.ws, one.dst, &one.name, &caller.actor()).await?;
    Ok(Reply::gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = r#"{"kind":"oauth2-authorization-code","token":{"url":"https://a.example/t","client-id":"c",
        "client-authentication":"form"},"consent":{"url":"https://a.example/c","days":90}}"#;

    fn credential(write: &str) -> Credential {
        serde_json::from_str(&format!(r#"{{"name":"a","help":"h","write":{write}}}"#)).unwrap()
    }

    fn standing(connected: &str) -> TokenStanding {
        TokenStanding {
            name: "a".into(),
            held: true,
            connected_at: Some(connected.parse().unwrap()),
            connected_by: None,
            got_at: None,
            ends_at: None,
            exposed: BTreeMap::new(),
            refused: None,
        }
    }

    #[test]
    fn a_consent_is_told_to_end_a_week_before_it_does() {
        let declared = credential(WRITE);
        let state =
            |now: &str| ConnectionView::of(&declared, Some(&standing("2026-01-01T00:00:00Z")), now.parse().unwrap()).unwrap().state;
        for (now, want) in [
            ("2026-01-01T00:00:01Z", "connected"),
            ("2026-03-24T23:59:59Z", "connected"),
            ("2026-03-25T00:00:00Z", "consent-soon"),
            ("2026-03-31T23:59:59Z", "consent-soon"),
            ("2026-04-01T00:00:00Z", "consent-needed"),
        ] {
            assert_eq!(state(now), want, "{now}");
        }
        assert_eq!(ConnectionView::of(&declared, None, Timestamp::UNIX_EPOCH).unwrap().state, "not-connected");
        let plain = credential(r#"{"kind":"basic"}"#);
        assert!(ConnectionView::of(&plain, None, Timestamp::UNIX_EPOCH).is_none());
    }
}
