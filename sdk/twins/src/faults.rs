//! Faults: which request is hurt, and how. A fault has three independent parts: whom it meets (path, method, a text in the
//! body, the n-th of those), how much of the request is **applied**, and what is **answered**. "Applied, but the answer was
//! lost" is `apply all, answer drop`; "half of it, then an error" is `apply half, answer status 500`. This file decides and
//! counts; the server carries it out.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::limits;

/// Harm to do to requests.
///
/// As JSON (`POST /__twin/faults`), every part but `answer` may be left out:
/// `{"path": "/users/track", "pick": {"nth": 3}, "apply": "half", "answer": {"kind": "status", "status": 500}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Requests of this method only; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Requests of this path only, or of every path that starts so when it ends with `*`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Requests whose body holds this text only (a poison row); any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holding: Option<String>,
    /// Which of the requests that match are hurt. Default: the next one.
    #[serde(default)]
    pub pick: Pick,
    /// How often the fault strikes at most; for ever when absent (`nth` and `next` end by themselves).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How much of the request is applied. When absent: all for `normal` and `truncated`, half for `errors-for-rest`,
    /// nothing for every other answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply: Option<Apply>,
    /// Milliseconds to wait before the answer, after applying. At most [`limits::WAIT_MS_MAX`].
    #[serde(default)]
    pub delay_ms: u64,
    /// What the client gets.
    #[serde(default)]
    pub answer: Answer,
}

/// Which of the requests that match a fault are hurt, counted from 1 since the fault was armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The next `n`.
    Next(u64),
    /// The `n`-th alone.
    Nth(u64),
    /// Each `n`-th.
    Every(u64),
}

impl Default for Pick {
    fn default() -> Self {
        Self::Next(1)
    }
}

impl Pick {
    fn hits(self, seen: u64) -> bool {
        match self {
            Self::Next(n) => seen <= n,
            Self::Nth(n) => seen == n,
            Self::Every(n) => n != 0 && seen.is_multiple_of(n),
        }
    }
}

/// How much of a request is applied. A request that the vendor would refuse is never applied, whatever is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apply {
    /// Nothing.
    Nothing,
    /// The first half of its objects, rounded down.
    Half,
    /// All of it.
    All,
    /// All of it, two times over.
    Twice,
    /// All of it, but only after this many later requests were handled: it arrives out of order.
    Late {
        /// Later requests to wait for.
        after_requests: u64,
    },
}

/// What the client of a hurt request gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// The answer it would have got: with `delay_ms` a slow one, with less applied a lie.
    #[default]
    Normal,
    /// The answer it would have got, except that the objects not applied are named as refused with this text. An endpoint
    /// whose answers name no objects gives its normal one.
    ErrorsForRest {
        /// What the vendor says of each of them.
        text: String,
    },
    /// 429, with the waits that are given and without those that are not.
    Throttle {
        /// Seconds until the vendor's own reset header.
        #[serde(default)]
        reset_s: Option<u64>,
        /// Seconds of a `Retry-After` header.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// This status (100 to 999), with the vendor's words for it.
    Status {
        /// The status.
        status: u16,
    },
    /// The vendor's success status, with a `message` that is not success.
    NotSuccess {
        /// The message.
        message: String,
    },
    /// 200 with an HTML page that no vendor wrote: a captive portal, a proxy's login.
    CaptivePortal,
    /// The right head, and then half of the body before the connection ends.
    Truncated,
    /// No answer: the connection ends.
    Drop,
    /// No answer: the connection stays, until the client gives up or this long, and then ends.
    Hang {
        /// Milliseconds at most; above [`limits::WAIT_MS_MAX`] that.
        at_most_ms: u64,
    },
}

impl Fault {
    /// Meets the next request to `path` (a trailing `*` matches every path that starts so), with its normal answer.
    pub fn on(path: &str) -> Self {
        Self {
            method: None,
            path: Some(path.to_owned()),
            holding: None,
            pick: Pick::default(),
            count: None,
            apply: None,
            delay_ms: 0,
            answer: Answer::Normal,
        }
    }

    /// Of this method only.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Whose body holds `text` only.
    #[must_use]
    pub fn holding(mut self, text: &str) -> Self {
        self.holding = Some(text.to_owned());
        self
    }

    /// Which of them.
    #[must_use]
    pub fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// At most so often.
    #[must_use]
    pub fn count(mut self, times: u64) -> Self {
        self.count = Some(times);
        self
    }

    /// How much is applied.
    #[must_use]
    pub fn apply(mut self, apply: Apply) -> Self {
        self.apply = Some(apply);
        self
    }

    /// Wait so long before the answer.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// What is answered.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// How much is applied, with the default that [`Fault::apply`] describes.
    pub fn applied(&self) -> Apply {
        self.apply.unwrap_or(match self.answer {
            Answer::Normal | Answer::Truncated => Apply::All,
            Answer::ErrorsForRest { .. } => Apply::Half,
            Answer::Throttle { .. }
            | Answer::Status { .. }
            | Answer::NotSuccess { .. }
            | Answer::CaptivePortal
            | Answer::Drop
            | Answer::Hang { .. } => Apply::Nothing,
        })
    }

    fn matches(&self, method: &str, path: &str, body: &[u8]) -> bool {
        self.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|p| match p.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == p,
            })
            && self.holding.as_deref().is_none_or(|text| String::from_utf8_lossy(body).contains(text))
    }

    fn check(&self) -> Result<(), FaultError> {
        match (&self.answer, self.pick) {
            (Answer::Status { status }, _) if !(200..=999).contains(status) => Err(FaultError::Status { status: *status }),
            (_, Pick::Next(0) | Pick::Nth(0) | Pick::Every(0)) => Err(FaultError::PickZero),
            _ => Ok(()),
        }
    }
}

/// Why a fault was not armed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// A final answer has a status from 200 to 999.
    #[error("status {status} is no final answer: use 200 to 999")]
    Status {
        /// The status asked for.
        status: u16,
    },
    /// Requests are counted from 1.
    #[error("requests are counted from 1, so a pick of 0 never strikes")]
    PickZero,
    /// See [`limits::FAULTS_MAX`].
    #[error("{} faults are armed already: reset the twin or clear its faults", limits::FAULTS_MAX)]
    TooMany,
}

/// Names an armed fault; it appears in the log of the requests the fault struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub u64);

/// An armed fault and what it has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Armed {
    /// Its name.
    pub id: FaultId,
    /// What was asked for.
    pub fault: Fault,
    /// Requests that matched since it was armed.
    pub seen: u64,
    /// Requests it struck.
    pub struck: u64,
}

/// The faults of one twin. Of several that would strike a request, the one armed first does; all that match count it.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Program>);

#[derive(Debug, Default)]
struct Program {
    armed: Vec<Armed>,
    next: u64,
}

impl Faults {
    /// Arms a fault; it counts requests from now on.
    ///
    /// # Errors
    /// See [`FaultError`].
    pub fn arm(&self, fault: Fault) -> Result<FaultId, FaultError> {
        fault.check()?;
        let mut program = self.program();
        if program.armed.len() >= limits::FAULTS_MAX {
            return Err(FaultError::TooMany);
        }
        program.next += 1;
        let id = FaultId(program.next);
        program.armed.push(Armed { id, fault, seen: 0, struck: 0 });
        Ok(id)
    }

    /// Forgets every fault.
    pub fn clear(&self) {
        self.program().armed.clear();
    }

    /// Every armed fault, oldest first, spent ones too.
    pub fn armed(&self) -> Vec<Armed> {
        self.program().armed.clone()
    }

    /// How often the fault struck; 0 when it is not known.
    pub fn struck(&self, id: FaultId) -> u64 {
        self.program().armed.iter().find(|armed| armed.id == id).map_or(0, |armed| armed.struck)
    }

    /// Counts a request and gives the fault that strikes it.
    pub(crate) fn meet(&self, method: &str, path: &str, body: &[u8]) -> Option<(FaultId, Fault)> {
        let mut strikes = None;
        for armed in &mut self.program().armed {
            if !armed.fault.matches(method, path, body) {
                continue;
            }
            armed.seen += 1;
            let spent = armed.fault.count.is_some_and(|max| armed.struck >= max);
            if strikes.is_none() && !spent && armed.fault.pick.hits(armed.seen) {
                armed.struck += 1;
                strikes = Some((armed.id, armed.fault.clone()));
            }
        }
        strikes
    }

    fn program(&self) -> std::sync::MutexGuard<'_, Program> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
