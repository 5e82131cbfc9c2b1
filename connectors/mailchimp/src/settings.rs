//! Settings and options as types, and requests to the audience in the data center and with the credential that are set.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Request, Word};

/// The destination's settings. The app that a person consents to, `client_id`, is the host's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    data_center: Word,
    list_id: Word,
    #[serde(default)]
    sign_in: SignIn,
}

/// Which of the credentials is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignIn {
    /// A key of the account.
    #[default]
    ApiKey,
    /// A person's consent to an app.
    Oauth,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// Whether an audience is the one that is set.
    pub(crate) fn is_about(&self, list_id: &str) -> bool {
        *self.list_id == *list_id
    }

    /// A question about the audience; `path` goes on behind its id.
    pub(crate) fn get<'a>(&self, call: &Call<'a>, path: &str) -> Request<'a> {
        self.request(call, "GET", path)
    }

    /// A write into the audience that does no harm when it is repeated.
    pub(crate) fn write<'a>(&self, call: &Call<'a>, method: &str, path: &str, body: Writer) -> Request<'a> {
        self.request(call, method, path).effect(Effect::Repeatable).json(body)
    }

    fn request<'a>(&self, call: &Call<'a>, method: &str, path: &str) -> Request<'a> {
        let credential = match self.sign_in {
            SignIn::ApiKey => "api_key",
            SignIn::Oauth => "oauth",
        };
        call.request(method, self.url(path)).credential(credential).pace("calls")
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}.api.mailchimp.com/3.0/lists/{}{path}", self.data_center, self.list_id)
    }
}

/// Options of `contacts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ContactsOptions {
    /// What somebody new becomes. The status of contacts who are there is never touched.
    #[serde(default)]
    pub(crate) new_contacts: Status,
}

/// A status that new contacts may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// They consented to marketing.
    Subscribed,
    /// They are asked by e-mail (double opt-in).
    Pending,
    /// Kept without consent to marketing.
    #[default]
    Transactional,
    /// They said no.
    Unsubscribed,
}

impl Status {
    /// Mailchimp's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

/// Options of `segments`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SegmentsOptions {
    /// The segment's (the tag's) name.
    pub(crate) segment: String,
    /// True: automations that begin with the tag run for the contacts who get it or lose it.
    #[serde(default)]
    pub(crate) start_automations: bool,
}

#[cfg(test)]
mod tests;
