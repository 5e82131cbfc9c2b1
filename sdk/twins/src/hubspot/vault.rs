//! Tokens and codes: which there are, what they may do, when they end. The words of the endpoints that hand them out are `oauth`'s.
//! Nothing here is shown with the twin's state, and nothing has a `Debug`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    limits,
    options::{Options, RefreshToken, Token},
};

struct Code {
    redirect_uri: String,
    scopes: Vec<String>,
    ends: i64,
}

struct Refresh {
    scopes: Vec<String>,
    revoked: bool,
}

struct Access {
    scopes: Vec<String>,
    /// Second of the epoch.
    ends: Option<i64>,
    oauth: bool,
    revoked: bool,
}

/// What a token that is let in may do.
pub(super) struct Bearer {
    pub(super) scopes: Vec<String>,
    pub(super) oauth: bool,
}

/// Why a token is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// Nobody gave it, or it was taken back.
    Unknown,
    /// It ended so many seconds ago.
    Expired(i64),
}

/// What an exchange gives.
pub(super) struct Issued {
    pub(super) access: String,
    pub(super) refresh: String,
}

#[derive(Default)]
pub(super) struct Vault {
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    codes: BTreeMap<String, Code>,
    made: u64,
}

impl Vault {
    pub(super) fn new(options: &Options) -> Self {
        let mut vault = Self::default();
        options.tokens.iter().cloned().for_each(|token| vault.add(token));
        options.refresh_tokens.iter().cloned().for_each(|token| vault.add_refresh(token));
        vault
    }

    pub(super) fn add(&mut self, token: Token) {
        let ends = token.expires_at.map(Timestamp::as_second);
        self.access.insert(token.token, Access { scopes: token.scopes, ends, oauth: token.oauth, revoked: false });
    }

    pub(super) fn add_refresh(&mut self, token: RefreshToken) {
        self.refresh.insert(token.token, Refresh { scopes: token.scopes, revoked: false });
    }

    pub(super) fn admit(&self, token: &str, now: Timestamp) -> Result<Bearer, Denied> {
        let known = self.access.get(token).filter(|token| !token.revoked).ok_or(Denied::Unknown)?;
        match known.ends {
            Some(ends) if now.as_second() >= ends => Err(Denied::Expired(now.as_second() - ends)),
            _ => Ok(Bearer { scopes: known.scopes.clone(), oauth: known.oauth }),
        }
    }

    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A code for somebody who consented.
    pub(super) fn code(&mut self, redirect_uri: &str, scopes: Vec<String>, now: Timestamp) -> String {
        let code = format!("tw1n-code-{:06}", self.number());
        let ends = now.as_second() + limits::CODE_S;
        self.codes.insert(code.clone(), Code { redirect_uri: redirect_uri.to_owned(), scopes, ends });
        code
    }

    /// What a code is worth: once, for the address that it was given for, and not for long.
    pub(super) fn spend(&mut self, code: &str, redirect_uri: &str, now: Timestamp) -> Result<Vec<String>, &'static str> {
        let known = self.codes.get(code).filter(|code| now.as_second() < code.ends).ok_or("code")?;
        if known.redirect_uri != redirect_uri {
            return Err("redirect_uri");
        }
        Ok(self.codes.remove(code).map(|code| code.scopes).unwrap_or_default())
    }

    /// A first pair of tokens.
    pub(super) fn first(&mut self, scopes: Vec<String>, now: Timestamp, lives_s: i64) -> Issued {
        let refresh = format!("tw1n-refresh-{:06}", self.number());
        self.refresh.insert(refresh.clone(), Refresh { scopes: scopes.clone(), revoked: false });
        Issued { access: self.issue(scopes, now, lives_s), refresh }
    }

    /// Another access token, and another refresh token when they rotate; none for a refresh token that is not known or not good any more.
    pub(super) fn again(&mut self, refresh: &str, now: Timestamp, lives_s: i64, rotate: bool) -> Option<Issued> {
        let known = self.refresh.get_mut(refresh).filter(|known| !known.revoked)?;
        let scopes = known.scopes.clone();
        if rotate {
            known.revoked = true;
            return Some(self.first(scopes, now, lives_s));
        }
        Some(Issued { access: self.issue(scopes, now, lives_s), refresh: refresh.to_owned() })
    }

    fn issue(&mut self, scopes: Vec<String>, now: Timestamp, lives_s: i64) -> String {
        let access = format!("tw1n-access-{:06}", self.number());
        let ends = Some(now.as_second() + lives_s);
        self.access.insert(access.clone(), Access { scopes, ends, oauth: true, revoked: false });
        access
    }

    /// Takes a token back; `*` is everything that the app has, as when a person uninstalls it. False when there is no such token.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let all = token == "*";
        let access = self.access.iter_mut().filter(|(name, it)| *name == token || (all && it.oauth));
        let refresh = self.refresh.iter_mut().filter(|(name, _)| *name == token || all);
        let access = access.map(|(_, it)| it.revoked = true).count();
        let refresh = refresh.map(|(_, it)| it.revoked = true).count();
        all || access + refresh > 0
    }

    /// Lets an access token end now; `*` is every one of the app's.
    pub(super) fn expire(&mut self, token: &str, now: Timestamp) -> bool {
        let all = token == "*";
        let access = self.access.iter_mut().filter(|(name, it)| *name == token || (all && it.oauth));
        all | (access.map(|(_, it)| it.ends = Some(now.as_second())).count() > 0)
    }

    /// How many there are; never which.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "access": self.access.len(), "refresh": self.refresh.len(), "codes": self.codes.len(),
            "revoked": self.access.values().filter(|it| it.revoked).count() + self.refresh.values().filter(|it| it.revoked).count(),
        })
    }
}
