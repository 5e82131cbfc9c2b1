//! Addresses and response shapes of the Data Manager API and the Google Ads API, nothing else. JSON of protocol buffers: names in camel
//! case, whole numbers of 64 bits as text, and nothing at all where a value is the default.
//!
//! `google/ads/datamanager/v1` and `google/ads/googleads/v25` of googleapis at f8291d2 of 2026-08-22, read 2026-11.

use serde::Deserialize;
use sluice_sdk::serde_json::{Map, Value};

/// Above every path of the Data Manager API.
pub(crate) const DATA_MANAGER: &str = "https://datamanager.googleapis.com/v1";
/// Above every path of the Google Ads API.
pub(crate) const GOOGLE_ADS: &str = "https://googleads.googleapis.com/v25";
/// The type of accounts, in bodies and in paths (inferred there).
pub(crate) const PRODUCT: &str = "GOOGLE_ADS";

/// User lists of an account.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserLists {
    #[serde(default)]
    pub(crate) user_lists: Vec<UserList>,
}

/// One of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserList {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default)]
    pub(crate) ingested_user_list_info: UploadedInfo,
}

/// How it is filled; of other lists there is nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UploadedInfo {
    pub(crate) upload_key_types: Vec<String>,
}

/// The answer to records that were taken.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taken {
    /// What to ask with.
    pub(crate) request_id: String,
    /// What was ignored of them.
    #[serde(default)]
    pub(crate) field_warnings: Vec<Violation>,
}

/// The member that a refusal is told by, of both APIs.
pub(crate) const REFUSAL: &str = "error";

/// `google.rpc.Status`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    /// `INVALID_ARGUMENT`, `PERMISSION_DENIED`, …
    pub(crate) status: String,
    pub(crate) details: Vec<Detail>,
}

/// `google.rpc.ErrorInfo`, `google.rpc.BadRequest` or `GoogleAdsFailure`: each has members of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Detail {
    pub(crate) reason: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) field_violations: Vec<Violation>,
    pub(crate) errors: Vec<Fault>,
}

/// What is wrong with a field, or was ignored of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Violation {
    /// `events.events[2].user_data…`
    pub(crate) field: String,
    pub(crate) reason: String,
    pub(crate) description: String,
}

/// An error of the Google Ads API.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Fault {
    /// One member: the kind of the error, and its name.
    error_code: Map<String, Value>,
    pub(crate) message: String,
    location: Location,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Location {
    field_path_elements: Vec<Element>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Element {
    index: Option<u32>,
}

impl Fault {
    /// Its name: `CONVERSION_NOT_FOUND`.
    pub(crate) fn name(&self) -> &str {
        self.error_code.values().find_map(Value::as_str).unwrap_or_default()
    }

    /// The operation that it is about.
    pub(crate) fn index(&self) -> Option<u32> {
        self.location.field_path_elements.first()?.index
    }
}

/// The answer to adjustments.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Adjusted {
    #[serde(default)]
    pub(crate) partial_failure_error: Status,
    /// One for each; empty for one that was not carried out.
    pub(crate) results: Vec<Map<String, Value>>,
}

/// How far a request is with a destination, and what became of its records.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Processing {
    /// `SUCCESS`, `PROCESSING`, `FAILED`, `PARTIAL_SUCCESS`.
    #[serde(default)]
    pub(crate) request_status: String,
    #[serde(default)]
    pub(crate) error_info: ErrorInfo,
    #[serde(default)]
    pub(crate) warning_info: WarningInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ErrorInfo {
    pub(crate) error_counts: Vec<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WarningInfo {
    pub(crate) warning_counts: Vec<Count>,
}

/// Records of one reason.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Count {
    record_count: String,
    reason: String,
}

impl Count {
    /// How many.
    pub(crate) fn records(&self) -> u32 {
        self.record_count.parse().unwrap_or(0)
    }

    /// Why, without the prefix that all have.
    pub(crate) fn reason(&self) -> &str {
        let reason = self.reason.strip_prefix("PROCESSING_").unwrap_or(&self.reason);
        let kind = ["ERROR_REASON_", "WARNING_REASON_", "ERROR_"].iter().find_map(|kind| reason.strip_prefix(kind));
        kind.unwrap_or(reason)
    }
}
