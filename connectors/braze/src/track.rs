//! One `POST /users/track` per write: an array of objects, one for each row that can be sent.
//!
//! Attributes, events and lists differ in their objects only. Rows that cannot be sent are left out of the array and refused by
//! name.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Reason, Receipts, Rows, Written};

use crate::outcomes;
use crate::settings::Settings;
use crate::wire::{self, Array};

/// What a track request is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// The array that is filled.
    pub(crate) array: Array,
    /// Whether a repeat is harmless.
    pub(crate) effect: Effect,
    /// A rough size of one object, in bytes.
    pub(crate) object_bytes_guess: usize,
}

/// Sends the rows of a batch. `object` writes the members of one row's object, or says why the row cannot be sent.
pub(crate) fn send(
    call: &Call<'_>,
    rows: &Rows<'_>,
    request: Request,
    object: impl Fn(&mut Writer, usize) -> Result<(), Reason>,
) -> Result<Written, Halt> {
    let url = Settings::of(call)?.url(wire::TRACK)?;
    let mut body = Writer::with_capacity(64 + rows.len() * (request.object_bytes_guess + 4));
    body.begin_object();
    body.name(request.array.name());
    let places = call.objects(&mut body, rows.len(), object)?;
    body.end_object();
    if places.sent() == 0 {
        return Ok(places.finish(Receipts::accepted()));
    }
    let answer = call
        .post(url)
        .header("x-braze-bulk", "true")
        .credential("rest_api_key")
        .pace("track")
        .effect(request.effect)
        .json(body)
        .send();
    outcomes::of_track(request.array, &places, answer)
}
