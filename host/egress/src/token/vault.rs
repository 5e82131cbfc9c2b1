//! Where tokens are kept between one use and the next: durable, sealed, and of one credential. The host has it over its store; tests
//! and the conformance suite keep them in memory.

use std::{collections::BTreeMap, sync::Mutex};

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{Code, record::EgressRecord, seal::Secret};
use zeroize::Zeroizing;

use super::TokenFailure;

/// What is kept of one credential.
pub struct Kept {
    /// Raised by each connect and disconnect; what a renewal writes counts for the generation that it began with.
    pub generation: u64,
    /// The secret part, as [`Held::seal`] wrote it; none while nothing was got or entered.
    pub held: Option<Held>,
}

/// Tokens, and what belongs to them.
#[derive(Default)]
pub struct Held {
    /// With which a new access token is got.
    pub refresh_token: Option<Secret>,
    /// The access token of the last answer.
    pub access: Option<Access>,
    /// What the answer told beside it: settings of the destination.
    pub exposed: BTreeMap<String, String>,
}

/// An access token.
pub struct Access {
    /// The token.
    pub token: Secret,
    /// When it was got.
    pub got: Timestamp,
    /// When it ends; none where the platform does not say.
    pub ends: Option<Timestamp>,
    /// Digest of what it was got with: endpoint, client, secret, parameters.
    pub of: String,
}

/// [`Held`] as text, for sealing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    refresh_token: Option<String>,
    access_token: Option<String>,
    got: Option<Timestamp>,
    ends: Option<Timestamp>,
    of: Option<String>,
    exposed: BTreeMap<String, String>,
}

fn text(secret: &Secret) -> String {
    String::from_utf8_lossy(secret.reveal()).into_owned()
}

fn secret(text: String) -> Secret {
    Secret::new(text.into_bytes())
}

impl Held {
    /// With a refresh token that a person entered.
    pub fn entered(refresh_token: Secret) -> Self {
        Self { refresh_token: Some(refresh_token), ..Self::default() }
    }

    /// As bytes, to be sealed at once.
    pub fn seal(&self) -> Secret {
        let access = self.access.as_ref();
        let written = Written {
            refresh_token: self.refresh_token.as_ref().map(text),
            access_token: access.map(|a| text(&a.token)),
            got: access.map(|a| a.got),
            ends: access.and_then(|a| a.ends),
            of: access.map(|a| a.of.clone()),
            exposed: self.exposed.clone(),
        };
        Secret::new(serde_json::to_vec(&written).expect("text keys only"))
    }

    /// What [`Held::seal`] wrote; none for bytes that it did not.
    pub fn open(sealed: &Secret) -> Option<Self> {
        let written: Written = serde_json::from_slice(sealed.reveal()).ok()?;
        let access = match (written.access_token, written.got, written.of) {
            (Some(token), Some(got), Some(of)) => Some(Access { token: secret(token), got, ends: written.ends, of }),
            _ => None,
        };
        Some(Self { refresh_token: written.refresh_token.map(secret), access, exposed: written.exposed })
    }
}

/// Keeps the tokens of one credential of one destination.
pub trait Vault: Send + Sync {
    /// What is kept; generation 0 with nothing where nothing ever was.
    fn open(&self) -> BoxFuture<'_, Result<Kept, VaultError>>;

    /// Keeps what a token request got; durable when it returns. False when the generation is another one by now, and nothing was written.
    fn keep<'a>(&'a self, generation: u64, held: &'a Held) -> BoxFuture<'a, Result<bool, VaultError>>;

    /// The platform does not take what is kept of this generation any more.
    fn refused<'a>(&'a self, generation: u64, why: &'a TokenFailure) -> BoxFuture<'a, Result<(), VaultError>>;

    /// Keeps the line of a token request. A failure is the vault's to log: the answer is worth more than its line.
    fn record(&self, lines: Vec<EgressRecord>) -> BoxFuture<'_, ()>;
}

/// The vault could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct VaultError {
    /// Of the registry.
    pub code: Code,
    /// In a sentence.
    pub cause: String,
}

/// A vault that forgets with the process.
#[derive(Default)]
pub struct MemoryVault(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    generation: u64,
    sealed: Option<Zeroizing<Vec<u8>>>,
    lines: Vec<EgressRecord>,
    refused: Option<TokenFailure>,
}

impl MemoryVault {
    /// With a refresh token in it.
    pub fn with_refresh_token(token: Secret) -> Self {
        let vault = Self::default();
        vault.connect(&Held::entered(token));
        vault
    }

    /// Another grant in the place of what was there.
    pub fn connect(&self, held: &Held) {
        let mut memory = self.lock();
        memory.generation += 1;
        memory.sealed = Some(Zeroizing::new(held.seal().reveal().to_vec()));
        memory.refused = None;
    }

    /// Lines of token requests so far.
    pub fn lines(&self) -> Vec<EgressRecord> {
        self.lock().lines.clone()
    }

    /// Why the platform does not take what is kept.
    pub fn why_refused(&self) -> Option<TokenFailure> {
        self.lock().refused.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Vault for MemoryVault {
    fn open(&self) -> BoxFuture<'_, Result<Kept, VaultError>> {
        let memory = self.lock();
        let held = memory.sealed.as_ref().and_then(|sealed| Held::open(&Secret::new(sealed.as_slice())));
        let kept = Kept { generation: memory.generation, held };
        Box::pin(async move { Ok(kept) })
    }

    fn keep<'a>(&'a self, generation: u64, held: &'a Held) -> BoxFuture<'a, Result<bool, VaultError>> {
        let mut memory = self.lock();
        let current = memory.generation == generation;
        if current {
            memory.sealed = Some(Zeroizing::new(held.seal().reveal().to_vec()));
            memory.refused = None;
        }
        Box::pin(async move { Ok(current) })
    }

    fn refused<'a>(&'a self, generation: u64, why: &'a TokenFailure) -> BoxFuture<'a, Result<(), VaultError>> {
        let mut memory = self.lock();
        if memory.generation == generation {
            memory.refused = Some(why.clone());
        }
        Box::pin(async { Ok(()) })
    }

    fn record(&self, lines: Vec<EgressRecord>) -> BoxFuture<'_, ()> {
        self.lock().lines.extend(lines);
        Box::pin(async {})
    }
}
