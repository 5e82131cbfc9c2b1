//! Meta's response shapes, nothing else.
//!
//! marketing-api/reference/custom-audience/users (2025-10-08), conversions-api/using-the-api, graph-api/overview/rate-limiting of
//! developers.facebook.com, read 2026-11-27.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The member that a refusal is told by, whatever its status.
pub(crate) const REFUSAL: &str = "error";

/// What is wrong.
#[derive(Debug, Deserialize)]
pub(crate) struct GraphError {
    /// The kind of error.
    pub(crate) code: i64,
    /// The error itself, where Meta tells it.
    pub(crate) error_subcode: Option<i64>,
    /// It passes by itself.
    #[serde(default)]
    pub(crate) is_transient: bool,
}

/// Header `X-Business-Use-Case-Usage`: by business, how much of each allowance is used.
pub(crate) type BusinessUsage = BTreeMap<String, Vec<Allowance>>;

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Allowance {
    /// Minutes (inferred) until requests are taken again; 0 while they are.
    #[serde(default)]
    pub(crate) estimated_time_to_regain_access: u64,
}

/// Header `X-Ad-Account-Usage`.
#[derive(Debug, Deserialize)]
pub(crate) struct AccountUsage {
    /// Seconds (inferred) until the account's allowance is whole again.
    #[serde(default)]
    pub(crate) reset_time_duration: u64,
}

/// A page of an ad account's audiences.
#[derive(Debug, Deserialize)]
pub(crate) struct Audiences {
    /// Those of the page.
    pub(crate) data: Vec<Audience>,
    /// Where the next one is.
    #[serde(default)]
    pub(crate) paging: Paging,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Audience {
    /// Digits.
    pub(crate) id: String,
    /// Its name, which others may have as well.
    #[serde(default)]
    pub(crate) name: String,
    /// [`CUSTOM`], `LOOKALIKE`, `WEBSITE`, …
    #[serde(default)]
    pub(crate) subtype: String,
}

/// The subtype of an audience of customers, the only one that takes members.
pub(crate) const CUSTOM: &str = "CUSTOM";

/// Where the next page is.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    /// Its whole address; not there on the last page.
    pub(crate) next: Option<String>,
}

/// The answer to members.
#[derive(Debug, Deserialize)]
pub(crate) struct Members {
    /// Always there, which tells the answer from anything else.
    pub(crate) num_received: u64,
    /// Those that are not in Meta's form. `invalid_entry_samples` shows some of them, not all, and is not read.
    pub(crate) num_invalid_entries: u64,
}
