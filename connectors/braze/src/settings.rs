//! Settings and options as types. The host has checked them against `connector.toml`; here they get their meaning.

use serde::Deserialize;
use sluice_sdk::{Call, Halt};

/// Where an instance's REST endpoint lives: what stands before the suffix, and the suffix.
///
/// braze.com/docs "API overview, endpoints" as collected on the vendor sheet of 2026-11; US-07 and EU-03 are known from clients only.
const ENDPOINTS: &[(&str, &str)] = &[
    ("rest.iad-01", "braze.com"),
    ("rest.iad-02", "braze.com"),
    ("rest.iad-03", "braze.com"),
    ("rest.iad-04", "braze.com"),
    ("rest.iad-05", "braze.com"),
    ("rest.iad-06", "braze.com"),
    ("rest.iad-07", "braze.com"),
    ("rest.iad-08", "braze.com"),
    ("rest.us-10", "braze.com"),
    ("rest.au-01", "braze.com"),
    ("rest.id-01", "braze.com"),
    ("rest.jp-01", "braze.com"),
    ("rest.kr-01", "braze.com"),
    ("rest.fra-01", "braze.eu"),
    ("rest.fra-02", "braze.eu"),
    ("rest.fra-03", "braze.eu"),
];

/// The destination's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    /// The endpoint's host without its suffix, for example `rest.fra-01`.
    pub(crate) rest_host: String,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// The full address of `path` (with its leading slash) on the operator's instance.
    pub(crate) fn url(&self, path: &str) -> Result<String, Halt> {
        let Some((_, suffix)) = ENDPOINTS.iter().find(|(host, _)| *host == self.rest_host) else {
            return Err(Halt::setting("rest_host", "the setting `rest_host` is not one of Braze's instances"));
        };
        Ok(format!("https://{}.{suffix}{path}", self.rest_host))
    }
}

/// Options of `attributes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct AttributesOptions {
    /// The label of every alias, where `user_alias_name` is the identifier.
    pub(crate) user_alias_label: Option<String>,
}

/// Options of `events`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct EventsOptions {
    /// True: an event of an unknown user creates no profile.
    #[serde(default = "sluice_sdk::yes")]
    pub(crate) update_existing_only: bool,
    /// The label of every alias, where `user_alias_name` is the identifier.
    pub(crate) user_alias_label: Option<String>,
}

/// Options of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListsOptions {
    /// The boolean attribute that says who is in.
    pub(crate) attribute: String,
    /// The label of every alias, where `user_alias_name` is the identifier.
    pub(crate) user_alias_label: Option<String>,
}

/// Options of `subscriptions`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SubscriptionsOptions {
    /// The group, a UUID copied from the dashboard.
    pub(crate) subscription_group_id: String,
}

#[cfg(test)]
mod tests;
