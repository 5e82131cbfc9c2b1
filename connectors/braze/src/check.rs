//! The connection check: `GET /segments/list`, which changes nothing and needs the permission `segments.list`.
//!
//! "Get: Export segment list" of braze.com/docs/api, read 2026-11: 401 is a wrong key or a wrong instance, 403 a good key without
//! the permission.

use sluice_sdk::{Call, Effect, Halt, code, connected, status};

use crate::outcomes::{BRAZE, UNKNOWN_KEY};
use crate::settings::Settings;
use crate::wire::{self, Reply, SUCCESS};

/// JSON text with `ok`, `message` and, where something is missing, the permissions in `missing`.
pub(crate) fn connection(call: &Call<'_>) -> Result<String, Halt> {
    let url = Settings::of(call)?.url(wire::SEGMENTS)?;
    let answer = call.get(url).credential("rest_api_key").pace("general").effect(Effect::Read).send();
    match &answer {
        Ok(answer) if answer.status() == 401 => return Err(Halt::Auth(answer.reason(code::DEST_AUTH, UNKNOWN_KEY))),
        Ok(answer) if answer.status() == 403 && !answer.looks_like_a_page() => {
            let message = "Connected. The key lacks the permission `segments.list`, or its list of addresses lacks this host's: what else it may do cannot be checked without sending.";
            return Ok(connected(message, &["segments.list"]));
        }
        _ => {}
    }
    let answer = status::of_read(&BRAZE, answer)?;
    let reply: Reply = answer.read()?;
    if !reply.message.eq_ignore_ascii_case(SUCCESS) {
        return Err(answer.config("Braze does not answer the check with success"));
    }
    Ok(connected("Connected.", &[]))
}
