//! One `POST /users/track` per write: an array of objects, one for each row that can be sent.
//!
//! Attributes, events and lists differ in their objects only. Rows that cannot be sent are left out of the array and told by
//! name.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Outcome, Rows, Written};

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

/// Sends the rows of a batch. `object` writes the members of one row's object, or says why the row is not sent.
pub(crate) fn send<E: Into<Outcome>>(
    call: &Call<'_>,
    rows: &Rows<'_>,
    request: Request,
    object: impl Fn(&mut Writer, usize) -> Result<(), E>,
) -> Result<Written, Halt> {
    let url = Settings::of(call)?.url(wire::TRACK)?;
    let Request { array, effect, object_bytes_guess } = request;
    let (body, places) = call.body(|_| (), (array.name(), rows.len(), object_bytes_guess + 4), object)?;
    let request = call.post(url).header("x-braze-bulk", "true").credential("rest_api_key").pace("track");
    places.send(request.effect(effect).json(body), |answer| outcomes::of_track(array, &places, answer))
}
