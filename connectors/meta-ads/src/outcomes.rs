//! Code and subcode -> outcome, as readable tables, and what the counts of a success mean for its rows.
//!
//! marketing-api/error-reference (2025-12-11) and marketing-api/overview/rate-limiting (2026-05-05) of developers.facebook.com, read
//! 2026-11-27. Meta speaks in `error.code`: its statuses say little (a throttled request is answered with 400), so they are asked only
//! where there is no code, which is a stranger's answer.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use sluice_sdk::status::{self, Ended, Reset, Vendor};
use sluice_sdk::{Failure, Halt, Means, Places, Reason, Receipts, Response, Written, code, serde_json};

use crate::wire::{AccountUsage, BusinessUsage, GraphError, Members, REFUSAL};

/// Whose answers they are. There is no `Retry-After`.
const META: Vendor = Vendor { name: "Meta", reset: Reset::None };

/// The meaning of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Too fast; nothing was done.
    Wait,
    /// Meta does not work now; what was sent may have been done.
    Down,
    /// Meta refuses everything for a while; nothing was done.
    Blocked,
    /// Meta is still at work on the audience's last change; nothing was done.
    Updating,
    /// The session has got all of its parts, this one too.
    Finished,
    /// The session is over, and what it has got takes the place of the members. The next run begins another.
    Over,
    /// A parameter is not right, of the request or of one of its rows.
    Parameter,
    /// Something that is the same at other platforms.
    Plain(Means),
}

const TOKEN: Says = Says::Plain(Means::Key("Meta does not accept the token: make a new one for the system user"));
const PERMISSION: Says = Says::Plain(Means::Permission(
    "the token lacks a permission: audiences need `ads_management`, and the system user the ad account or dataset among its assets",
));
const TERMS: Says = Says::Plain(Means::Setup(
    "the terms for customer lists are not accepted: somebody has to, once for the ad account, in Ads Manager",
));

/// Subcodes, which say more than the code that they stand beside. Those of seven digits may stand in the place of the code.
const SUBCODES: &[(i64, Says)] = &[
    (33, Says::Plain(Means::NotThere("the audience, ad account or dataset is not there, or the token may not see it"))),
    (460, Says::Plain(Means::Key("the password of the token's owner was changed: make a new token, best a system user's"))),
    (463, Says::Plain(Means::Key("the token has expired: make a new one, best a system user's, which does not"))),
    (1_487_301, Says::Plain(Means::Setup("the audience is not shared with the ad account"))),
    (1_487_366, Says::Plain(Means::NotThere("the audience was deleted at Meta"))),
    (1_487_742, Says::Wait),
    (1_713_230, Says::Plain(Means::Setup("Meta has blocked the audience (integrity): look at its state in Ads Manager"))),
    (1_870_034, TERMS), // (inferred)
    (1_870_090, TERMS), // audiences/guides/custom-audiences, read 2026-11-27: beside the code 200
    // audiences/guides/custom-audiences, "Replace users API", read 2026-11-27: subcodes of 2650.
    (1_870_145, Says::Updating),
    (1_870_147, Says::Over),
    (1_870_158, Says::Over),
    (1_870_159, Says::Finished),
    (2_446_079, Says::Wait),
];

/// Codes. Those from 80000 to 80014 are throttling too.
const CODES: &[(i64, Says)] = &[
    (1, Says::Down),
    (2, Says::Down),
    (4, Says::Wait),
    (10, PERMISSION),
    (17, Says::Wait),
    (32, Says::Wait),
    (100, Says::Parameter),
    (102, TOKEN),
    (105, Says::Plain(Means::FewerRows)),
    (190, TOKEN),
    (200, PERMISSION),
    (294, PERMISSION),
    (341, Says::Wait),
    (368, Says::Blocked),
    (613, Says::Wait),
    (2650, TERMS),
    (2655, Says::Plain(Means::Setup("the terms for marketing messages are not accepted: somebody has to, in Ads Manager"))),
    (5000, Says::Down),
    (21_009, Says::Down),
];

impl GraphError {
    fn says(&self) -> Option<Says> {
        let find = |table: &[(i64, Says)], own: i64| table.iter().find(|(code, _)| *code == own).map(|(_, says)| *says);
        if matches!(self.code, 80_000..=80_014) {
            return Some(Says::Wait);
        }
        let subcode = self.error_subcode.and_then(|own| find(SUBCODES, own));
        subcode.or_else(|| find(SUBCODES, self.code)).or_else(|| find(CODES, self.code))
    }

    fn own(&self) -> String {
        self.error_subcode.map_or_else(|| self.code.to_string(), |subcode| format!("{}/{subcode}", self.code))
    }
}

/// What an answer says where it is a refusal in Meta's words; `parameter`: what a parameter that is not right means here.
fn refusal(answer: &Response, parameter: Means) -> Option<Ended> {
    let error: GraphError = answer.json_member(REFUSAL).ok()?;
    let own = error.own();
    let reason = |code: &str, message: &str| answer.reason(code, message).vendor(&own);
    let says = match error.says() {
        Some(Says::Wait) => Says::Wait,
        _ if error.is_transient || answer.status() >= 500 => Says::Down,
        says => says?,
    };
    Some(match says {
        Says::Wait => Ended::Halt(Halt::Throttled(come_back(answer, reason(code::DEST_RATE_LIMITED, "Meta asks to slow down")))),
        Says::Blocked => Ended::Halt(Halt::Unavailable(reason(code::DEST_UNAVAILABLE, "Meta takes nothing for now (policy)"))),
        Says::Updating => Ended::Halt(Halt::Unavailable(reason(code::DEST_UNAVAILABLE, "Meta is still at work on the audience"))),
        Says::Finished => Ended::Written(Receipts::accepted().written()),
        Says::Over => Ended::Written(Receipts::in_doubt(reason(code::DEST_UNAVAILABLE, "Meta has ended the session")).written()),
        Says::Down => Ended::Written(Receipts::in_doubt(reason(code::DEST_UNAVAILABLE, "Meta does not work properly")).written()),
        Says::Parameter => parameter.ends(&META, answer, Some(&own)),
        Says::Plain(means) => means.ends(&META, answer, Some(&own)),
    })
}

/// A write: only success is left to read.
fn of_write(answer: Result<Response, Failure>, parameter: Means) -> Result<Response, Ended> {
    if let Ok(answer) = &answer
        && let Some(ended) = refusal(answer, parameter)
    {
        return Err(ended);
    }
    let answer = status::of_write(&META, answer)?;
    if answer.is_success() {
        return Ok(answer);
    }
    // A code that is not in the tables is not known to speak of a row.
    let means = if answer.json_member::<GraphError>(REFUSAL).is_ok() { SETUP } else { parameter };
    Err(means.ends(&META, &answer, None))
}

/// A request that changes nothing, or makes what the next try finds: only success is left to read.
pub(crate) fn of_read(answer: Result<Response, Failure>) -> Result<Response, Halt> {
    if let Ok(answer) = &answer
        && let Some(ended) = refusal(answer, SETUP)
    {
        return Err(match ended {
            Ended::Halt(halt) => halt,
            Ended::Written(written) => written.stop.unwrap_or_else(|| answer.config("Meta refuses the request")),
        });
    }
    status::of_read(&META, answer)
}

/// In requests that no row can spoil: bad members are counted and not refused.
const SETUP: Means = Means::Setup("Meta does not take a parameter of the request: its own words say which");

/// The answer to members.
pub(crate) fn of_members(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(of_write(answer, SETUP), |answer| {
        let said: Members = answer.json()?;
        let bad = Reason::new(code::IDENTIFIER_INVALID, "Meta does not take the form of the member's identifiers");
        Ok(counted(places, said.num_received, said.num_invalid_entries, bad))
    })
}

/// The answer to events: one bad event spoils its request, which the host halves.
pub(crate) fn of_events(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(of_write(answer, Means::BadRows(code::ROW_REFUSED)), |answer| {
        let bad = Reason::new(code::ROW_REFUSED, "Meta did not take the event");
        Ok(counted(places, answer.json_member("events_received")?, 0, bad))
    })
}

/// Meta counts rows and names none. Where none is left, its count names them all.
fn counted(places: &Places, received: u64, invalid: u64, reason: Reason) -> Receipts {
    let sent = places.sent() as u64;
    match sent.saturating_sub(received).saturating_add(invalid).min(sent) {
        bad if bad == sent && sent > 0 => Receipts::rejected(reason),
        bad => Receipts::accepted().unnamed(bad as u32),
    }
}

/// A minute where Meta does not say when; the host waits no longer than an hour at once.
const WAIT_MS: u64 = 60_000;

fn come_back(answer: &Response, reason: Reason) -> Reason {
    let reason = status::come_back(&META, answer, reason);
    if reason.after_ms.is_some() || reason.at_ms.is_some() {
        return reason;
    }
    let business =
        usage::<BusinessUsage>(answer, "x-business-use-case-usage").into_iter().flat_map(BTreeMap::into_values).flatten();
    let minutes = business.map(|allowance| allowance.estimated_time_to_regain_access).max().filter(|minutes| *minutes > 0);
    let seconds = || usage::<AccountUsage>(answer, "x-ad-account-usage").map(|account| account.reset_time_duration);
    let ms = minutes.map(|minutes| minutes.saturating_mul(60_000));
    reason.after_ms(
        ms.or_else(|| seconds().filter(|seconds| *seconds > 0).map(|seconds| seconds.saturating_mul(1000))).unwrap_or(WAIT_MS),
    )
}

/// A header that is a JSON text; one that does not read says nothing.
fn usage<T: DeserializeOwned>(answer: &Response, name: &str) -> Option<T> {
    serde_json::from_str(answer.header(name)?).ok()
}

#[cfg(test)]
mod tests;
