//! Braze's request and response shapes, nothing else.
//!
//! `POST /users/track`: "Endpoints, user data"; `POST /v2/subscription/status/set`: "Endpoints, subscription groups"; `GET
//! /segments/list` and `POST /users/export/segment`: "Endpoints, export" of braze.com/docs/api, read 2026-11.

use serde::Deserialize;

/// Path of attributes and events.
pub(crate) const TRACK: &str = "/users/track";
/// Path of subscription states.
pub(crate) const SUBSCRIPTION_SET: &str = "/v2/subscription/status/set";
/// Path and query of the connection check.
pub(crate) const SEGMENTS: &str = "/segments/list?page=0";

/// Path of the export of a segment.
pub(crate) const EXPORT_SEGMENT: &str = "/users/export/segment";

/// What `message` says when the request was taken.
pub(crate) const SUCCESS: &str = "success";

/// An answer of any of the three. `message` is there on success and on failure.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Reply {
    /// [`SUCCESS`], or a sentence: then nothing of the request was applied.
    pub(crate) message: String,
    /// Objects taken of each array; absent where the array was not sent, and in some partial answers.
    pub(crate) attributes_processed: Option<u64>,
    /// The same for events.
    pub(crate) events_processed: Option<u64>,
    /// Objects refused.
    #[serde(default)]
    pub(crate) errors: Vec<Refusal>,
}

/// The answer of an export. `url` is there unless the workspace has a bucket of its own.
#[derive(Debug, Deserialize)]
pub(crate) struct Exported {
    #[serde(rename = "message")]
    _message: String,
    pub(crate) url: Option<String>,
}

/// A line of an export's file: identifiers that a user lacks are absent.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) external_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) braze_id: Option<String>,
}

/// One entry of `errors`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Refusal {
    /// The usual form.
    Object {
        /// An English sentence; there are no codes.
        #[serde(rename = "type", default)]
        what: String,
        /// `attributes`, `events` or `purchases`.
        #[serde(default)]
        input_array: String,
        /// Position in that array, from 0.
        index: Option<u32>,
    },
    /// Seen in fatal answers: the sentence alone.
    Text(String),
}

/// The array of a track request that a service fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Array {
    /// `attributes`
    Attributes,
    /// `events`
    Events,
}

impl Array {
    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Events => "events",
        }
    }

    /// How many of its objects were taken, where the reply says so.
    pub(crate) fn processed(self, reply: &Reply) -> Option<u64> {
        match self {
            Self::Attributes => reply.attributes_processed,
            Self::Events => reply.events_processed,
        }
    }
}
