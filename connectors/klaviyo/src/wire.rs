//! Klaviyo's paths and response shapes, nothing else. JSON:API (revision 2026-07-15): a document has `data`, a collection also `links`.
//!
//! Klaviyo's own description (klaviyo/openapi, `openapi/stable.json` at f0a30ba of 2026-07-23, read 2026-11).

use serde::Deserialize;
use sluice_sdk::serde_json::{Map, Value};

/// Above every path.
pub(crate) const BASE: &str = "https://a.klaviyo.com/api";
/// The revision that everything here is about; Klaviyo keeps one for two years.
pub(crate) const REVISION: &str = "2026-07-15";
/// The type of bodies and answers.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.api+json";

/// Path of the account.
pub(crate) const ACCOUNTS: &str = "/accounts";
/// Path of profiles.
pub(crate) const PROFILES: &str = "/profiles";
/// The type of a profile.
pub(crate) const PROFILE: &str = "profile";
/// Path of import jobs.
pub(crate) const IMPORT_JOBS: &str = "/profile-bulk-import-jobs";
/// Path of lists.
pub(crate) const LISTS: &str = "/lists";
/// Path of segments.
pub(crate) const SEGMENTS: &str = "/segments";
/// Path of jobs that subscribe.
pub(crate) const SUBSCRIBE_JOBS: &str = "/profile-subscription-bulk-create-jobs";
/// Path of jobs that unsubscribe.
pub(crate) const UNSUBSCRIBE_JOBS: &str = "/profile-subscription-bulk-delete-jobs";

/// The member that what was asked for stands in: one resource, or several.
pub(crate) const DATA: &str = "data";

/// A page of resources.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    /// The resources.
    pub(crate) data: Vec<Resource>,
    /// Where the next page is.
    pub(crate) links: Links,
}

/// Where further pages are.
#[derive(Debug, Deserialize)]
pub(crate) struct Links {
    /// To be followed verbatim; none on the last page.
    pub(crate) next: Option<String>,
}

/// A resource. JSON:API gives all of them this one shape, so one reader reads them all: a type for each kind would be a reader for each
/// in the component.
#[derive(Debug, Deserialize)]
pub(crate) struct Resource {
    /// Its type; always there, which tells a resource from anything else.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its id.
    pub(crate) id: String,
    /// What was asked for of it.
    pub(crate) attributes: Map<String, Value>,
}

impl Resource {
    /// An attribute that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// An attribute that is a number of things.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.attributes.get(name)?.as_u64()
    }

    /// The same of an import's error, whose attributes are those of a refusal's.
    pub(crate) fn fault(&self) -> Fault<'_> {
        Fault(&self.attributes)
    }
}

/// The body of a refusal.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    errors: Vec<Map<String, Value>>,
}

impl Refusal {
    /// At least one.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Fault<'_>> {
        self.errors.iter().map(Fault)
    }
}

/// What is wrong with a request, or with a profile that an import did not take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault<'a>(&'a Map<String, Value>);

impl<'a> Fault<'a> {
    /// Klaviyo's code; empty where it gives none.
    pub(crate) fn code(self) -> &'a str {
        self.text("code")
    }

    /// What is wrong, in words.
    pub(crate) fn detail(self) -> &'a str {
        self.text("detail")
    }

    /// Where in the request, or in the profile: a JSON pointer.
    pub(crate) fn pointer(self) -> Option<&'a str> {
        self.0.get("source")?.get("pointer")?.as_str()
    }

    /// The profile as it was sent, where an import says it.
    pub(crate) fn payload(self) -> Option<&'a Value> {
        self.0.get("original_payload")
    }

    fn text(self, name: &str) -> &'a str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
