//! Connecting a destination's account: a link that a person opens, the platform's page of consent, and what the browser brings back.
//!
//! A link has 256 random bits and is good for [`CONNECT_LINK_LIFE`], once: the first browser that opens it has it, known by a cookie, and
//! only that browser's return counts. Links are in memory and end with the process. What pages and cookies look like is the API's matter.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sluice_catalog::{
    Code,
    ids::{DestinationId, WorkspaceId},
    manifest::{Credential, CredentialKind},
    problem::Problem,
    seal::Secret,
};
use sluice_egress::{Consent, Policy, TokenFailure};
use sluice_store::{Actor, TokenKey};

use crate::{
    declared::Platform,
    error::RunError,
    host::Host,
    limits::{CONNECT_LINK_LIFE, CONNECT_LINKS_MAX},
    tokens,
    verdict::Why,
};

/// Links that are good now, by the digest of their secret.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<Hash, Link>>);

type Hash = [u8; 32];

struct Link {
    workspace: WorkspaceId,
    destination: DestinationId,
    credential: String,
    by: Actor,
    until: Timestamp,
    opened: Option<Opened>,
}

/// By the first browser.
struct Opened {
    browser: Hash,
    state: Hash,
    consent: Consent,
    page: ConnectPage,
}

/// A new link.
#[derive(Debug, Clone)]
pub struct ConnectLink {
    /// The last part of its path.
    pub ticket: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// What a person reads before he goes on to the platform.
#[derive(Debug, Clone)]
pub struct ConnectPage {
    /// Name of the workspace.
    pub workspace: String,
    /// Name of the destination.
    pub destination: String,
    /// The connector's title.
    pub platform: String,
    /// Name of the credential.
    pub credential: String,
    /// The platform's page of consent.
    pub address: String,
    /// Tells cookies of several links apart; no secret.
    pub id: String,
    /// What the browser's cookie has to hold; for the first browser alone.
    pub browser: String,
}

/// An account that was connected.
#[derive(Debug, Clone)]
pub struct Connected {
    /// Name of the destination.
    pub destination: String,
    /// The connector's title.
    pub platform: String,
}

/// Why a browser is not led on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ConnectError {
    /// Of the registry.
    pub code: Code,
    /// One or more sentences.
    pub cause: String,
}

impl ConnectError {
    fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into() }
    }

    fn spent() -> Self {
        Self::new(
            Code::ConnectLinkSpent,
            "There is no such link any more: it was used, its ten minutes are over, or the server was restarted.",
        )
    }

    fn other_browser() -> Self {
        Self::new(Code::ConnectOtherBrowser, "This is not the browser that opened the link first, or it takes no cookies.")
    }
}

impl From<RunError> for ConnectError {
    fn from(error: RunError) -> Self {
        Self::new(error.code(), format!("{error}."))
    }
}

impl From<TokenFailure> for ConnectError {
    fn from(failure: TokenFailure) -> Self {
        Self::new(failure.code, format!("{}.", failure.message))
    }
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn id(hash: &Hash) -> String {
    hex::encode(&hash[..6])
}

impl Links {
    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    fn random(&self) -> String {
        format!("{:032x}{:032x}", self.store().entropy().bits(), self.store().entropy().bits())
    }

    /// The manifest's declaration of a credential that needs a grant, and the destination.
    async fn grantable(&self, ws: WorkspaceId, dst: DestinationId, name: &str) -> Result<(Platform, Credential), RunError> {
        let platform = Platform::load(self.store(), ws, dst).await?;
        let declared = platform.manifest.credentials.iter().find(|c| c.name == name).cloned();
        let declared = declared.ok_or(sluice_store::StoreError::NotFound { what: "credential" })?;
        if declared.write.is_connected() {
            return Ok((platform, declared));
        }
        let cause = format!("`{name}` is entered and not connected: it has no refresh token.");
        Err(RunError::Problems(vec![Problem::new("/name", Code::FieldInvalid, cause)]))
    }

    /// A link to connect a destination's account with a person's consent.
    pub async fn connect_link(&self, ws: WorkspaceId, dst: DestinationId, name: &str, by: &Actor) -> Result<ConnectLink, RunError> {
        let (_, declared) = self.grantable(ws, dst, name).await?;
        if !matches!(declared.write, CredentialKind::Oauth2AuthorizationCode { .. }) {
            let cause = format!("Nobody can consent to `{name}` here: its refresh token is entered.");
            return Err(RunError::Problems(vec![Problem::new("/name", Code::FieldInvalid, cause)]));
        }
        if !self.store().credential_names(ws, dst).await?.iter().any(|(set, _)| set == name) {
            let cause = format!("The client's secret comes first: `{name}` is not set.");
            return Err(RunError::Said(Why::ours(Code::CredentialMissing, cause)));
        }
        let now = self.store().now();
        let (ticket, until) = (self.random(), now.checked_add(CONNECT_LINK_LIFE).unwrap_or(Timestamp::MAX));
        let mut links = self.0.connects.lock();
        links.retain(|_, link| link.until > now);
        if links.len() >= CONNECT_LINKS_MAX {
            return Err(RunError::Said(Why::ours(Code::ApiBusy, "too many links to connect destinations are open")));
        }
        let link = Link { workspace: ws, destination: dst, credential: name.to_owned(), by: by.clone(), until, opened: None };
        links.insert(hash(&ticket), link);
        Ok(ConnectLink { ticket, until })
    }

    /// What a browser that opens a link is shown. `browser`: what its cookie holds, by the link's id; `callback`: our address to come back to.
    pub async fn open_connect_link(
        &self,
        ticket: &str,
        browser: impl Fn(&str) -> Option<String>,
        callback: &str,
    ) -> Result<ConnectPage, ConnectError> {
        let key = hash(ticket);
        let now = self.store().now();
        let is_it = |opened: &Opened| match browser(&id(&key)) {
            Some(cookie) if hash(&cookie) == opened.browser => Ok(ConnectPage { browser: cookie, ..opened.page.clone() }),
            _ => Err(ConnectError::other_browser()),
        };
        let (ws, dst, credential) = match self.0.connects.lock().get(&key).filter(|link| link.until > now) {
            None => return Err(ConnectError::spent()),
            Some(Link { opened: Some(opened), .. }) => return is_it(opened),
            Some(link) => (link.workspace, link.destination, link.credential.clone()),
        };
        let (consent, page) = self.consent(ws, dst, &credential, callback).await?;
        let page = ConnectPage { id: id(&key), browser: String::new(), ..page };
        let cookie = self.random();
        let mut links = self.0.connects.lock();
        match links.get_mut(&key) {
            None => Err(ConnectError::spent()),
            // Opened by two at once: the first has it.
            Some(Link { opened: Some(_), .. }) => Err(ConnectError::other_browser()),
            Some(link) => {
                let state = hash(consent.state());
                link.opened = Some(Opened { browser: hash(&cookie), state, consent, page: page.clone() });
                Ok(ConnectPage { browser: cookie, ..page })
            }
        }
    }

    async fn consent(
        &self,
        ws: WorkspaceId,
        dst: DestinationId,
        credential: &str,
        callback: &str,
    ) -> Result<(Consent, ConnectPage), ConnectError> {
        let (platform, _) = self.grantable(ws, dst, credential).await?;
        let secrets = self.store().credentials(ws, dst).await.map_err(RunError::from)?;
        let Some((_, secret)) = secrets.into_iter().find(|(name, _)| name == credential) else {
            return Err(ConnectError::new(Code::CredentialMissing, format!("`{credential}` is not set.")));
        };
        let destination = &platform.destination.value;
        let policy = Policy::resolve(&platform.manifest, &destination.grant, &destination.settings);
        let policy = policy.map_err(|error| ConnectError::new(Code::SettingsInvalid, format!("{error}.")))?;
        let consent = tokens::borrow(self.store(), ws, &platform, &policy, |borrower| {
            let tokens = &self.0.tokens;
            self.store()
                .entropy()
                .with(|rng| Consent::begin(tokens, &platform.manifest, (credential, secret), borrower, callback, rng))
        });
        let consent = consent.map_err(|error| ConnectError::from(tokens::unfit(&error)))?;
        let workspace = self.store().workspace(ws).await.map_err(RunError::from)?;
        let page = ConnectPage {
            workspace: workspace.name,
            destination: destination.name.clone(),
            platform: platform.manifest.title.clone(),
            credential: credential.to_owned(),
            address: consent.page().to_string(),
            id: String::new(),
            browser: String::new(),
        };
        Ok((consent, page))
    }

    /// A browser comes back from the platform, with a code or with the platform's word for why there is none. The link is used up by it.
    pub async fn finish_connect(
        &self,
        state: &str,
        browser: impl Fn(&str) -> Option<String>,
        code: Result<Secret, String>,
    ) -> Result<Connected, ConnectError> {
        let now = self.store().now();
        let link = {
            let mut links = self.0.connects.lock();
            let state = hash(state);
            let begun = |link: &Link| link.until > now && link.opened.as_ref().is_some_and(|opened| opened.state == state);
            let key = links.iter().find(|(_, link)| begun(link)).map(|(key, _)| *key).ok_or_else(ConnectError::spent)?;
            let is_it = |opened: &Opened| browser(&id(&key)).is_some_and(|cookie| hash(&cookie) == opened.browser);
            if !links[&key].opened.as_ref().is_some_and(is_it) {
                return Err(ConnectError::other_browser());
            }
            links.remove(&key).expect("found just now")
        };
        let Opened { consent, page, .. } = link.opened.expect("found by it");
        let code = code.map_err(|said| ConnectError::new(Code::ConnectDenied, format!("{} says: {said}.", page.platform)))?;
        let (host, by) = (self.clone(), link.by);
        let (ws, dst, credential) = (link.workspace, link.destination, link.credential);
        consent
            .exchange(code, move |held| {
                Box::pin(async move {
                    let key = TokenKey { workspace: ws, destination: dst, name: &credential };
                    let new = tokens::new_tokens(&held);
                    host.store().connect_tokens(key, &by, "consent", &new).await.map_err(|error| tokens::failure(&error))?;
                    host.tokens_changed(dst, &credential);
                    Ok(())
                })
            })
            .await?;
        Ok(Connected { destination: page.destination, platform: page.platform })
    }

    /// A refresh token that a person has from elsewhere.
    pub async fn enter_refresh_token(
        &self,
        ws: WorkspaceId,
        dst: DestinationId,
        name: &str,
        token: Secret,
        by: &Actor,
    ) -> Result<(), RunError> {
        self.grantable(ws, dst, name).await?;
        let key = TokenKey { workspace: ws, destination: dst, name };
        self.store().connect_tokens(key, by, "entered", &tokens::entered(token)).await?;
        self.tokens_changed(dst, name);
        Ok(())
    }

    /// Forgets a grant: nothing is sent with it any more. At the platform it stands until somebody withdraws it there.
    pub async fn disconnect(&self, ws: WorkspaceId, dst: DestinationId, name: &str, by: &Actor) -> Result<(), RunError> {
        Platform::load(self.store(), ws, dst).await?;
        self.store().forget_tokens(TokenKey { workspace: ws, destination: dst, name }, by).await?;
        self.tokens_changed(dst, name);
        Ok(())
    }
}
