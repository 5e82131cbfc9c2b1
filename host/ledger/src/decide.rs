//! What becomes of one row in a diff: the rules of design section 9, as pure functions of the ledger's row and the source's.

use sluice_catalog::{activation::UnknownAppends, outcome::Word};

use crate::{
    limits::{CARRIED_DAYS_MAX, CARRIED_RUNS_MAX, MAYBE_MAX},
    row::{REMOVAL, Row, Tried},
    rules::Rules,
};

/// Of a key that the source has, with one valid row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The destination holds it as it is.
    Unchanged,
    /// As `Unchanged`, and what was tried since has nothing left to do.
    Moot,
    /// It differs, and the mode sends nothing for that.
    OutsideMode,
    /// It was refused before and has not changed.
    StillRejected,
    /// It was carried too long and is given up now.
    Expired,
    /// It may be there, and nobody may say so or repeat it.
    Held,
    /// It may be there, and counts as being there by the operator's policy.
    AssumeSent,
    /// It counts as being there, by a baseline.
    Adopt,
    /// It is sent.
    Offer(Offer),
}

/// Why and how a row is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) why: Why,
    /// All fields, also where only changed fields are sent otherwise: what is there is not known.
    pub(crate) whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Added,
    Changed,
    Again,
    /// The destination holds it as it is; it goes with the others, whose session takes the place of everything.
    Same,
}

/// Decides on a key that the source has.
pub(crate) fn present(row: Option<&Row>, key: &[u8], payload: u128, rules: &Rules) -> Decision {
    if rules.baseline {
        return match row {
            Some(row) if row.maybe.is_empty() && row.sent.as_ref().is_some_and(|s| s.payload == payload) => Decision::Unchanged,
            _ => Decision::Adopt,
        };
    }
    if rules.replaces() {
        return whole(row, key, payload, rules);
    }
    let Some(row) = row else { return offer(None, Why::Added, false, rules) };
    if !row.maybe.is_empty() && !rules.full_resync {
        return in_doubt(row, payload, rules);
    }
    if full(row, payload) {
        return Decision::Held;
    }
    let why = if row.is_held() { Why::Changed } else { Why::Added };
    if rules.full_resync {
        return offer(Some(row), if row.maybe.is_empty() { why } else { Why::Again }, true, rules);
    }
    let whole = reopened(row);
    if let Some(sent) = &row.sent
        && (sent.payload == payload || rules.appends())
        && !whole
    {
        return if row.tried.as_ref().is_some_and(is_moot) { Decision::Moot } else { Decision::Unchanged };
    }
    match &row.tried {
        Some(tried) if tried.payload == REMOVAL => offer(Some(row), why, false, rules),
        Some(tried) if tried.word == Word::Carried => {
            if gives_up(tried, rules) && !rules.retries(key, tried.code) {
                return Decision::Expired;
            }
            offer(Some(row), Why::Again, whole, rules)
        }
        Some(tried) if still_refused(tried, payload, key, rules) => Decision::StillRejected,
        Some(_) | None => offer(Some(row), why, whole, rules),
    }
}

/// Where everything is sent: what was refused as it is stays out, whatever the session is for; nothing is held in doubt, since a session
/// that comes to its end ends every doubt.
fn whole(row: Option<&Row>, key: &[u8], payload: u128, rules: &Rules) -> Decision {
    let Some(row) = row else { return offer(None, Why::Added, true, rules) };
    if let Some(tried) = row.tried.as_ref().filter(|_| !rules.full_resync) {
        if still_refused(tried, payload, key, rules) {
            return Decision::StillRejected;
        }
        if tried.word == Word::Carried && gives_up(tried, rules) && !rules.retries(key, tried.code) {
            return Decision::Expired;
        }
    }
    let why = match &row.sent {
        _ if !row.maybe.is_empty() => Why::Again,
        None => Why::Added,
        Some(sent) if sent.payload == payload && !rules.full_resync => Why::Same,
        Some(_) => Why::Changed,
    };
    offer(Some(row), why, true, rules)
}

/// Whether an attempt is over once the row is again as the destination holds it, or nothing is to be done about it any more. A removal
/// has nothing to remove, and carrying counts from its first run: left standing, it would give the next change up before it was tried.
/// A refusal stands for its payload.
fn is_moot(tried: &Tried) -> bool {
    tried.payload == REMOVAL || tried.word == Word::Carried
}

/// Whether everything was to be sent anew and this row, which the ledger holds as it is, was not taken: what the destination has of it is
/// open until it is.
fn reopened(row: &Row) -> bool {
    match (&row.sent, &row.tried) {
        (Some(sent), Some(tried)) => sent.payload == tried.payload,
        _ => false,
    }
}

/// While something may be there, the row is offered again where a repeat is harmless; else the operator's policy decides.
fn in_doubt(row: &Row, payload: u128, rules: &Rules) -> Decision {
    if full(row, payload) {
        return Decision::Held;
    }
    if row.maybe.iter().all(|m| rules.repeat_is_harmless(m.at)) {
        return offer(Some(row), Why::Again, true, rules);
    }
    match rules.unknown_appends {
        UnknownAppends::Hold => Decision::Held,
        UnknownAppends::AssumeSent => Decision::AssumeSent,
        UnknownAppends::Repeat => offer(Some(row), Why::Again, true, rules),
    }
}

/// One more unknown version would be too many to remember.
fn full(row: &Row, payload: u128) -> bool {
    row.maybe.len() >= MAYBE_MAX && !row.maybe.iter().any(|m| m.payload == payload)
}

fn offer(row: Option<&Row>, why: Why, whole: bool, rules: &Rules) -> Decision {
    let operation = if row.is_some_and(|r| r.sent.is_some()) { rules.changed } else { rules.added };
    // A mode that never changes rows still sends them again when asked to send everything.
    let operation = operation.or(rules.added.filter(|_| rules.full_resync || row.is_some_and(reopened)));
    match operation {
        Some(_) => Decision::Offer(Offer { why, whole }),
        None => Decision::OutsideMode,
    }
}

fn gives_up(tried: &Tried, rules: &Rules) -> bool {
    tried.attempts >= CARRIED_RUNS_MAX || rules.now.as_second() - tried.first_at >= CARRIED_DAYS_MAX * 86_400
}

/// Whether the same payload under the same mapping was refused, or given up, and nobody asks for a retry.
pub(crate) fn still_refused(tried: &Tried, payload: u128, key: &[u8], rules: &Rules) -> bool {
    let refused = match tried.word {
        Word::Rejected | Word::Invalid | Word::Skipped | Word::Expired => true,
        Word::Accepted | Word::Unknown | Word::Pending | Word::Carried => false,
    };
    refused && tried.payload == payload && tried.revision == rules.revision && !rules.retries(key, tried.code)
}

/// Of a key that the source does not have any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// It stays as it is.
    Keep,
    /// As `Keep`, and what was tried has nothing left to do.
    Moot,
    /// It is forgotten: nothing of it is at the destination, or it is an event old enough.
    Forget,
    /// It is forgotten, and nobody ever learned whether it was sent.
    LateUnsent,
    /// It is removed at the destination.
    Remove,
    /// Its removal was refused before, and nothing has changed.
    StillRejected,
    /// Its removal was carried too long and is given up now.
    Expired,
    /// It is gone when the session that takes the place of everything comes to its end.
    Replaced,
}

/// Decides on a key that left the source.
pub(crate) fn left(row: &Row, key: &[u8], rules: &Rules) -> Left {
    if rules.appends() {
        let dated = row.versions().map(|v| i64::from(v.at)).max();
        let since = dated.or(row.tried.as_ref().map(|t| t.first_at)).unwrap_or(0);
        return match rules.now.as_second() - since < rules.keep_seconds() {
            true => Left::Keep,
            false if row.sent.is_some() => Left::Forget,
            false => Left::LateUnsent,
        };
    }
    if rules.baseline {
        return Left::Keep;
    }
    if !row.is_held() {
        return Left::Forget;
    }
    if rules.replaces() {
        return Left::Replaced;
    }
    if rules.removed.is_none() {
        return if row.tried.as_ref().is_some_and(is_moot) { Left::Moot } else { Left::Keep };
    }
    let removal = row.tried.as_ref().filter(|t| t.payload == REMOVAL);
    if row.maybe.is_empty()
        && let Some(tried) = removal
        && !rules.full_resync
    {
        if still_refused(tried, REMOVAL, key, rules) {
            return Left::StillRejected;
        }
        if tried.word == Word::Carried && gives_up(tried, rules) && !rules.retries(key, tried.code) {
            return Left::Expired;
        }
    }
    Left::Remove
}
