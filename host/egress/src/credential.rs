//! Secrets on their way into a request: bound to host form, path and method, written last, in a type that does not print.
//!
//! Some are headers as they were entered, some parameters of the query, and some are exchanged for tokens, whose holder
//! ([`crate::token`]) is asked when the request's turn has come.

mod error;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use sha2::Sha256;
use sluice_catalog::{
    manifest::{Credential, CredentialKind, Manifest, path_within},
    seal::Secret,
};
use url::Url;

pub use error::CredentialError;
pub(crate) use error::CredentialRefusal;

use crate::{
    limits::TOKENS_SCRUBBED_MAX,
    policy::Checked,
    scrub::Scrubber,
    token::{Borrower, Holder, Recipe, Token, TokenFailure, Tokens},
};

/// The credentials of one destination, ready to be written. Holds the secrets; prints none of them.
pub struct Credentials {
    bound: Vec<Bound>,
    /// As they were entered, and what was made of them.
    hidden: Vec<Arc<Secret>>,
    seen: RwLock<Seen>,
}

/// The tokens that requests were written with, which answers are scrubbed of beside the secrets.
struct Seen {
    tokens: VecDeque<Arc<Token>>,
    scrubber: Arc<Scrubber>,
}

struct Bound {
    declared: Credential,
    write: Write,
}

/// How it is written. What is not there has not been entered.
enum Write {
    /// Marked sensitive: its `Debug` says so, and HTTP/2 does not put it into the shared table.
    Header {
        header: HeaderName,
        value: Option<HeaderValue>,
    },
    Query {
        parameter: String,
        value: Option<Arc<Secret>>,
    },
    Token(Option<Arc<Holder>>),
    /// In the body already, written by the host itself: named for the ledger.
    Body,
}

/// What is left to do for a request whose credentials are bound.
#[derive(Default)]
pub(crate) struct Rest {
    /// Parameters to be added to the address, after its check.
    query: Vec<(String, Arc<Secret>)>,
    /// Asked for the token of `authorization`.
    pub(crate) holder: Option<Arc<Holder>>,
}

impl Credentials {
    /// Binds the secrets of a destination to the manifest's declarations. A declared credential without a secret is refused when a
    /// request names it, not here: not every service needs every credential. One that is exchanged for tokens counts as not entered.
    pub fn bind(manifest: &Manifest, secrets: impl IntoIterator<Item = (String, Secret)>) -> Result<Self, CredentialError> {
        Self::bind_all(manifest, secrets, None)
    }

    /// The same, with tokens from their holders.
    pub fn bind_with_tokens(
        manifest: &Manifest,
        secrets: impl IntoIterator<Item = (String, Secret)>,
        tokens: &Tokens,
        borrower: &Borrower<'_>,
    ) -> Result<Self, CredentialError> {
        Self::bind_all(manifest, secrets, Some((tokens, borrower)))
    }

    fn bind_all(
        manifest: &Manifest,
        secrets: impl IntoIterator<Item = (String, Secret)>,
        tokens: Option<(&Tokens, &Borrower<'_>)>,
    ) -> Result<Self, CredentialError> {
        let secrets: HashMap<String, Arc<Secret>> = secrets.into_iter().map(|(name, secret)| (name, Arc::new(secret))).collect();
        let declares = |name: &str| manifest.credentials.iter().any(|c| c.name == name);
        if let Some(name) = secrets.keys().find(|name| !declares(name)) {
            return Err(CredentialError::Undeclared { name: name.clone() });
        }
        let mut bound = Vec::with_capacity(manifest.credentials.len());
        let mut hidden: Vec<Arc<Secret>> = secrets.values().cloned().collect();
        // Of a connection: no request may name it; an answer that holds it is still scrubbed.
        for declared in manifest.credentials.iter().filter(|declared| !declared.write.is_of_connection()) {
            let secret = secrets.get(&declared.name);
            let write = match &declared.write {
                CredentialKind::Query { parameter } => {
                    let value = secret.map(|secret| text_of(declared, secret)).transpose()?;
                    Write::Query { parameter: parameter.clone(), value: value.map(Arc::clone) }
                }
                CredentialKind::HmacQuery { parameter, of } => {
                    let value = secret.zip(secrets.get(of)).map(|(key, message)| Arc::new(signature(key, message)));
                    hidden.extend(value.clone());
                    Write::Query { parameter: parameter.clone(), value }
                }
                kind if kind.is_exchanged() => {
                    let holder = match (secret, tokens) {
                        (Some(secret), Some((tokens, borrower))) => {
                            let place = (borrower.policy, borrower.settings);
                            let recipe = Recipe::of(manifest, declared, place, secret, &mut hidden)?;
                            Some(tokens.holder(borrower, recipe))
                        }
                        _ => None,
                    };
                    Write::Token(holder)
                }
                _ => {
                    let header = header_of(declared)?;
                    let value = secret.map(|secret| value_of(declared, secret, &mut hidden)).transpose()?;
                    Write::Header { header, value }
                }
            };
            bound.push(Bound { declared: declared.clone(), write });
        }
        Ok(Self::over(bound, hidden))
    }

    fn over(bound: Vec<Bound>, hidden: Vec<Arc<Secret>>) -> Self {
        let scrubber = Arc::new(Scrubber::new(hidden.iter().map(|secret| secret.reveal())));
        Self { bound, hidden, seen: RwLock::new(Seen { tokens: VecDeque::new(), scrubber }) }
    }

    /// None at all, for connectors without credentials.
    pub fn none() -> Self {
        Self::over(Vec::new(), Vec::new())
    }

    /// For a token request of the host itself: the named credential is in its body, or is this header. Answers are not scrubbed: the host
    /// alone reads them.
    pub(crate) fn of_token_request(name: &str, authorization: Option<HeaderValue>) -> Self {
        let declared = Credential {
            name: name.to_owned(),
            write: CredentialKind::Basic {},
            help: String::new(),
            optional: false,
            hosts: Vec::new(),
            path_prefix: "/".into(),
            methods: Vec::new(),
        };
        let write = match authorization {
            Some(value) => Write::Header { header: AUTHORIZATION, value: Some(value) },
            None => Write::Body,
        };
        Self::over(vec![Bound { declared, write }], Vec::new())
    }

    /// Takes them out of answers, with the tokens that requests were written with so far.
    pub fn scrubber(&self) -> Arc<Scrubber> {
        Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner).scrubber)
    }

    /// From here on answers are scrubbed of this token, too.
    pub(crate) fn learn(&self, token: &Arc<Token>) {
        let known = |seen: &Seen| seen.tokens.iter().any(|known| Arc::ptr_eq(known, token));
        if known(&self.seen.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if known(&seen) {
            return;
        }
        seen.tokens.push_back(Arc::clone(token));
        if seen.tokens.len() > TOKENS_SCRUBBED_MAX {
            seen.tokens.pop_front();
        }
        let entered = self.hidden.iter().map(|secret| secret.reveal());
        let got = seen.tokens.iter().flat_map(|token| token.hidden.iter().map(Secret::reveal));
        seen.scrubber = Arc::new(Scrubber::new(entered.chain(got)));
    }

    /// Settings that tokens' answers tell; asks for a token where nothing is known yet. At most as long as a token request takes.
    pub async fn exposed(&self) -> Result<BTreeMap<String, String>, TokenFailure> {
        let mut exposed = BTreeMap::new();
        for bound in &self.bound {
            let tells = bound.declared.write.token_endpoint().is_some_and(|endpoint| !endpoint.expose.is_empty());
            if let (true, Write::Token(Some(holder))) = (tells, &bound.write) {
                exposed.extend(holder.token().await?.exposed.clone());
            }
        }
        Ok(exposed)
    }

    /// Gets the tokens of all credentials that have been entered, before anything is sent; what their answers tell.
    pub async fn ready(&self) -> Result<BTreeMap<String, String>, TokenFailure> {
        let mut exposed = BTreeMap::new();
        for bound in &self.bound {
            if let Write::Token(Some(holder)) = &bound.write {
                exposed.extend(holder.token().await?.exposed.clone());
            }
        }
        Ok(exposed)
    }

    /// Whether a credential of this destination writes the header, so that a component may not.
    pub(crate) fn writes(&self, header: &HeaderName) -> bool {
        self.bound.iter().any(|b| matches!(&b.write, Write::Header { header: own, .. } if own == header))
    }

    /// Writes the headers of the named credentials, and says what is left to do. The last thing that happens to a request before it waits
    /// for its turn.
    pub(crate) fn write(&self, names: &[String], checked: &Checked, headers: &mut HeaderMap) -> Result<Rest, CredentialRefusal> {
        self.leaves_parameters_alone(checked.url())?;
        let mut rest = Rest::default();
        for name in names {
            let bound = self.bound.iter().find(|b| b.declared.name == *name).ok_or(CredentialRefusal::Undeclared)?;
            bound.allows(checked)?;
            let (missing, twice) =
                (|| CredentialRefusal::Missing { name: name.clone() }, || CredentialRefusal::Twice { name: name.clone() });
            match &bound.write {
                Write::Header { header, value } => {
                    let value = value.clone().ok_or_else(missing)?;
                    if headers.insert(header.clone(), value).is_some() || (*header == AUTHORIZATION && rest.holder.is_some()) {
                        return Err(twice());
                    }
                }
                Write::Query { parameter, value } => {
                    let value = value.clone().ok_or_else(missing)?;
                    if rest.query.iter().any(|(known, _)| known == parameter) {
                        return Err(twice());
                    }
                    rest.query.push((parameter.clone(), value));
                }
                Write::Token(holder) => {
                    let holder = holder.clone().ok_or_else(missing)?;
                    if headers.contains_key(AUTHORIZATION) || rest.holder.replace(holder).is_some() {
                        return Err(twice());
                    }
                }
                Write::Body => {}
            }
        }
        Ok(rest)
    }

    /// Refuses an address that has a parameter of a credential, named or not: a server may read the first one, or the last.
    fn leaves_parameters_alone(&self, url: &Url) -> Result<(), CredentialRefusal> {
        let own = |name: &str| {
            self.bound.iter().find_map(|b| match &b.write {
                Write::Query { parameter, .. } if parameter.eq_ignore_ascii_case(name) => Some(parameter.clone()),
                _ => None,
            })
        };
        match url.query_pairs().find_map(|(name, _)| own(&name)) {
            Some(parameter) => Err(CredentialRefusal::Parameter { parameter }),
            None => Ok(()),
        }
    }
}

impl Rest {
    /// Adds the parameters to the address that is dialled. It is not logged, and no line holds it.
    pub(crate) fn add_to(&self, url: &mut Url) {
        for (parameter, value) in &self.query {
            let value = std::str::from_utf8(value.reveal()).expect("checked when it was bound");
            url.query_pairs_mut().append_pair(parameter, value);
        }
    }
}

impl Bound {
    fn allows(&self, checked: &Checked) -> Result<(), CredentialRefusal> {
        let (declared, name) = (&self.declared, || self.declared.name.clone());
        if checked.is_link() {
            return Err(CredentialRefusal::Link { name: name() });
        }
        if !declared.hosts.is_empty() && declared.hosts.iter().all(|form| form != checked.form()) {
            return Err(CredentialRefusal::Host { name: name() });
        }
        if !path_within(checked.url().path(), &declared.path_prefix) {
            return Err(CredentialRefusal::Path { name: name() });
        }
        if !declared.methods.is_empty() && declared.methods.iter().all(|m| m != checked.method().as_str()) {
            return Err(CredentialRefusal::Method { name: name() });
        }
        Ok(())
    }
}

fn header_of(declared: &Credential) -> Result<HeaderName, CredentialError> {
    let CredentialKind::StaticHeader { header, .. } = &declared.write else { return Ok(AUTHORIZATION) };
    match HeaderName::from_bytes(header.as_bytes()) {
        Ok(name) if name == AUTHORIZATION || !crate::headers::is_hosts_own(name.as_str()) => Ok(name),
        _ => Err(CredentialError::Header { name: declared.name.clone(), header: header.clone() }),
    }
}

/// The header's value; parts that have to be hidden beside the secret itself (a password within `user:password`) go to `hidden`.
fn value_of(declared: &Credential, secret: &Secret, hidden: &mut Vec<Arc<Secret>>) -> Result<HeaderValue, CredentialError> {
    let name = || declared.name.clone();
    let text = match &declared.write {
        CredentialKind::StaticHeader { prefix, .. } => Secret::new([prefix.as_bytes(), secret.reveal()].concat()),
        _ => {
            let colon =
                secret.reveal().iter().position(|b| *b == b':').ok_or_else(|| CredentialError::BasicForm { name: name() })?;
            hidden.push(Arc::new(Secret::new(&secret.reveal()[colon + 1..])));
            Secret::new(format!("Basic {}", STANDARD.encode(secret.reveal())).into_bytes())
        }
    };
    let mut value = HeaderValue::from_bytes(text.reveal()).map_err(|_| CredentialError::Bytes { name: name() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A secret that is written as text.
fn text_of<'s>(declared: &Credential, secret: &'s Arc<Secret>) -> Result<&'s Arc<Secret>, CredentialError> {
    match std::str::from_utf8(secret.reveal()) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(secret),
        _ => Err(CredentialError::Bytes { name: declared.name.clone() }),
    }
}

/// HMAC-SHA256 in lower-case hexadecimal digits.
fn signature(key: &Secret, message: &Secret) -> Secret {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).expect("HMAC takes keys of every length");
    mac.update(message.reveal());
    Secret::new(hex::encode(mac.finalize().into_bytes()).into_bytes())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.bound.iter().map(|b| &b.declared.name)).finish()
    }
}

#[cfg(test)]
mod tests;
