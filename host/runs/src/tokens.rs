//! Tokens of destinations over the store: where they are kept, and with what a holder is made.

use std::sync::Arc;

use futures::future::BoxFuture;
use sluice_catalog::{Code, ids::WorkspaceId, record::EgressRecord, seal::Secret};
use sluice_egress::{Borrower, CredentialError, Credentials, Held, Kept, Policy, TokenFailure, Vault, VaultError};
use sluice_store::{NewTokens, Store, StoreError, TokenKey};

use crate::{declared::Platform, error::RunError, host::Host, verdict::Why};

/// The store as the vault of one credential.
struct StoreVault {
    store: Store,
    workspace: WorkspaceId,
    destination: sluice_catalog::ids::DestinationId,
    name: String,
}

/// A failure of the store, as the egress room tells it.
fn told(error: &StoreError) -> VaultError {
    VaultError { code: error.code(), cause: error.to_string() }
}

/// A failure of the store in the place of a token.
pub(crate) fn failure(error: &StoreError) -> TokenFailure {
    told(error).into()
}

/// What a token request got, as the store takes it.
pub(crate) fn new_tokens(held: &Held) -> NewTokens {
    let access = held.access.as_ref();
    NewTokens {
        secret: held.seal(),
        got_at: access.map(|access| access.got),
        ends_at: access.and_then(|access| access.ends),
        exposed: held.exposed.clone(),
    }
}

impl StoreVault {
    fn key(&self) -> TokenKey<'_> {
        TokenKey { workspace: self.workspace, destination: self.destination, name: &self.name }
    }
}

impl Vault for StoreVault {
    fn open(&self) -> BoxFuture<'_, Result<Kept, VaultError>> {
        Box::pin(async {
            let kept = self.store.tokens(self.key()).await.map_err(|error| told(&error))?;
            let damaged =
                || VaultError { code: Code::StateIo, cause: "what is kept of the credential's tokens cannot be read".into() };
            let held = kept.secret.map(|secret| Held::open(&secret).ok_or_else(damaged)).transpose()?;
            Ok(Kept { generation: kept.generation, held })
        })
    }

    fn keep<'a>(&'a self, generation: u64, held: &'a Held) -> BoxFuture<'a, Result<bool, VaultError>> {
        Box::pin(
            async move { self.store.keep_tokens(self.key(), generation, &new_tokens(held)).await.map_err(|error| told(&error)) },
        )
    }

    fn refused<'a>(&'a self, generation: u64, why: &'a TokenFailure) -> BoxFuture<'a, Result<(), VaultError>> {
        Box::pin(async move {
            let refused = self.store.refuse_tokens(self.key(), generation, why.code, &why.message).await;
            refused.map_err(|error| told(&error))
        })
    }

    fn record(&self, lines: Vec<EgressRecord>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = self.store.append_egress(self.workspace, self.destination, lines).await {
                tracing::error!(%error, destination = %self.destination, "the line of a token request is lost");
            }
        })
    }
}

impl Host {
    /// What is kept of a destination's credential was changed by a person: holders read it again.
    pub fn tokens_changed(&self, destination: sluice_catalog::ids::DestinationId, credential: &str) {
        self.0.tokens.forget(&destination.to_string(), credential);
    }
}

/// Calls `with` with what holders of a destination's tokens are made with.
pub(crate) fn borrow<T>(
    store: &Store,
    workspace: WorkspaceId,
    platform: &Platform,
    policy: &Policy,
    with: impl FnOnce(&Borrower<'_>) -> T,
) -> T {
    let destination = platform.destination.id;
    let vault = |name: &str| -> Arc<dyn Vault> {
        Arc::new(StoreVault { store: store.clone(), workspace, destination, name: name.to_owned() })
    };
    with(&Borrower {
        policy,
        settings: &platform.destination.value.settings,
        component: platform.connector.digest.as_str().into(),
        account: destination.to_string(),
        vault: &vault,
    })
}

/// Credentials that do not fit their manifest, as an end of the work.
pub(crate) fn unfit(error: &CredentialError) -> RunError {
    RunError::Said(Why::ours(Code::CredentialMissing, error.to_string()))
}

/// The settings with what the platform has told: asks for a token where nothing is known yet.
pub(crate) async fn settings_of(credentials: &Credentials, settings: &serde_json::Value) -> Result<serde_json::Value, RunError> {
    let exposed = credentials.exposed().await;
    let exposed = exposed.map_err(|failure| RunError::Said(Why::ours(failure.code, failure.message)))?;
    let mut settings = settings.clone();
    if let Some(object) = settings.as_object_mut() {
        object.extend(exposed.into_iter().map(|(name, value)| (name, value.into())));
    }
    Ok(settings)
}

/// What a person entered, as a refresh token of a credential.
pub(crate) fn entered(token: Secret) -> NewTokens {
    new_tokens(&Held::entered(token))
}
