//! Settings and options as types, and requests that are signed as the settings say. The host has checked both against `connector.toml`.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{Value, json};
use sluice_sdk::{Call, Effect, Halt, Request, form};

use crate::wire::{DATA_MANAGER, GOOGLE_ADS, PRODUCT};

/// The destination's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The account, ten digits.
    pub(crate) customer: String,
    /// The manager account through which it is reached.
    login: Option<String>,
    /// The credential that signs.
    credential: &'static str,
}

#[derive(Deserialize)]
struct Declared {
    customer_id: String,
    login_customer_id: Option<String>,
    sign_in: SignIn,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignIn {
    Oauth,
    ServiceAccount,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        let declared: Declared = call.settings()?;
        let login = declared.login_customer_id.map(|id| account("login_customer_id", &id)).transpose()?;
        let credential = match declared.sign_in {
            SignIn::Oauth => "login",
            SignIn::ServiceAccount => "service_account",
        };
        Ok(Self { customer: account("customer_id", &declared.customer_id)?, login, credential })
    }

    /// A question to the Data Manager API; `path` with its leading slash and its query.
    pub(crate) fn get<'a>(&self, call: &Call<'a>, path: &str, pace: &str) -> Request<'a> {
        call.get(format!("{DATA_MANAGER}{path}")).credential(self.credential).pace(pace)
    }

    /// A write to the Data Manager API that does no harm when it is repeated.
    pub(crate) fn post<'a>(&self, call: &Call<'a>, path: &str, pace: &str, body: Writer) -> Request<'a> {
        let request = call.post(format!("{DATA_MANAGER}{path}")).credential(self.credential).pace(pace);
        request.effect(Effect::Repeatable).json(body)
    }

    /// A write to the Google Ads API that does no harm when it is repeated; `method` as in `customers/{id}:method`.
    pub(crate) fn google_ads<'a>(&self, call: &Call<'a>, method: &str, body: Writer) -> Request<'a> {
        let request = call.post(format!("{GOOGLE_ADS}/customers/{}:{method}", self.customer)).effect(Effect::Repeatable);
        let request = request.credential(self.credential).credential("developer_token").json(body);
        match &self.login {
            Some(login) => request.header("login-customer-id", login),
            None => request,
        }
    }

    /// Path of the account's user lists.
    pub(crate) fn user_lists(&self) -> String {
        format!("/{}/userLists", resource(&self.customer))
    }

    /// The same request through the manager account: user lists have no body that could name it.
    pub(crate) fn through_login<'a>(&self, request: Request<'a>) -> Request<'a> {
        match &self.login {
            Some(login) => request.header("login-account", &resource(login)),
            None => request,
        }
    }

    /// Where records go: the user list or the conversion action of this id.
    pub(crate) fn destinations(&self, id: &str) -> Value {
        let account = |id: &str| json!({ "accountType": PRODUCT, "accountId": id });
        let mut destination = json!({ "operatingAccount": account(&self.customer), "productDestinationId": id });
        if let Some(login) = &self.login {
            destination["loginAccount"] = account(login);
        }
        json!([destination])
    }
}

fn resource(account: &str) -> String {
    format!("accountTypes/{PRODUCT}/accounts/{account}")
}

/// The ten digits of an account, which Google Ads shows with hyphens.
fn account(setting: &str, text: &str) -> Result<String, Halt> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() == 10 && form::is_digits(&digits) {
        return Ok(digits);
    }
    Err(Halt::setting(
        setting,
        &format!("`{setting}` is ten digits, as Google Ads shows them: 123-456-7890, or without the hyphens"),
    ))
}

/// Options of `audiences`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AudiencesOptions {
    /// The list's name.
    pub(crate) list: String,
    /// What its members are known by.
    #[serde(default)]
    pub(crate) key_type: KeyType,
    /// Days that a member stays.
    #[serde(default = "days")]
    pub(crate) membership_days: u32,
    /// The app that mobile ids are from.
    pub(crate) app_id: Option<String>,
    /// `IOS` or `ANDROID`, of mobile ids.
    pub(crate) key_space: Option<String>,
}

fn days() -> u32 {
    540
}

/// What members of a list are known by: "one list has one key type, kinds cannot be mixed".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyType {
    /// E-mail address, phone number, postal address.
    #[default]
    Contact,
    /// Ids of devices for advertisers.
    MobileId,
    /// The customer's own ids.
    UserId,
}

/// Options of services whose records go to a conversion action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ConversionOptions {
    conversion_action_id: String,
    /// Where events happen, unless a row says it.
    pub(crate) event_source: Option<String>,
}

impl ConversionOptions {
    /// The conversion action, digits.
    pub(crate) fn action(&self) -> Result<&str, Halt> {
        let id = self.conversion_action_id.as_str();
        if form::is_digits(id) {
            return Ok(id);
        }
        let message = "a conversion action's id is digits: `ctId` in the address of its page in Google Ads";
        Err(Halt::setting("conversion_action_id", message))
    }
}

/// Options of every service that asks for consent: what holds of people whose row does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ConsentOptions {
    #[serde(default)]
    pub(crate) ad_user_data: Stance,
    #[serde(default)]
    pub(crate) ad_personalization: Stance,
}

/// An answer to the question for consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stance {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Nothing is said, and Google takes what the account's own settings say.
    #[default]
    Unspecified,
}

#[cfg(test)]
mod tests;
