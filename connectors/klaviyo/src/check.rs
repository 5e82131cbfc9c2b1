//! The connection check: `GET /api/accounts`, which changes nothing and names the account of the key.
//!
//! "Authenticate API requests" (developers.klaviyo.com/en/docs/authenticate_, read 2026-11): 401 is a bad key, which some revisions
//! answer with 400; 403 is a good key without the scope.

use sluice_sdk::{Call, Halt, code, connected};

use crate::api;
use crate::outcomes::KLAVIYO;
use crate::wire::{ACCOUNTS, DATA, Resource};

/// JSON text with `ok`, `message` and, where it is missing, the scope.
pub(crate) fn connection(call: &Call<'_>) -> Result<String, Halt> {
    let answer = api::get(call, ACCOUNTS, "accounts").send();
    match &answer {
        Ok(answer) if answer.status() == 400 && !answer.looks_like_a_page() => {
            let message = "Klaviyo cannot read the key: a private key begins with `pk_`";
            return Err(Halt::Auth(answer.reason(code::DEST_AUTH, message)));
        }
        Ok(answer) if answer.status() == 403 && !answer.looks_like_a_page() => {
            let message =
                "Connected. The key lacks the scope `accounts:read`: whose account it is cannot be shown, nor what else it may do.";
            return Ok(connected(message, &["accounts:read"]));
        }
        _ => {}
    }
    // There are no pages of them.
    let accounts: Vec<Resource> = KLAVIYO.of_read(answer)?.read_member(DATA)?;
    match &accounts[..] {
        [account] if account.attributes.contains_key("contact_information") => {
            Ok(connected(&format!("Connected to the account {}.", account.id), &[]))
        }
        _ => Err(Halt::config("Klaviyo does not say whose account the key belongs to")),
    }
}

#[cfg(test)]
mod tests;
