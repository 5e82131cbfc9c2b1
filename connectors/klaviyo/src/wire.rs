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

/// One resource.
#[derive(Debug, Deserialize)]
pub(crate) struct One<A> {
    /// The resource.
    pub(crate) data: Resource<A>,
}

/// A page of resources.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<A> {
    /// The resources.
    pub(crate) data: Vec<Resource<A>>,
    /// Where the next page is.
    pub(crate) links: Links,
}

/// Where further pages are.
#[derive(Debug, Deserialize)]
pub(crate) struct Links {
    /// To be followed verbatim; none on the last page.
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// A resource of attributes `A`.
#[derive(Debug, Deserialize)]
pub(crate) struct Resource<A> {
    /// Its type; always there, which tells a resource from anything else.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its id.
    pub(crate) id: String,
    /// What was asked for of it.
    pub(crate) attributes: A,
}

/// The account of a key.
#[derive(Debug, Deserialize)]
pub(crate) struct Accounts {
    /// One account.
    pub(crate) data: Vec<Resource<Account>>,
}

/// What tells it from anything else.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    #[serde(rename = "contact_information")]
    _contact_information: Map<String, Value>,
}

/// A profile's identifiers.
#[derive(Debug, Deserialize)]
pub(crate) struct Profile {
    /// In lower case.
    #[serde(default)]
    pub(crate) email: Option<String>,
    /// E.164.
    #[serde(default)]
    pub(crate) phone_number: Option<String>,
    /// The customer's own id.
    #[serde(default)]
    pub(crate) external_id: Option<String>,
}

/// A list.
#[derive(Debug, Deserialize)]
pub(crate) struct List {
    /// Its name, which others may have as well (inferred).
    pub(crate) name: String,
}

/// An import job.
#[derive(Debug, Deserialize)]
pub(crate) struct Job {
    /// How far it is.
    pub(crate) status: Status,
    /// Profiles that it did not take.
    #[serde(default)]
    pub(crate) failed_count: Option<u64>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Before its turn: jobs of an account go one after the other.
    Queued,
    /// Under way.
    Processing,
    /// Done.
    Complete,
    /// Given up, after some of the profiles perhaps.
    Cancelled,
}

/// A profile that an import did not take.
#[derive(Debug, Deserialize)]
pub(crate) struct ImportError {
    /// Klaviyo's code.
    pub(crate) code: String,
    /// What is wrong, in words.
    pub(crate) detail: String,
    /// What of the profile is wrong.
    pub(crate) source: Source,
    /// The profile as it was sent.
    #[serde(default)]
    pub(crate) original_payload: Option<Map<String, Value>>,
}

/// The body of a refusal.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    /// At least one.
    pub(crate) errors: Vec<Error>,
}

/// Why a request was refused.
#[derive(Debug, Deserialize)]
pub(crate) struct Error {
    /// Klaviyo's code.
    pub(crate) code: String,
    /// What is wrong, in words.
    #[serde(default)]
    pub(crate) detail: String,
    /// Where in the request.
    #[serde(default)]
    pub(crate) source: Source,
}

/// Where in a request an error is.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Source {
    /// A JSON pointer.
    #[serde(default)]
    pub(crate) pointer: Option<String>,
}
