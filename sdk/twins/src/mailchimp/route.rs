//! The paths that the twin has, each with its methods and the names its query knows. A path that is not here is 404, another
//! method of one that is here is 405 with the header `Allow` (*Errors*).

use percent_encoding::percent_decode_str;

use super::words::Refusal;
use crate::vendor::Call;

/// A request's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The parts of the path after `/3.0/`, decoded.
    pub(super) parts: Vec<String>,
    /// The names of the query.
    pub(super) known: Names,
}

type Names = &'static [&'static str];

const NONE: Names = &[];
const SHOWN: Names = &["fields", "exclude_fields"];
const PAGED: Names = &["fields", "exclude_fields", "count", "offset"];
const BATCH: Names = &["fields", "exclude_fields", "skip_merge_validation", "skip_duplicate_check"];
const MEMBER: Names = &["fields", "exclude_fields", "skip_merge_validation"];
const MEMBERS: Names = &["fields", "exclude_fields", "count", "offset", "status"];
const SEGMENTS: Names = &["fields", "exclude_fields", "count", "offset", "type"];
const OF_SEGMENT: Names =
    &["fields", "exclude_fields", "count", "offset", "include_cleaned", "include_unsubscribed", "include_transactional"];
const SEARCH: Names = &["name"];

impl Route {
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let parts = call.path.strip_prefix("/3.0/").ok_or_else(Refusal::not_found)?.split('/');
        let parts: Option<Vec<_>> = parts.map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned())).collect();
        let parts = parts.ok_or_else(Refusal::not_found)?;
        let borrowed: Vec<&str> = parts.iter().map(String::as_str).collect();
        // The names of a `GET`, and those of the other methods.
        let (allow, get, other) = match borrowed.as_slice() {
            ["ping"] => ("GET", SHOWN, NONE),
            ["lists"] => ("GET", PAGED, NONE),
            ["lists", _] => ("GET, POST", SHOWN, BATCH),
            ["lists", _, "members"] => ("GET, POST", MEMBERS, MEMBER),
            ["lists", _, "members", _] => ("GET, PUT, PATCH, DELETE", SHOWN, MEMBER),
            ["lists", _, "members", _, "tags"] | ["lists", _, "members", _, "actions", "delete-permanent"] => ("POST", NONE, NONE),
            ["lists", _, "segments"] => ("GET, POST", SEGMENTS, SHOWN),
            ["lists", _, "segments", _] => ("GET, POST", SHOWN, SHOWN),
            ["lists", _, "segments", _, "members"] => ("GET, POST", OF_SEGMENT, SHOWN),
            ["lists", _, "segments", _, "members", _] => ("DELETE", NONE, NONE),
            ["lists", _, "tag-search"] => ("GET", SEARCH, NONE),
            ["lists", _, "merge-fields"] => ("GET, POST", PAGED, SHOWN),
            ["batches"] => ("POST", NONE, SHOWN),
            ["batches", _] => ("GET", SHOWN, NONE),
            _ => return Err(Refusal::not_found()),
        };
        if !allow.split(", ").any(|method| method == call.method.as_str()) {
            return Err(Refusal::method(allow));
        }
        let known = if call.method == "GET" { get } else { other };
        Ok(Self { parts, known })
    }
}
