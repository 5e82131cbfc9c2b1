//! Settings and options as types, who a row is about, and where requests lead. This platform has one host and nothing to set.

use serde::Deserialize;
use sluice_sdk::{Call, Halt, Identifiers, Known, Rows, status};

use crate::outcomes::ACME;

/// Where the platform is.
pub(crate) const BASE: &str = "https://api.acme.example";

/// What the operator says of an activation of `lists`.
#[derive(Debug, Deserialize)]
pub(crate) struct ListOptions {
    pub(crate) list: String,
}

/// Asks who we are: only the platform itself knows.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Halt> {
    let answer = status::of_read(&ACME, call.get(format!("{BASE}/v1/me")).credential("api_key").send())?;
    answer.json_member::<String>("account").map(|_| ()).map_err(|_| Halt::contract("the answer is not the platform's"))
}

/// The one identifier that this platform knows.
const EMAIL: &[Known<()>] = &[Known::new("email", ())];

/// The addresses that rows go by.
pub(crate) fn email<'a>(rows: &Rows<'a>) -> Result<Identifiers<'a, ()>, Halt> {
    Identifiers::of(rows, ACME.name, EMAIL)
}
