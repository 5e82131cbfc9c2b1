//! Settings as types, and requests to where they lead. This platform has one host and nothing to set.

use sluice_sdk::{Call, Halt, status};

use crate::outcomes::ACME;
use crate::wire::Me;

/// Where the platform is.
pub(crate) const BASE: &str = "https://api.acme.example";

/// Asks who we are: only the platform itself knows.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Halt> {
    let answer = status::of_read(&ACME, call.get(format!("{BASE}/v1/me")).credential("api_key").send())?;
    answer.json::<Me>().map(|_| ()).map_err(|_| Halt::contract("the answer is not the platform's"))
}
