//! The vendor's words: every refusal is `status`, `message`, `correlationId`, `category`, and perhaps `subCategory`, `context` and
//! `errors` (*Errors*).
//!
//! Recorded: "Contact already exists. Existing ID: n" with `context.existingId`; "Duplicate IDs found in batch input: […]. IDs must be
//! unique"; "Unable to perform update/upsert by non-unique … property … in portal ID n"; "Property values were not valid: […]" with its
//! list; "You have reached your secondly limit." of searches, "… ten_secondly_rolling limit." of the rest; the 403 with
//! `requiredGranularScopes`. Other texts are (inferred); clients read the status, the category, the codes and the contexts.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{limits, options::Policy};
use crate::vendor::Reply;

pub(super) const VALIDATION: &str = "VALIDATION_ERROR";
pub(super) const NOT_FOUND: &str = "OBJECT_NOT_FOUND";
pub(super) const CONFLICT: &str = "CONFLICT";

/// A UUID of a request: the same in each run of a test.
pub(super) fn correlation(request: u64) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", 0x7417_0000_u32, request & 0xffff_ffff_ffff)
}

/// What is wrong with one property of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Defect {
    pub(super) code: &'static str,
    pub(super) property: String,
    pub(super) message: String,
}

impl Defect {
    pub(super) fn new(code: &'static str, property: &str, message: impl Into<String>) -> Self {
        Self { code, property: property.to_owned(), message: message.into() }
    }

    pub(super) fn no_property(name: &str) -> Self {
        Self::new("PROPERTY_DOESNT_EXIST", name, format!("Property \"{name}\" does not exist"))
    }

    pub(super) fn read_only(name: &str) -> Self {
        Self::new("READ_ONLY_VALUE", name, format!("\"{name}\" is a read only property; its value cannot be set."))
    }

    /// Whether every record of the mapping would have it: the set-up is wrong, not the record.
    pub(super) fn is_of_the_mapping(&self) -> bool {
        matches!(self.code, "PROPERTY_DOESNT_EXIST" | "READ_ONLY_VALUE")
    }

    fn in_message(&self) -> Value {
        json!({
            "isValid": false, "message": self.message, "error": self.code, "name": self.property,
            "localizedErrorMessage": self.message,
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "message": self.message, "code": self.code, "in": self.property, "context": { "propertyName": [self.property] },
        })
    }
}

/// Why one record of a batch is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) category: &'static str,
    pub(super) message: String,
    pub(super) defects: Vec<Defect>,
    pub(super) context: BTreeMap<&'static str, Vec<String>>,
}

impl Flaw {
    pub(super) fn new(category: &'static str, message: impl Into<String>) -> Self {
        Self { category, message: message.into(), defects: Vec::new(), context: BTreeMap::new() }
    }

    pub(super) fn defects(defects: Vec<Defect>) -> Self {
        let list: Vec<Value> = defects.iter().map(Defect::in_message).collect();
        Self { defects, ..Self::new(VALIDATION, format!("Property values were not valid: {}", Value::from(list))) }
    }

    pub(super) fn missing(singular: &str, id: &str) -> Self {
        let message = format!("Could not get some {singular} objects, they may be deleted or not exist. Check that ids are valid.");
        Self::new(NOT_FOUND, message).with("ids", id)
    }

    pub(super) fn is_missing(&self) -> bool {
        self.category == NOT_FOUND
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.context.entry(name).or_default().push(value.into());
        self
    }

    /// An entry of `errors` of a 207.
    pub(super) fn to_json(&self) -> Value {
        let mut entry = json!({ "status": "error", "category": self.category, "message": self.message, "context": self.context });
        if !self.defects.is_empty() {
            entry["errors"] = self.defects.iter().map(Defect::to_json).collect();
        }
        entry
    }
}

/// `errors` of a 207: records that are missing are told of together (recorded), the others one by one.
pub(super) fn errors(flaws: &[Flaw]) -> Vec<Value> {
    let mut told: Vec<Flaw> = Vec::new();
    for flaw in flaws {
        match told.iter_mut().find(|other| flaw.is_missing() && other.is_missing() && other.message == flaw.message) {
            Some(other) => {
                for (name, values) in &flaw.context {
                    other.context.entry(name).or_default().extend(values.iter().cloned());
                }
            }
            None => told.push(flaw.clone()),
        }
    }
    told.iter().map(Flaw::to_json).collect()
}

/// Why a whole request is refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    body: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    fn of(status: u16, body: Value) -> Self {
        let body = match body {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        Self { status, body, headers: Vec::new() }
    }

    pub(super) fn new(status: u16, category: &str, message: impl Into<String>) -> Self {
        Self::of(status, json!({ "status": "error", "message": message.into(), "category": category }))
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, VALIDATION, message)
    }

    /// A body that is not of the shape that the vendor's reader expects; where in a line it is, is not said by the twin.
    pub(super) fn shape(problem: impl std::fmt::Display) -> Self {
        Self::invalid(format!("Invalid input JSON on line 1, column 1: {problem}"))
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, NOT_FOUND, message)
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.body.insert(name.to_owned(), value);
        self
    }

    /// A batch in which nothing is written because of some of its records; the first of them decides the status.
    pub(super) fn flaws(flaws: &[Flaw]) -> Self {
        let Some(first) = flaws.first() else { return Self::of_status(400) };
        let status = match first.category {
            CONFLICT => 409,
            NOT_FOUND => 404,
            _ => 400,
        };
        let refusal = Self::new(status, first.category, first.message.clone()).with("context", json!(first.context));
        let defects: Vec<Value> = flaws.iter().flat_map(|flaw| &flaw.defects).map(Defect::to_json).collect();
        if defects.is_empty() { refusal } else { refusal.with("errors", defects.into()) }
    }

    /// 403 with the scopes of which one would do.
    pub(super) fn scopes(any_of: &[String]) -> Self {
        let error = json!({ "message": "One or more of the following scopes are required.", "context": { "requiredGranularScopes": any_of } });
        Self::new(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
            .with("errors", json!([error]))
            .with("links", json!({ "scopes": "https://developers.hubspot.com/scopes" }))
    }

    /// 429, in the words of the policy; a search has its own.
    pub(super) fn limited(policy: Policy) -> Self {
        let message = format!("You have reached your {} limit.", policy.name().to_lowercase());
        match policy {
            Policy::Search => Self::of(429, json!({ "status": "error", "message": message, "category": "RATE_LIMITS" })),
            Policy::Secondly | Policy::TenSecondly | Policy::Daily => Self::of(
                429,
                json!({ "status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy.name() }),
            ),
        }
    }

    /// A refusal of the token endpoint, in the vendor's own shape and in that of the standard (both inferred).
    pub(super) fn grant(status: &str, error: &str, message: &str) -> Self {
        Self::of(400, json!({ "status": status, "message": message, "error": error, "error_description": message }))
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::new(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or not valid."),
            403 => Self::scopes(&[]),
            404 => Self::not_found("resource not found"),
            405 => Self::new(405, "METHOD_NOT_ALLOWED", "HTTP 405 Method Not Allowed"),
            409 => Self::new(409, CONFLICT, "The value is taken."),
            413 => Self::new(413, "PAYLOAD_TOO_LARGE", "The request body is too large."),
            414 => Self::new(414, "URI_TOO_LONG", "The request URI is too long."),
            415 => Self::new(415, "UNSUPPORTED_MEDIA_TYPE", "HTTP 415 Unsupported Media Type"),
            423 => Self::new(423, "LOCKED", "The resource is locked by another operation; try again in two seconds."),
            429 => Self::limited(Policy::TenSecondly),
            477 => {
                let mut refusal = Self::new(477, "MIGRATION_IN_PROGRESS", "This account is moving to another data region.");
                refusal.headers.push(("retry-after", limits::MIGRATION_RETRY_AFTER_S.to_string()));
                refusal
            }
            500..=599 => Self::new(status, "INTERNAL_ERROR", "internal error"),
            _ => Self::invalid("The request is not valid."),
        }
    }

    pub(super) fn reply(&self, request: u64) -> Reply {
        let mut body = self.body.clone();
        body.insert("correlationId".to_owned(), correlation(request).into());
        let reply = Reply::json(self.status, &Value::Object(body));
        self.headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Reply {
    Reply::bytes(status, "application/json; charset=utf-8", bytes::Bytes::new())
}
