//! The holder of one credential's token: hands out the one that is good, and gets another where there is none, once for everybody who
//! waits.
//!
//! Getting one is a task of its own, which a caller that gives up does not cut. All holders of one account share a lock, and read the
//! vault before they ask: a refresh token that one of them has used up is not used by another.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http::HeaderValue;
use jiff::Timestamp;
use sluice_catalog::{Code, seal::Secret};
use tokio::time::Instant;

use super::{
    TokenFailure, Turn, Workshop,
    ask::{Answer, Carrier, Grant, Lines},
    expose,
    recipe::Recipe,
    vault::{Access, Held, Kept, Vault},
};
use crate::limits::{TOKEN_MARGIN_MAX, TOKEN_RENEWED_PAUSE};

/// A token that requests are written with.
pub(crate) struct Token {
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// To be taken out of answers: the token, and the refresh token behind it.
    pub(crate) hidden: Vec<Secret>,
    /// Settings that its answer told.
    pub(crate) exposed: std::collections::BTreeMap<String, String>,
    /// Tells tokens of one holder apart.
    pub(crate) number: u64,
    /// From when on another one is got.
    stale_at: Option<Timestamp>,
    /// When it was got because a platform had answered 401 to the one before.
    renewed: Option<Instant>,
}

type Asking = Shared<BoxFuture<'static, Result<Arc<Token>, TokenFailure>>>;

/// Holds the token of one recipe.
pub(crate) struct Holder {
    pub(super) recipe: Recipe,
    pub(super) component: Arc<str>,
    pub(super) vault: Arc<dyn Vault>,
    turn: Arc<Turn>,
    pub(super) workshop: Arc<Workshop>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    asking: Option<Asking>,
    /// Nobody asks again before.
    failed: Option<(Instant, TokenFailure)>,
    tokens: u64,
}

impl Holder {
    pub(super) fn new(
        recipe: Recipe,
        component: Arc<str>,
        vault: Arc<dyn Vault>,
        turn: Arc<Turn>,
        workshop: Arc<Workshop>,
    ) -> Self {
        Self { recipe, component, vault, turn, workshop, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what it knows; the vault is read again.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        (state.token, state.failed, state.asking) = (None, None, None);
    }

    /// A good token; a new one where there is none.
    pub(crate) async fn token(self: &Arc<Self>) -> Result<Arc<Token>, TokenFailure> {
        let asking = {
            let mut state = self.state();
            let now = self.workshop.clock.now();
            if let Some(token) = state.token.as_ref().filter(|token| token.stale_at.is_none_or(|at| now < at)) {
                return Ok(Arc::clone(token));
            }
            self.ask(&mut state, false)?
        };
        asking.await
    }

    /// Another token than this one, to which the platform has answered 401. None where that one is new itself for the same reason: the
    /// platform means something else by it.
    pub(crate) async fn renewed(self: &Arc<Self>, refused: u64) -> Option<Result<Arc<Token>, TokenFailure>> {
        let asking = {
            let mut state = self.state();
            match &state.token {
                Some(token) if token.number != refused => return Some(Ok(Arc::clone(token))),
                Some(token) if token.renewed.is_some_and(|at| at.elapsed() < TOKEN_RENEWED_PAUSE) => return None,
                _ => match self.ask(&mut state, true) {
                    Ok(asking) => asking,
                    Err(failure) => return Some(Err(failure)),
                },
            }
        };
        Some(asking.await)
    }

    /// The request under way, or a new one.
    fn ask(self: &Arc<Self>, state: &mut State, renews: bool) -> Result<Asking, TokenFailure> {
        if let Some(asking) = &state.asking {
            return Ok(asking.clone());
        }
        if let Some((_, failure)) = state.failed.as_ref().filter(|(until, _)| Instant::now() < *until) {
            return Err(failure.clone());
        }
        let holder = Arc::clone(self);
        let task = self.workshop.spawn(async move {
            let got = holder.get(renews).await;
            let mut state = holder.state();
            state.asking = None;
            match &got {
                Ok(token) => (state.token, state.failed) = (Some(Arc::clone(token)), None),
                Err(failure) => {
                    state.token = None;
                    state.failed = Some((Instant::now() + failure.wait, failure.clone()));
                }
            }
            got
        });
        let asking = async move {
            let ended = || TokenFailure::new(Code::EgressCancelled, "the host stops");
            task.await.unwrap_or_else(|_| Err(ended()))
        };
        let asking = asking.boxed().shared();
        state.asking = Some(asking.clone());
        Ok(asking)
    }

    async fn get(&self, renews: bool) -> Result<Arc<Token>, TokenFailure> {
        let mut unsaved = self.turn.lock().await;
        // What an earlier answer gave and no disk took is all that is left of a refresh token.
        if let Some((generation, held)) = unsaved.take() {
            match self.vault.keep(generation, &held).await {
                Ok(_) => {}
                Err(error) => {
                    *unsaved = Some((generation, held));
                    return Err(error.into());
                }
            }
        }
        // A grant may be replaced while its token is asked for; the second one is as good as any.
        for _ in 0..2 {
            let Kept { generation, held } = self.vault.open().await?;
            let held = held.unwrap_or_default();
            if let Some(token) = self.of_kept(&held).filter(|_| !renews) {
                return Ok(token);
            }
            let held = self.exchange(generation, held).await?;
            match self.vault.keep(generation, &held).await {
                Ok(true) => return self.token_of(&held, renews),
                Ok(false) => {}
                Err(error) => {
                    *unsaved = Some((generation, held));
                    return Err(error.into());
                }
            }
        }
        Err(TokenFailure::new(Code::DestUnavailable, "the connection was replaced while its token was asked for"))
    }

    /// Asks for a token with what is kept.
    async fn exchange(&self, generation: u64, held: Held) -> Result<Held, TokenFailure> {
        let grant = match &held.refresh_token {
            Some(token) if self.recipe.refreshes() => Grant::Refresh(token),
            None if self.recipe.refreshes() => return Err(self.ended(generation, held).await?),
            _ => Grant::Own,
        };
        let asked_at = self.workshop.clock.now();
        let answer = match self.carry(&grant, asked_at).await {
            Ok(answer) => answer,
            Err(failure) => {
                if matches!(failure.code, Code::DestNotConnected | Code::DestClientRefused) {
                    self.vault.refused(generation, &failure).await?;
                }
                return Err(failure);
            }
        };
        self.held_of(&answer, held.refresh_token, asked_at)
    }

    /// There is no refresh token. Where there was an access token without an end, the platform does not take it any more: it is forgotten,
    /// and somebody has to connect again.
    async fn ended(&self, generation: u64, held: Held) -> Result<TokenFailure, TokenFailure> {
        let name = &self.recipe.name;
        if held.access.as_ref().is_none_or(|access| access.of != self.recipe.of) {
            let cause = format!("`{name}` is not connected: there is no refresh token");
            return Ok(TokenFailure::new(Code::DestNotConnected, cause));
        }
        let cause = format!("the platform does not take the token of `{name}` any more (401), and gave no refresh token with it");
        let failure = TokenFailure::new(Code::DestNotConnected, cause);
        if self.vault.keep(generation, &Held { access: None, ..held }).await? {
            self.vault.refused(generation, &failure).await?;
        }
        Ok(failure)
    }

    /// Exchanges the code of a consent. Nothing is kept: that is the caller's, who knows who consented.
    pub(crate) async fn of_code(&self, code: &Secret, verifier: &Secret, redirect: &str) -> Result<Held, TokenFailure> {
        let asked_at = self.workshop.clock.now();
        let answer = self.carry(&Grant::Code { code, verifier, redirect }, asked_at).await?;
        let held = self.held_of(&answer, None, asked_at)?;
        if held.refresh_token.is_none() && held.access.as_ref().is_none_or(|access| access.ends.is_some()) {
            let cause = "the platform gave no refresh token, so the connection would end with its first token";
            return Err(TokenFailure::new(Code::DestConfig, cause));
        }
        Ok(held)
    }

    async fn carry(&self, grant: &Grant<'_>, now: Timestamp) -> Result<Answer, TokenFailure> {
        let lines = Arc::new(Lines::default());
        let gate = self.workshop.gate()?;
        let carrier = Carrier { gate, recipe: &self.recipe, component: self.component.clone(), lines: Arc::clone(&lines), now };
        let answer = carrier.ask(grant).await;
        self.vault.record(lines.take()).await;
        answer
    }

    fn held_of(&self, answer: &Answer, before: Option<Secret>, got: Timestamp) -> Result<Held, TokenFailure> {
        let exposed = expose::read(&self.recipe.exposes, &answer.rest);
        let exposed = exposed.map_err(|cause| TokenFailure::new(Code::DestProtocol, cause))?;
        let secret = |text: &str| Secret::new(text.as_bytes());
        let refresh_token = answer.refresh_token.as_deref().filter(|token| !token.is_empty()).map(secret).or(before);
        let ends = answer.good_for().map(|life| got.checked_add(life).unwrap_or(Timestamp::MAX));
        let access = Access { token: secret(&answer.access_token), got, ends, of: self.recipe.of.clone() };
        Ok(Held { refresh_token, access: Some(access), exposed })
    }

    /// A kept token that is still good for this recipe.
    fn of_kept(&self, held: &Held) -> Option<Arc<Token>> {
        let access = held.access.as_ref().filter(|access| access.of == self.recipe.of)?;
        let now = self.workshop.clock.now();
        if stale_at(access).is_some_and(|at| at <= now)
            || !self.recipe.exposes.iter().all(|e| held.exposed.contains_key(&e.setting))
        {
            return None;
        }
        self.token_of(held, false).ok()
    }

    fn token_of(&self, held: &Held, renewed: bool) -> Result<Arc<Token>, TokenFailure> {
        let access = held.access.as_ref().expect("called with a token");
        let header = HeaderValue::from_bytes(&[b"Bearer ", access.token.reveal()].concat());
        let unfit = |_| TokenFailure::new(Code::DestProtocol, "the platform's token holds characters that cannot be sent");
        let mut header = header.map_err(unfit)?;
        header.set_sensitive(true);
        let number = {
            let mut state = self.state();
            state.tokens += 1;
            state.tokens
        };
        let secrets = [Some(&access.token), held.refresh_token.as_ref()];
        let hidden = secrets.into_iter().flatten().map(|secret| Secret::new(secret.reveal())).collect();
        let renewed = renewed.then(Instant::now);
        Ok(Arc::new(Token { header, hidden, exposed: held.exposed.clone(), number, stale_at: stale_at(access), renewed }))
    }
}

/// A tenth of its life before its end, at most [`TOKEN_MARGIN_MAX`].
fn stale_at(access: &Access) -> Option<Timestamp> {
    let ends = access.ends?;
    let life = Duration::try_from(ends.duration_since(access.got)).unwrap_or_default();
    ends.checked_sub((life / 10).min(TOKEN_MARGIN_MAX)).ok()
}
