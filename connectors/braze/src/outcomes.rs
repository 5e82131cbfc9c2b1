//! Status and text -> outcome, as one readable table. Braze has no stable error codes, only English sentences: they are matched
//! loosely and kept (`said`) for the operator.
//!
//! "API errors & server responses", "Post: Track users" and "API rate limits" of braze.com/docs/api, read 2026-11. What the table
//! does not name is the kit's ordinary case: 413 split, 429 throttled until `X-RateLimit-Reset`, 408 and 5xx and silence unknown.

use sluice_sdk::contract::Split;
use sluice_sdk::status::{Ended, Reset, Vendor};
use sluice_sdk::{ByPlace, Codes, Failure, Halt, Means, Places, Reason, Receipts, Response, Written, code};

use crate::wire::{Array, Refusal, Reply, SUCCESS};

/// `X-RateLimit-Reset` is the end of the present window in seconds since 1970 ("API rate limits").
pub(crate) const BRAZE: Vendor = Vendor { name: "Braze", reset: Reset::EpochSeconds("x-ratelimit-reset") };

/// What a 401 says.
pub(crate) const UNKNOWN_KEY: &str = "Braze does not know the key at this instance: a key belongs to one workspace of one instance";

/// Objects that every contract takes in one request; others take 75 ("API rate limits": monthly active user contracts of 2024-25).
const OBJECTS_SAFE: u32 = 50;

/// What Braze says where the contract takes fewer objects (lower case).
const TOO_MANY: &str = "max input length exceeded";

/// Braze has no codes, so the status stands for one. A 400 is about some row.
const TRACK: Codes = Codes {
    vendor: BRAZE,
    own: |answer| Some(answer.status().to_string()),
    lines: &[
        KEY,
        (
            "403",
            Means::Permission(
                "the key lacks the permission `users.track` or its list of addresses lacks this host's, or the plan lacks the endpoint",
            ),
        ),
        ADDRESS,
        TYPE,
    ],
    of_rows: &[400],
    ..Codes::of("Braze")
};

/// Of a track request the group stands in a row's cell; here it is the option's.
const SUBSCRIPTIONS: Codes = Codes {
    lines: &[
        KEY,
        (
            "403",
            Means::Permission(
                "the key lacks the permission `subscription.status.set` or its list of addresses lacks this host's, or the plan lacks \
                 the endpoint",
            ),
        ),
        ADDRESS,
        TYPE,
    ],
    apart: |answer| {
        let of_the_group = answer.status() == 400 && says(answer, "subscription_group_id") && !says(answer, TOO_MANY);
        of_the_group.then(|| answer.config("Braze refuses the subscription group: check the option `subscription_group_id`"))
    },
    ..TRACK
};

const KEY: (&str, Means) = ("401", Means::Key(UNKNOWN_KEY));
const ADDRESS: (&str, Means) = ("404", Means::NotThere("Braze has no such address: check the setting `rest_host`"));
const TYPE: (&str, Means) =
    ("415", Means::Setup("Braze does not take the body's type: a defect of the connector, please report it"));

/// Whether the text of an answer has these words (lower case), in any case.
pub(crate) fn says(answer: &Response, words: &str) -> bool {
    String::from_utf8_lossy(answer.body()).to_lowercase().contains(words)
}

/// Words of one object's refusal (lower case) and its code. The first line that fits counts.
const REFUSALS: &[(&str, &str)] = &[
    ("blacklisted", code::IDENTIFIER_INVALID),
    ("external_id", code::IDENTIFIER_INVALID),
    ("user_alias", code::IDENTIFIER_INVALID),
    ("braze_id", code::IDENTIFIER_INVALID),
    ("", code::ROW_REFUSED),
];

/// The answer to a track request.
pub(crate) fn of_track(array: Array, places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let read = match read(&TRACK, places.sent(), answer) {
        Ok(read) => read,
        Err(ended) => return places.ended(ended),
    };
    let (reply, refused_for) = match read {
        Read::Taken(reply) => (reply, None),
        Read::NotTaken(reply, reason) => (reply, Some(reason)),
    };
    let mut said = ByPlace::new(places);
    for refusal in &reply.errors {
        match refusal {
            Refusal::Object { what, input_array, index } if input_array == array.name() => said.say(*index, refused(what)),
            Refusal::Object { what, .. } | Refusal::Text(what) => said.say(None, refused(what)),
        }
    }
    let sent = places.sent();
    let Some(reason) = refused_for else {
        // Fewer taken than sent: so many are missing, whether they are named or not.
        let failed = array.processed(&reply).map_or(0, |taken| (sent as u64).saturating_sub(taken));
        return Ok(places.finish(said.receipts(failed)));
    };
    // Nothing was applied. Where rows are named the others, if there are any, are fine and go again.
    let named = said.rows();
    Ok(match named.len() {
        0 => Receipts::of_the_batch(reason).written(),
        all if all == sent => places.finish(Receipts::rejected(reason).rows(named)),
        _ => places.finish(Receipts::retry(reason).rows(named)),
    })
}

/// The answer to a subscription request: one for all of its users.
pub(crate) fn of_subscriptions(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    match read(&SUBSCRIPTIONS, places.sent(), answer) {
        Ok(Read::Taken(_)) => Ok(places.finish(Receipts::accepted())),
        Ok(Read::NotTaken(_, reason)) => Ok(Receipts::of_the_batch(reason).written()),
        Err(ended) => places.ended(ended),
    }
}

enum Read {
    /// Everything that is not refused by name was taken.
    Taken(Reply),
    /// Nothing was taken.
    NotTaken(Reply, Reason),
}

fn read(codes: &Codes, objects: usize, answer: Result<Response, Failure>) -> Result<Read, Ended> {
    if let Ok(answer) = &answer
        && let Some((Means::BadRows(code), _)) = codes.meaning(answer)
        && !answer.looks_like_a_page()
    {
        if says(answer, TOO_MANY) {
            return Err(Ended::Halt(fewer(objects, answer)));
        }
        let reply = answer.json::<Reply>().unwrap_or_default();
        return Ok(Read::NotTaken(reply, answer.reason(code, "Braze refuses the request")));
    }
    let answer = codes.of_write(answer)?;
    match answer.json::<Reply>() {
        Ok(reply) if reply.message.eq_ignore_ascii_case(SUCCESS) => Ok(Read::Taken(reply)),
        Ok(reply) if answer.status() != 202 => {
            let reason = answer.reason(code::ROW_REFUSED, "Braze applied nothing of the request");
            Ok(Read::NotTaken(reply, reason))
        }
        // Clients see `queued` with a 202 during maintenance: received, and nothing says what became of it.
        Ok(_) => Err(in_doubt(answer.reason(code::DEST_UNAVAILABLE, "Braze has put the request aside and says no more"))),
        Err(reason) => Err(in_doubt(reason)),
    }
}

fn in_doubt(reason: Reason) -> Ended {
    Ended::Written(Receipts::in_doubt(reason).written())
}

fn fewer(objects: usize, answer: &Response) -> Halt {
    let objects = u32::try_from(objects).unwrap_or(u32::MAX);
    let rows_fit = if objects > OBJECTS_SAFE { OBJECTS_SAFE } else { (objects / 2).max(1) };
    let reason = answer.reason(code::DEST_BATCH_TOO_LARGE, "the contract with Braze takes fewer objects in one request");
    Halt::SplitBatch(Split { reason, rows_fit: Some(rows_fit) })
}

fn refused(what: &str) -> Reason {
    let lower = what.to_lowercase();
    let code = REFUSALS.iter().find(|(words, _)| lower.contains(words)).map_or(code::ROW_REFUSED, |(_, code)| *code);
    Reason::new(code, "Braze refuses the object").said(what)
}

#[cfg(test)]
mod tests;
