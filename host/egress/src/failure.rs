//! One failed request inside this room, on its way to the contract's `failure`.

use std::error::Error;

use sluice_catalog::{Code, contract::Failure};

use crate::{credential::CredentialRefusal, headers::HeaderRefusal, policy::Refusal, resolve::ResolveError, spool::SpoolError};

/// Code, sentence, and whether a byte of the request may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) sent: bool,
}

impl Failed {
    /// Nothing left the host.
    pub(crate) fn unsent(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), sent: false }
    }

    /// Something may have left.
    pub(crate) fn sent(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), sent: true }
    }

    /// What the HTTP library says of a request that got no head of an answer.
    ///
    /// `sent` is false in two provable cases: the error is of the connecting phase (lookup, TCP, TLS), or hyper gives the request
    /// back unread from its queue (`is_canceled`).
    pub(crate) fn of_exchange(error: &reqwest::Error, host: &str) -> Self {
        let unread = causes(error).any(|e| e.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled));
        if let Some(resolve) = causes(error).find_map(|e| e.downcast_ref::<ResolveError>()) {
            let code = match resolve {
                ResolveError::Special { .. } => Code::EgressAddressRefused,
                ResolveError::Lookup { .. } | ResolveError::Empty { .. } => Code::EgressResolveFailed,
            };
            return Self::unsent(code, resolve.to_string());
        }
        if let Some(tls) = causes(error).find_map(|e| tls_cause(e)).filter(|_| error.is_connect()) {
            return Self::unsent(Code::EgressTlsFailed, format!("TLS with {host}: {tls}"));
        }
        if error.is_connect() || unread {
            let why = if error.is_timeout() { "no connection in time".into() } else { root_cause(error) };
            return Self::unsent(Code::EgressConnectFailed, format!("connecting to {host}: {why}"));
        }
        if error.is_timeout() {
            return Self::sent(Code::EgressTimeout, format!("no answer from {host} in time"));
        }
        Self::sent(Code::EgressCut, format!("{host} ended the exchange: {}", root_cause(error)))
    }

    /// What the HTTP library says of an answer whose head was read.
    pub(crate) fn of_body(error: &reqwest::Error) -> Self {
        Self::sent(Code::EgressCut, format!("the answer's body broke off: {}", root_cause(error)))
    }

    /// The run's spool failed while an answer was read into it.
    pub(crate) fn spool(error: &SpoolError) -> Self {
        let code = match error {
            SpoolError::Unknown { .. } => Code::ConnectorProtocol,
            SpoolError::TooMany | SpoolError::TooLarge => Code::EgressAnswerTooLarge,
            SpoolError::Io(e) => Code::of_io(e.kind()),
            SpoolError::Damaged => Code::StateIo,
        };
        Self::sent(code, error.to_string())
    }

    /// Whether another attempt to connect is worth it: nothing left, and not for a reason that stays.
    pub(crate) fn may_reconnect(&self) -> bool {
        !self.sent && self.code == Code::EgressConnectFailed
    }
}

/// The chain of causes. An `io::Error` is looked into: its `source` skips the error that it wraps.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), |e| next(*e))
}

fn tls_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref::<rustls::Error>()
}

/// The innermost sentence: outer ones of the HTTP library name the URL, with its query.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().filter(|e| e.downcast_ref::<reqwest::Error>().is_none()).map_or_else(String::new, ToString::to_string)
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self { code: failed.code.as_str().into(), message: failed.message, sent: failed.sent }
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::unsent(refusal.code(), refusal.to_string())
    }
}

impl From<HeaderRefusal> for Failed {
    fn from(refusal: HeaderRefusal) -> Self {
        Self::unsent(Code::EgressHeaderRefused, refusal.to_string())
    }
}

impl From<CredentialRefusal> for Failed {
    fn from(refusal: CredentialRefusal) -> Self {
        Self::unsent(Code::EgressCredentialRefused, refusal.to_string())
    }
}
