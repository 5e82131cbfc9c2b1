//! Why there is no token, in the words of the registry. Nothing of the request that wanted one has left; what the platform said of it is
//! kept, without secrets.

use std::time::Duration;

use serde::Deserialize;
use sluice_catalog::{Code, contract::Failure};

use super::vault::VaultError;
use crate::{
    failure::Failed,
    limits::{PACE_HOLD_MAX, TOKEN_ANSWER_SHOWN_MAX, TOKEN_REFUSED_HOLD, TOKEN_WAIT},
};

/// No token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenFailure {
    /// Of the registry.
    pub code: Code,
    /// Cause, with what the platform said.
    pub message: String,
    /// How long nobody asks again.
    pub wait: Duration,
}

/// What a token endpoint says when it refuses (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct StandardError {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl TokenFailure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        let wait = match code {
            Code::DestNotConnected | Code::DestClientRefused | Code::DestConfig | Code::DestProtocol => TOKEN_REFUSED_HOLD,
            _ => TOKEN_WAIT,
        };
        Self { code, message: message.into(), wait }
    }

    pub(super) fn throttled(message: impl Into<String>, wait: Option<Duration>) -> Self {
        let wait = wait.unwrap_or(TOKEN_WAIT).clamp(TOKEN_WAIT, PACE_HOLD_MAX);
        let message = format!("{}; it wants to be asked again in {} s", message.into(), wait.as_secs());
        Self { code: Code::DestRateLimited, message, wait }
    }

    /// The caller's time ended; the request goes on for those who come later.
    pub(crate) fn late() -> Self {
        Self::new(Code::EgressTimeout, "the call's time ended while the request waited for a token")
    }

    /// The token request itself did not get an answer.
    pub(super) fn of_exchange(failure: &Failure) -> Self {
        let code = failure.code.parse().unwrap_or(Code::DestUnavailable);
        Self::new(code, format!("no token from the platform: {}", failure.message))
    }

    /// An error of the standard. `refreshes`: the request was made with a refresh token or a consent's code.
    fn of_standard(error: &StandardError, refreshes: bool) -> Self {
        let (code, what) = match error.error.as_str() {
            "invalid_grant" if refreshes => {
                (Code::DestNotConnected, "the platform takes neither consent nor refresh token any more")
            }
            "invalid_grant" | "invalid_client" | "unauthorized_client" => {
                (Code::DestClientRefused, "the platform does not accept the client")
            }
            _ => (Code::DestConfig, "the platform refuses the token request"),
        };
        let said = shown(&error.error);
        Self::new(
            code,
            match &error.error_description {
                Some(description) => format!("{what}: {said}: {}", shown(description)),
                None => format!("{what}: {said}"),
            },
        )
    }

    /// An answer that is no success: in the standard's words, or in others.
    pub(super) fn of_answer(status: u16, body: &[u8], refreshes: bool) -> Self {
        match serde_json::from_slice::<StandardError>(body) {
            Ok(error) => Self::of_standard(&error, refreshes),
            Err(_) => Self::of_other(status, body),
        }
    }

    /// Another answer than the standard's.
    fn of_other(status: u16, body: &[u8]) -> Self {
        let said = shown(&String::from_utf8_lossy(body));
        let code = match status {
            401 | 403 => Code::DestClientRefused,
            400..=499 => Code::DestConfig,
            _ => Code::DestProtocol,
        };
        Self::new(code, format!("the platform's token endpoint answers {status}: {said}"))
    }

    /// The same failure, its words changed.
    pub(super) fn map(self, words: impl FnOnce(String) -> String) -> Self {
        Self { message: words(self.message), ..self }
    }
}

/// What a platform said, in one short line.
pub(super) fn shown(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TOKEN_ANSWER_SHOWN_MAX).collect();
    plain.trim().to_owned()
}

impl From<VaultError> for TokenFailure {
    fn from(error: VaultError) -> Self {
        Self::new(error.code, error.cause)
    }
}

impl From<TokenFailure> for Failed {
    fn from(failure: TokenFailure) -> Self {
        Self::unsent(failure.code, failure.message)
    }
}
