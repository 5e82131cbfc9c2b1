//! Batch's paths and response shapes, nothing else.
//!
//! "Update profile", "Mass update profile", "List orchestrations" (doc.batch.com/developer/api/cep) and "Set or update" of the Custom
//! Data API (doc.batch.com/api/custom-data-api/set-update), read 2026-11.

use serde::Deserialize;

/// Path of profiles and events in small deltas.
pub(crate) const UPDATE: &str = "/2.11/profiles/update";
/// Path of profiles in large loads.
pub(crate) const MASS_UPDATE: &str = "/2.11/profiles/mass-update";
/// Path of the project's campaigns and automations, which changes nothing.
pub(crate) const ORCHESTRATIONS: &str = "/2.11/orchestrations/list";

/// The full address of a path with its leading slash.
pub(crate) fn url(path: &str) -> String {
    format!("https://api.batch.com{path}")
}

/// The answer to an array of operations.
#[derive(Debug, Deserialize)]
pub(crate) struct Reply {
    /// Always there, which tells the answer from anything else.
    pub(crate) code: Taken,
    /// What was refused of it.
    #[serde(default)]
    pub(crate) errors: Vec<PartialError>,
}

/// How much of the operations was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Taken {
    /// All.
    #[serde(rename = "SUCCESS")]
    All,
    /// All but the attributes and events that are named.
    #[serde(rename = "SUCCESS_WITH_PARTIAL_ERRORS")]
    InPart,
}

/// An attribute or an event that was refused; the rest of its operation was taken.
#[derive(Debug, Deserialize)]
pub(crate) struct PartialError {
    /// `ATTRIBUTE`, or another word.
    #[serde(default)]
    pub(crate) category: String,
    /// The operation's position, from 0.
    pub(crate) bulk_index: Option<usize>,
    /// The attribute.
    pub(crate) attribute: Option<String>,
    /// An English sentence.
    #[serde(default)]
    pub(crate) reason: String,
}

/// What an app gives for data of users (inferred), of whose processing nothing can be asked.
pub(crate) const TOKEN: &str = "token";
/// The project's orchestrations, which nobody looks at.
pub(crate) const ORCHESTRATED: &str = "orchestrations";
