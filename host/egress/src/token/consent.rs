//! A person's consent (RFC 6749, section 4.1) with PKCE (RFC 7636, S256): the address that the browser is led to, and the exchange of the
//! code that it comes back with. Who may begin one, and which browser may end it, is the business of the rooms above.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use sluice_catalog::{
    Code,
    manifest::{CredentialKind, Manifest},
    seal::Secret,
};
use url::Url;

use super::{Borrower, Held, Holder, TokenFailure, Tokens, recipe};
use crate::credential::CredentialError;

/// A consent that has begun.
pub struct Consent {
    holder: Arc<Holder>,
    redirect: String,
    verifier: Secret,
    state: String,
    page: Url,
}

/// 256 random bits as 43 letters.
pub(crate) fn random(rng: &mut (impl CryptoRng + ?Sized)) -> String {
    let mut bytes = [0u8; 32];
    rng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Consent {
    /// Begins one for a credential of the kind oauth2-authorization-code, whose secret has been entered. `redirect`: our address that
    /// the browser comes back to.
    pub fn begin(
        tokens: &Tokens,
        manifest: &Manifest,
        (credential, secret): (&str, Secret),
        borrower: &Borrower<'_>,
        redirect: &str,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, CredentialError> {
        let declared = manifest.credentials.iter().find(|c| c.name == credential);
        let Some(CredentialKind::Oauth2AuthorizationCode { token, consent }) = declared.map(|c| &c.write) else {
            return Err(CredentialError::NoConsent { name: credential.to_owned() });
        };
        let holder = tokens.holder_of(manifest, credential, secret, borrower)?;
        let unknown = || CredentialError::Endpoint { name: credential.to_owned() };
        let mut page = borrower.policy.consent_page(credential).ok_or_else(unknown)?;
        let id = recipe::text(borrower.settings, &token.client_id).ok_or_else(unknown)?;
        let (verifier, state) = (random(rng), random(rng));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        {
            let mut query = page.query_pairs_mut();
            query.extend_pairs([
                ("response_type", "code"),
                ("client_id", &id),
                ("redirect_uri", redirect),
                ("state", &state),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ]);
            if !token.scopes.is_empty() {
                query.append_pair("scope", &token.scopes.join(" "));
            }
            query.extend_pairs(&consent.parameters);
        }
        Ok(Self { holder, redirect: redirect.to_owned(), verifier: Secret::new(verifier.into_bytes()), state, page })
    }

    /// The platform's page, with everything that it needs to know.
    pub fn page(&self) -> &Url {
        &self.page
    }

    /// What the browser brings back.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Exchanges the code that the browser brought. What comes back has to be kept at once: there is no second exchange.
    ///
    /// On a task of its own, which goes on when the caller gives up, together with `keep`.
    pub async fn exchange<T: Send + 'static>(
        self,
        code: Secret,
        keep: impl FnOnce(Held) -> BoxFuture<'static, Result<T, TokenFailure>> + Send + 'static,
    ) -> Result<T, TokenFailure> {
        let Self { holder, redirect, verifier, .. } = self;
        let working = Arc::clone(&holder);
        let task = holder.workshop.spawn(async move {
            let held = working.of_code(&code, &verifier, &redirect).await?;
            keep(held).await
        });
        task.await.unwrap_or_else(|_| Err(TokenFailure::new(Code::EgressCancelled, "the host stops")))
    }
}
