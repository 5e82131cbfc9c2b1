//! The vendor's words: one envelope for every refusal of both APIs (`error.code`, `message`, `status`, `details[]`), with details of its
//! own for each, and the flat shape of the token endpoint.
//!
//! In the notes: the places and reasons of `fieldViolations`, `metadata.quota_limit`, `errorCode` and `location.fieldPathElements` of
//! Google Ads, `{"error":"invalid_grant"}`. Sentences are those that stand beside the codes in the protos, or (inferred).

use serde_json::{Value, json};

use super::{account::Refused, shape::Unfit};
use crate::vendor::Reply;

/// A wrong field of a Data Manager request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// Where, as the protos name it.
    pub(super) field: String,
    /// Of the vendor's `ErrorReason`; none of what the parser of JSON or a hidden check refuses.
    pub(super) reason: Option<&'static str>,
    pub(super) description: String,
}

impl Violation {
    pub(super) fn new(reason: &'static str, field: impl Into<String>) -> Self {
        Self { field: field.into(), reason: Some(reason), description: described(reason).to_owned() }
    }

    fn to_json(&self) -> Value {
        let mut violation = json!({ "field": self.field, "description": self.description });
        if let Some(reason) = self.reason {
            violation["reason"] = reason.into();
        }
        violation
    }
}

/// What the vendor says with a reason (*Data Manager protos*, `ErrorReason`).
fn described(reason: &str) -> &'static str {
    match reason {
        "REQUIRED_FIELD_MISSING" => "Required field is missing.",
        "INVALID_FORMAT" => "Format is invalid.",
        "INVALID_HEX_ENCODING" => "The HEX encoded value is malformed.",
        "INVALID_BASE64_ENCODING" => "The base64 encoded value is malformed.",
        "INVALID_SHA256_FORMAT" => "The SHA256 encoded value is malformed.",
        "INVALID_POSTAL_CODE" => "Postal code is not valid.",
        "INVALID_REGION_CODE" => "The region code is not valid.",
        "INVALID_USER_LIST_TYPE" => "Type of the user list is not applicable for this request.",
        "INVALID_USER_LIST_ID" => "User list is not valid.",
        "INVALID_AUDIENCE_MEMBER" => "This audience member is not valid.",
        "TOO_MANY_AUDIENCE_MEMBERS" => "Maximum number of audience members allowed per request is 10,000.",
        "TOO_MANY_USER_IDENTIFIERS" => "Maximum number of user identifiers allowed per audience member is 10.",
        "TOO_MANY_DESTINATIONS" => "Maximum number of destinations allowed per request is 10.",
        "TOO_MANY_ELEMENTS" => "Too many elements in a list in the request.",
        "TOO_MANY_EVENTS" => "Maximum number of events allowed per request is 10,000.",
        "INVALID_DESTINATION" => "This Destination is not valid.",
        "DUPLICATE_DESTINATION_REFERENCE" => "Two or more destinations in the request have the same reference.",
        "DESTINATION_ACCOUNT_TYPE_MISMATCH" => "The destination account type does not match the specified account id.",
        "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT" => {
            "Linked account is only supported when the login account is a `DATA_PARTNER` account."
        }
        "INVALID_MOBILE_ID_FORMAT" => "Mobile ID format is not valid.",
        "MULTIPLE_DATA_TYPES_NOT_ALLOWED" => "Multiple data types are not allowed to be ingested in a single request.",
        "TERMS_AND_CONDITIONS_NOT_SIGNED" => "Required terms and conditions are not accepted.",
        "INVALID_CONVERSION_ACTION_ID" => "Conversion action ID is not valid.",
        "INVALID_CONVERSION_ACTION_TYPE" => "The conversion action type is not valid.",
        "INVALID_CURRENCY_CODE" => "The currency code is not supported.",
        "INVALID_EVENT" => "This event is not valid.",
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS" => {
            "The destination account is not enabled for enhanced conversions for leads."
        }
        "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS" => {
            "Enhanced conversions can't be used for the destination account because of Google customer data policies."
        }
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED" => {
            "The destination account hasn't agreed to the terms for enhanced conversions."
        }
        "NO_IDENTIFIERS_PROVIDED" => "Events data contains no user identifiers or ad identifiers.",
        "EVENT_TIME_INVALID" => "Event did not occur within the acceptable time window.",
        "NOT_ALLOWLISTED" => "The account is not allowlisted for the given feature.",
        "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED" => {
            "The customer contains non-exempt campaigns without the EU political advertising declaration."
        }
        "INVALID_REQUEST_ID" => "The request ID used to retrieve the status of a request is not valid.",
        "INVALID_MERCHANT_FEED_LANGUAGE_CODE" => "The merchant feed language code is not valid.",
        "CUSTOM_VARIABLE_VALUE_CONTAINS_PII" => "The custom variable value contains personally identifiable information (PII).",
        "THIRD_PARTY_USER_DATA_NOT_ALLOWED" => "Third party user data can only be set by data partners.",
        "INVALID_REMOVE_AS_OF_TIME" => "The remove as of time must be in the past or present.",
        "DISPLAY_NAME_ALREADY_USED" => "The display name is already being used for another user list for the account.",
        "INVALID_DISPLAY_NAME" => "The display name is not valid.",
        "MEMBERSHIP_DURATION_TOO_LONG" => "The user list membership duration is too long.",
        "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES" => "The user list upload key types are not supported.",
        "UNSUPPORTED_INGESTED_USER_LIST_INFO_CONFIG" => "The ingested user list info config is not supported.",
        "IMMUTABLE_FIELD_FOR_UPDATE" => "Attempted to set an immutable field for an update request.",
        "INVALID_UPDATE_MASK" => "The update mask is invalid.",
        "INVALID_RESOURCE_NAME" => "The resource name is invalid.",
        "INVALID_FILTER" => "The query filter is invalid.",
        "INVALID_PAGE_TOKEN" => "The page token is invalid.",
        "NOT_FOUND" => "Resource not found.",
        "PERMISSION_DENIED" => "The user does not have permission or the resource is not found.",
        _ => "There was a problem with the request.",
    }
}

/// An error of Google Ads: `errorCode: { category: code }`, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AdsError {
    category: &'static str,
    pub(super) code: &'static str,
    message: String,
    path: Vec<(&'static str, Option<usize>)>,
}

impl AdsError {
    pub(super) fn new(category: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { category, code, message: message.into(), path: Vec::new() }
    }

    /// Where it is: names as the protos have them, each with its position in a list.
    #[must_use]
    pub(super) fn at(mut self, path: &[(&'static str, Option<usize>)]) -> Self {
        self.path = path.to_vec();
        self
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "errorCode": { self.category: self.code }, "message": self.message });
        if !self.path.is_empty() {
            let elements = self.path.iter().map(|(name, index)| match index {
                Some(index) => json!({ "fieldName": name, "index": index }),
                None => json!({ "fieldName": name }),
            });
            error["location"] = json!({ "fieldPathElements": elements.collect::<Vec<_>>() });
        }
        error
    }

    /// `, at conversions[0].order_id` after the message (recorded: github.com/googleads/google-ads-python, issue 654).
    fn told(&self) -> String {
        let place: Vec<String> = self
            .path
            .iter()
            .map(|(name, index)| index.map_or_else(|| (*name).to_owned(), |index| format!("{name}[{index}]")))
            .collect();
        if place.is_empty() { self.message.clone() } else { format!("{}, at {}", self.message, place.join(".")) }
    }
}

const FAILURE: &str = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure";

/// The failure of Google Ads as one of the details of a status.
fn failure(errors: &[AdsError], request: u64) -> Value {
    json!({
        "@type": FAILURE,
        "errors": errors.iter().map(AdsError::to_json).collect::<Vec<_>>(),
        "requestId": request_id(request),
    })
}

/// `partialFailureError` of an answer; none when nothing is wrong.
pub(super) fn partial_failure(errors: &[AdsError], request: u64) -> Option<Value> {
    let first = errors.first()?.told();
    let message = if errors.len() == 1 { first } else { format!("Multiple errors in ‘details’. First error: {first}") };
    Some(json!({ "code": 3, "message": message, "details": [failure(errors, request)] }))
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// The envelope of both APIs.
    pub(super) fn new(status: u16, message: &str, details: Vec<Value>) -> Self {
        let mut error = json!({ "code": status, "message": message, "status": canonical(status) });
        if !details.is_empty() {
            error["details"] = details.into();
        }
        Self { status, body: json!({ "error": error }), headers: Vec::new() }
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        Self::new(status, said(status), Vec::new())
    }

    /// What the parser of JSON does not take.
    pub(super) fn unfit(found: &[Unfit]) -> Self {
        let violations: Vec<Value> =
            found.iter().map(|unfit| json!({ "field": unfit.field, "description": unfit.description })).collect();
        let message: Vec<&str> = found.iter().map(|unfit| unfit.description.as_str()).take(10).collect();
        let details = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations });
        Self::new(400, &message.join("\n"), vec![details])
    }

    /// A body that is no JSON object.
    pub(super) fn no_json() -> Self {
        let description = "Invalid JSON payload received. The body is not a JSON object.".to_owned();
        Self::unfit(&[Unfit { field: String::new(), description }])
    }

    /// Wrong fields of a Data Manager request.
    pub(super) fn violations(found: &[Violation], request: u64) -> Self {
        let violations: Vec<Value> = found.iter().map(Violation::to_json).collect();
        let bad = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations });
        Self::new(400, "There was a problem with the request.", vec![info("INVALID_ARGUMENT", request), bad])
    }

    /// One wrong field.
    pub(super) fn field(reason: &'static str, field: &str, request: u64) -> Self {
        Self::violations(&[Violation::new(reason, field)], request)
    }

    /// A refusal of Data Manager that is about no field.
    pub(super) fn manager(status: u16, reason: &'static str, request: u64) -> Self {
        Self::new(status, described(reason), vec![info(reason, request)])
    }

    /// A refusal of Google Ads.
    pub(super) fn ads(status: u16, errors: &[AdsError], request: u64) -> Self {
        Self::new(status, said(status), vec![failure(errors, request)])
    }

    /// What a seed asks for, in the shape of the API that is called.
    pub(super) fn seeded(seed: &Refused, token: bool, request: u64) -> Self {
        let code = seed.code.as_str();
        match (&seed.category, &seed.field) {
            _ if token => Self::grant(seed.status, code, "Bad Request"),
            (Some(category), _) => {
                let errors = json!([{ "errorCode": { category: code }, "message": said(seed.status) }]);
                let failure = json!({ "@type": FAILURE, "errors": errors, "requestId": request_id(request) });
                Self::new(seed.status, said(seed.status), vec![failure])
            }
            (None, Some(field)) => {
                let violation = json!({ "field": field, "reason": code, "description": described(code) });
                let bad = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation] });
                Self::new(seed.status, "There was a problem with the request.", vec![info("INVALID_ARGUMENT", request), bad])
            }
            (None, None) => Self::new(seed.status, described(code), vec![info(code, request)]),
        }
    }

    /// A refusal of the token endpoint.
    pub(super) fn grant(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }), headers: Vec::new() }
    }

    /// Data Manager's quota of this name is used up.
    pub(super) fn quota(limit: &str, value: u64) -> Self {
        let details = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
            "metadata": { "service": "datamanager.googleapis.com", "quota_limit": limit, "quota_limit_value": value.to_string() },
        });
        Self::new(429, &format!("Quota exceeded for limit '{limit}' of service 'datamanager.googleapis.com'."), vec![details])
    }

    /// A token that is missing or not known.
    pub(super) fn unauthenticated(reason: &str) -> Self {
        let info = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com" });
        Self::new(401, said(401), vec![info])
    }

    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn reply(self) -> Reply {
        let reply = Reply::json(self.status, &self.body);
        self.headers.into_iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}

fn info(reason: &str, request: u64) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "datamanager.googleapis.com",
        "metadata": { "requestId": request_id(request) },
    })
}

/// The id of a request: the same in each run of a test.
pub(super) fn request_id(request: u64) -> String {
    format!("tw1n-{request:016x}")
}

/// The status of gRPC that goes with a status of HTTP.
fn canonical(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        400..=499 => "INVALID_ARGUMENT",
        _ => "UNKNOWN",
    }
}

fn said(status: u16) -> &'static str {
    match status {
        401 => {
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
        }
        403 => "The caller does not have permission",
        404 => "Requested entity was not found.",
        409 => "The operation was aborted.",
        429 => "Resource has been exhausted (e.g. check quota).",
        500 => "Internal error encountered.",
        503 => "The service is currently unavailable.",
        504 => "Deadline expired before operation could complete.",
        400..=499 => "Request contains an invalid argument.",
        _ => "Unknown error.",
    }
}
