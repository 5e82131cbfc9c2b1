//! Reasons and halts in a word: why a row or a whole call did not get through.
//!
//! `message` is the connector's own sentence and never holds a value of a row; the platform's words go into the attribute `said`,
//! which the host keeps as confidential as rows.

use crate::code;
use crate::contract::{Halt, Outcome, Reason, Split, Ticket};
use crate::limits::SAID_CHARS_MAX;

impl Reason {
    /// A reason with a code of the registry ([`code`]) and a sentence.
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            code: code.into(),
            vendor_code: None,
            message: message.into(),
            field: None,
            after_ms: None,
            at_ms: None,
            attrs: Vec::new(),
        }
    }

    /// A value has the wrong form (`bad-format`); say in which [`Reason::field`].
    #[cold]
    pub fn bad(message: &str) -> Self {
        Self::new(code::BAD_FORMAT, message)
    }

    /// The platform's own code.
    #[must_use]
    pub fn vendor(mut self, code: &str) -> Self {
        self.vendor_code = Some(code.chars().take(SAID_CHARS_MAX).collect());
        self
    }

    /// The field that is to blame, by its name at the platform.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.field = Some(name.into());
        self
    }

    /// The platform's own words, cut at [`SAID_CHARS_MAX`]; nothing when there are none.
    #[must_use]
    pub fn said(mut self, words: &str) -> Self {
        let words: String = words.trim().chars().take(SAID_CHARS_MAX).collect();
        if !words.is_empty() {
            self.attrs.retain(|(k, _)| k != "said");
            self.attrs.push(("said".into(), words));
        }
        self
    }

    /// Come back after so many milliseconds.
    #[must_use]
    pub fn after_ms(mut self, ms: u64) -> Self {
        self.after_ms = Some(ms);
        self
    }

    /// Come back at this instant, in milliseconds since 1970.
    #[must_use]
    pub fn at_ms(mut self, ms: u64) -> Self {
        self.at_ms = Some(ms);
        self
    }
}

/// A reason that a row is left out for refuses it.
impl From<Reason> for Outcome {
    fn from(reason: Reason) -> Self {
        Self::Rejected(reason)
    }
}

impl Halt {
    /// A setting or an option does not fit, by its name.
    pub fn setting(name: &str, message: &str) -> Self {
        Self::Config(Reason::new(code::SETTINGS_INVALID, message).field(name))
    }

    /// The credential is not accepted.
    pub fn auth(message: &str) -> Self {
        Self::Auth(Reason::new(code::DEST_AUTH, message))
    }

    /// The credential lacks a right that the operator must give.
    pub fn permission(message: &str) -> Self {
        Self::Config(Reason::new(code::DEST_PERMISSION, message))
    }

    /// Settings, options or mapping must change.
    pub fn config(message: &str) -> Self {
        Self::Config(Reason::new(code::DEST_CONFIG, message))
    }

    /// The object is not at the platform.
    pub fn missing(message: &str) -> Self {
        Self::Missing(Reason::new(code::DEST_OBJECT_MISSING, message))
    }

    /// Too fast.
    pub fn throttled(message: &str) -> Self {
        Self::Throttled(Reason::new(code::DEST_RATE_LIMITED, message))
    }

    /// The allowance is used up.
    pub fn quota(message: &str) -> Self {
        Self::Quota(Reason::new(code::DEST_QUOTA, message))
    }

    /// The platform does not work now.
    pub fn unavailable(message: &str) -> Self {
        Self::Unavailable(Reason::new(code::DEST_UNAVAILABLE, message))
    }

    /// What answers is not the platform as its interface promises it, perhaps a proxy.
    pub fn protocol(message: &str) -> Self {
        Self::Unavailable(Reason::new(code::DEST_PROTOCOL, message))
    }

    /// The batch is too large for one request; `rows_fit` rows from the start would fit, where known. `Some(0)`: not even the first.
    pub fn split(message: &str, rows_fit: Option<u32>) -> Self {
        let code = if rows_fit == Some(0) { code::TOO_LARGE } else { code::DEST_BATCH_TOO_LARGE };
        Self::SplitBatch(Split { reason: Reason::new(code, message), rows_fit })
    }

    /// Call again with `resume` = `token` after so many milliseconds; not after `give_up_after_ms` from now.
    pub fn later(token: Vec<u8>, poll_after_ms: u32, give_up_after_ms: u64) -> Self {
        Self::Later(Ticket { token, poll_after_ms, give_up_after_ms })
    }

    /// Of a poll that came without the columns of its rows ([`crate::Rows::are_unread`]): to be asked once more with them, and with `token`.
    pub fn with_rows(token: &[u8]) -> Self {
        Self::later(token.to_vec(), 0, 0)
    }

    /// The host, the connector or the platform broke a rule of the contract.
    pub fn contract(message: &str) -> Self {
        Self::Contract(Reason::new(code::CONNECTOR_PROTOCOL, message))
    }

    /// The reason, where the halt has one (a ticket has none).
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Auth(r)
            | Self::Config(r)
            | Self::Missing(r)
            | Self::Throttled(r)
            | Self::Quota(r)
            | Self::Unavailable(r)
            | Self::Contract(r) => Some(r),
            Self::SplitBatch(split) => Some(&split.reason),
            Self::Later(_) => None,
        }
    }
}
