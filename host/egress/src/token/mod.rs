//! Tokens: what credentials are exchanged for, asked for by the host and held for everybody who needs them.
//!
//! [`Tokens`] outlives runs, as pacers do: for one account and credential there is one holder, and many requests at once cause one token
//! request (`docs/decisions/0017-tokens.md`). What is got is durable in the credential's [`Vault`] before it is used. Who may connect
//! an account, and what a person reads of it, is the business of the rooms above.

mod ask;
mod consent;
mod expose;
mod failure;
pub(crate) mod google;
mod holder;
mod recipe;
mod vault;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use serde_json::Value;
use sluice_catalog::{Code, clock::Clock, manifest::Manifest, seal::Secret};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::task::TaskTracker;

pub use consent::Consent;
pub use failure::TokenFailure;
pub(crate) use holder::{Holder, Token};
pub(crate) use recipe::Recipe;
pub use vault::{Access, Held, Kept, MemoryVault, Vault, VaultError};

use crate::{
    credential::CredentialError,
    gate::{Gate, Options},
    policy::Policy,
};

/// The holders of all credentials that are exchanged for tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    workshop: Arc<Workshop>,
    accounts: Arc<Mutex<HashMap<String, Arc<Account>>>>,
}

/// Where token requests are made: on a runtime of the host, so that they end when they end, whoever waits.
pub(crate) struct Workshop {
    clock: Arc<dyn Clock>,
    options: Options,
    gate: OnceLock<Gate>,
    runtime: Handle,
    tasks: TaskTracker,
}

/// What the holders of one credential of one destination share.
#[derive(Default)]
pub(crate) struct Account {
    turn: Arc<Turn>,
    /// Of the newest recipe.
    holder: Mutex<Option<Arc<Holder>>>,
}

/// Held while a token of an account is asked for. Within: what was got and could not be kept, with its generation.
pub(crate) type Turn = tokio::sync::Mutex<Option<(u64, Held)>>;

/// Whose tokens: what a holder is made with beside the credential.
pub struct Borrower<'a> {
    /// Manifest ∩ grant: knows the endpoints, and where they are dialled.
    pub policy: &'a Policy,
    /// The destination's settings.
    pub settings: &'a Value,
    /// `sha256:` and 64 hexadecimal digits, for the egress ledger.
    pub component: Arc<str>,
    /// Names the destination among all of them.
    pub account: String,
    /// Where the tokens of the credential of this name are kept.
    pub vault: &'a dyn Fn(&str) -> Arc<dyn Vault>,
}

impl Workshop {
    fn gate(&self) -> Result<&Gate, TokenFailure> {
        if let Some(gate) = self.gate.get() {
            return Ok(gate);
        }
        let gate = Gate::new(self.options.clone()).map_err(|error| TokenFailure::new(Code::Internal, error.to_string()))?;
        Ok(self.gate.get_or_init(|| gate))
    }

    fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn_on(work, &self.runtime)
    }
}

impl Tokens {
    /// On the current tokio runtime, which has to outlive every request; `tasks` is waited for by whoever ends it. `options` are those
    /// of a gate.
    pub fn new(options: Options, tasks: TaskTracker) -> Self {
        let (clock, gate) = (Arc::clone(&options.clock), OnceLock::new());
        let workshop = Workshop { clock, options, gate, runtime: Handle::current(), tasks };
        Self { workshop: Arc::new(workshop), accounts: Arc::default() }
    }

    /// The holder of a recipe: the one that is there, or, where it was made otherwise (another secret, another client), a new one.
    pub(crate) fn holder(&self, borrower: &Borrower<'_>, recipe: Recipe) -> Arc<Holder> {
        let key = key(&borrower.account, &recipe.name);
        let account = Arc::clone(self.accounts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut newest = account.holder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = newest.as_ref().filter(|holder| holder.recipe.is_like(&recipe)) {
            return Arc::clone(holder);
        }
        let vault = (borrower.vault)(&recipe.name);
        let workshop = Arc::clone(&self.workshop);
        let holder = Arc::new(Holder::new(recipe, borrower.component.clone(), vault, Arc::clone(&account.turn), workshop));
        *newest = Some(Arc::clone(&holder));
        drop(newest);
        holder
    }

    /// What is kept of a credential has been changed by somebody else: it is read again.
    pub fn forget(&self, account: &str, credential: &str) {
        let known = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(&key(account, credential)).cloned();
        if let Some(holder) = known.and_then(|account| account.holder.lock().unwrap_or_else(PoisonError::into_inner).take()) {
            holder.forget();
        }
    }

    /// The holder of one credential, for its consent; the secret has to be entered.
    pub(crate) fn holder_of(
        &self,
        manifest: &Manifest,
        credential: &str,
        secret: Secret,
        borrower: &Borrower<'_>,
    ) -> Result<Arc<Holder>, CredentialError> {
        let declared = manifest.credentials.iter().find(|c| c.name == credential);
        let declared = declared.ok_or_else(|| CredentialError::Undeclared { name: credential.to_owned() })?;
        let recipe = Recipe::of(manifest, declared, (borrower.policy, borrower.settings), &Arc::new(secret), &mut Vec::new())?;
        Ok(self.holder(borrower, recipe))
    }
}

fn key(account: &str, credential: &str) -> String {
    format!("{account}/{credential}")
}

#[cfg(test)]
mod tests;
