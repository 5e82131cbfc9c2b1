//! Settings and options as types, and requests to the version of the Graph API that is set.

use serde::Deserialize;
use sluice_sdk::{Call, Halt, Request, form};

/// The destination's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    ad_account_id: Option<String>,
    pixel_id: Option<String>,
    #[serde(default = "newest")]
    api_version: String,
    /// The app asks for proof that whoever has the token has its secret too.
    #[serde(default)]
    use_appsecret_proof: bool,
}

/// Released on 2026-02-18; a version lives about two years.
fn newest() -> String {
    "v25.0".to_owned()
}

impl Settings {
    /// Reads the settings of a call; a halt that names the one that does not fit.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        let mut settings: Self = call.settings()?;
        // Ads Manager shows the number alone, the API with `act_` before it; people paste either.
        settings.ad_account_id = settings.ad_account_id.map(|id| id.strip_prefix("act_").unwrap_or(&id).to_owned());
        let numbered = |id: &Option<String>| id.as_deref().is_none_or(form::is_digits);
        if !numbered(&settings.ad_account_id) {
            return Err(Halt::setting(
                "ad_account_id",
                "the ad account is a number, as behind `act=` in the address of Ads Manager",
            ));
        }
        if !numbered(&settings.pixel_id) {
            return Err(Halt::setting("pixel_id", "the dataset (pixel) is a number, as Events Manager shows it"));
        }
        let version = settings.api_version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !version.is_some_and(|(major, minor)| form::is_digits(major) && form::is_digits(minor)) {
            return Err(Halt::setting("api_version", "the version of the API is written like `v25.0`"));
        }
        Ok(settings)
    }

    /// The ad account as the API names it.
    pub(crate) fn ad_account(&self) -> Result<String, Halt> {
        let id = self.ad_account_id.as_ref();
        Ok(format!("act_{}", id.ok_or_else(|| Halt::setting("ad_account_id", "audiences are an ad account's: set its number"))?))
    }

    /// The dataset that events go to.
    pub(crate) fn dataset(&self) -> Result<&str, Halt> {
        self.pixel_id.as_deref().ok_or_else(|| Halt::setting("pixel_id", "events go to a dataset (pixel): set its number"))
    }

    /// What a check asks.
    pub(crate) fn questions(&self) -> Result<Vec<String>, Halt> {
        if self.ad_account_id.is_none() && self.pixel_id.is_none() {
            let message = "set the ad account for audiences, the dataset (`pixel_id`) for events, or both";
            return Err(Halt::setting("ad_account_id", message));
        }
        let account = self.ad_account().ok().map(|account| format!("{account}?fields=id,name,account_status"));
        let dataset = self.dataset().ok().map(|dataset| format!("{dataset}?fields=id,name"));
        Ok(account.into_iter().chain(dataset).collect())
    }

    /// A request; `path` without a leading slash, with its query.
    pub(crate) fn request<'a>(&self, call: &Call<'a>, method: &str, path: &str) -> Request<'a> {
        let url = format!("https://graph.facebook.com/{}/{path}", self.api_version);
        let request = call.request(method, url).credential("access_token");
        if self.use_appsecret_proof { request.credential("app_secret") } else { request }
    }
}

/// Options of `audiences`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AudiencesOptions {
    /// The audience's name.
    pub(crate) audience: String,
    /// Whose data it is, in Meta's words; asked for when it is made.
    #[serde(default = "ours")]
    pub(crate) customer_file_source: String,
    /// Members have a value (`LOOKALIKE_VALUE`); said when it is made.
    #[serde(default)]
    pub(crate) value_based: bool,
}

fn ours() -> String {
    "USER_PROVIDED_ONLY".to_owned()
}

/// Options of `conversions`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ConversionsOptions {
    /// Events go to the page "Test events" of Events Manager and nowhere else.
    pub(crate) test_event_code: Option<String>,
    /// Meta processes the events as its Limited Data Use says.
    #[serde(default)]
    pub(crate) limited_data_use: bool,
}

#[cfg(test)]
mod tests;
