//! Tokens and codes that are good, and until when. Never shown: neither in the state nor in the log.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::super::{
    limits,
    options::{AccessToken, AuthorizationCode, Client, Options, RefreshToken, ServiceAccount},
};

/// Why an access token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Unfit {
    Unknown,
    Expired,
}

#[derive(Clone)]
struct Access {
    scopes: Vec<String>,
    expires_at: Option<Timestamp>,
    /// The refresh token that it came by; gone when that is.
    by: Option<String>,
}

#[derive(Clone)]
pub(in super::super) struct Tokens {
    clients: Vec<Client>,
    accounts: Vec<ServiceAccount>,
    refresh: HashMap<String, RefreshToken>,
    codes: HashMap<String, AuthorizationCode>,
    access: HashMap<String, Access>,
    /// Access tokens, oldest first.
    order: VecDeque<String>,
    lives_s: u32,
    made: u64,
}

impl Tokens {
    pub(in super::super) fn new(options: &Options) -> Self {
        let mut tokens = Self {
            clients: options.clients.clone(),
            accounts: options.service_accounts.clone(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            order: VecDeque::new(),
            lives_s: options.token_lives_s,
            made: 0,
        };
        options.refresh_tokens.iter().for_each(|token| tokens.put_refresh(token.clone()));
        options.access_tokens.iter().for_each(|token| tokens.put_access(token.clone()));
        tokens
    }

    pub(in super::super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == id)
    }

    pub(super) fn account(&self, email: &str) -> Option<&ServiceAccount> {
        self.accounts.iter().find(|account| account.email == email)
    }

    pub(super) fn refresh(&self, token: &str) -> Option<&RefreshToken> {
        self.refresh.get(token)
    }

    /// A code, which is gone by that.
    pub(super) fn take_code(&mut self, code: &str) -> Option<AuthorizationCode> {
        self.codes.remove(code)
    }

    pub(in super::super) fn put_client(&mut self, client: Client) {
        self.clients.retain(|known| known.client_id != client.client_id);
        self.clients.push(client);
    }

    pub(in super::super) fn put_account(&mut self, account: ServiceAccount) {
        self.accounts.retain(|known| known.email != account.email);
        self.accounts.push(account);
    }

    pub(in super::super) fn put_refresh(&mut self, token: RefreshToken) {
        self.refresh.insert(token.token.clone(), token);
    }

    pub(in super::super) fn put_code(&mut self, code: AuthorizationCode) {
        self.codes.insert(code.code.clone(), code);
    }

    pub(in super::super) fn put_access(&mut self, token: AccessToken) {
        self.remember(token.token, Access { scopes: token.scopes, expires_at: token.expires_at, by: None });
    }

    fn remember(&mut self, token: String, access: Access) {
        if self.access.insert(token.clone(), access).is_none() {
            self.order.push_back(token);
        }
        while self.order.len() > limits::TOKENS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.access.remove(&oldest);
        }
    }

    /// A new access token, and how many seconds it lives.
    pub(super) fn issue(&mut self, scopes: Vec<String>, by: Option<&str>, now: Timestamp) -> (String, u32) {
        let token = format!("ya29.{}", self.name());
        let lives = SignedDuration::from_secs(self.lives_s.into());
        let expires_at = Some(now.saturating_add(lives).unwrap_or(Timestamp::MAX));
        self.remember(token.clone(), Access { scopes, expires_at, by: by.map(str::to_owned) });
        (token, self.lives_s)
    }

    /// A new grant of a person.
    pub(super) fn grant(&mut self, client_id: &str, scopes: Vec<String>, rotates: bool) -> String {
        let token = format!("1//{}", self.name());
        self.put_refresh(RefreshToken { token: token.clone(), client_id: client_id.to_owned(), scopes, rotates });
        token
    }

    /// A new code, not kept yet.
    pub(super) fn code(&mut self) -> String {
        format!("4/{}", self.name())
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("twin-{:08}", self.made)
    }

    /// A token that is over, access or refresh; whether there was one.
    pub(in super::super) fn revoke(&mut self, token: &str) -> bool {
        let refresh = self.refresh.remove(token).is_some();
        if refresh {
            self.access.retain(|_, access| access.by.as_deref() != Some(token));
        }
        self.access.remove(token).is_some() || refresh
    }

    /// A refresh token that another one has taken the place of; access tokens that came by it live on.
    pub(super) fn rotate(&mut self, token: &str) {
        self.refresh.remove(token);
    }

    /// Ends the life of every access token that was asked for, so that the next call needs another one; gives how many.
    pub(in super::super) fn expire_all(&mut self, now: Timestamp) -> usize {
        let living = self.access.values_mut().filter(|access| access.expires_at.is_some_and(|at| at > now));
        living.map(|access| access.expires_at = Some(now)).count()
    }

    /// What a token allows.
    pub(in super::super) fn scopes(&self, token: &str, now: Timestamp) -> Result<&[String], Unfit> {
        let access = self.access.get(token).ok_or(Unfit::Unknown)?;
        match access.expires_at {
            Some(at) if at <= now => Err(Unfit::Expired),
            _ => Ok(&access.scopes),
        }
    }

    /// How many access and refresh tokens there are, for the state.
    pub(in super::super) fn counts(&self) -> (usize, usize) {
        (self.access.len(), self.refresh.len())
    }
}
