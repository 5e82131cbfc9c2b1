//! The connection check: one of the account's user lists is asked for, which changes nothing. Whether a developer token is good is seen
//! at the first retraction.

use sluice_sdk::{Call, Halt, connected};

use crate::lists;
use crate::settings::Settings;

/// JSON text with `ok` and `message`.
pub(crate) fn connection(call: &Call<'_>) -> Result<String, Halt> {
    let settings = Settings::of(call)?;
    lists::asked(&settings, call, &format!("{}?pageSize=1", settings.user_lists()))?;
    Ok(connected(&format!("Connected to the account {}.", settings.customer), &[]))
}
