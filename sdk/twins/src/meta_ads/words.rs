//! The vendor's words: every refusal is one `error` object (the notes, *Connection check*). A client goes by `code` and
//! `error_subcode`, never by the status.
//!
//! Sentences of 190, of 100/33, of proofs, of 200 and of throttling are those that public clients have in their own tests (read
//! 2026-11); titles of 2650, 1713230 and 1870090 are *Guide*'s. Others are (inferred), and so are the statuses.

use serde_json::{Value, json};

use super::options::ThrottledAs;
use crate::vendor::Reply;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    kind: &'static str,
    pub(super) code: u64,
    subcode: Option<u64>,
    message: String,
    transient: bool,
    /// What a person is told: a title and a sentence.
    told: Option<(String, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u64, message: impl Into<String>) -> Self {
        Self { status, kind: "OAuthException", code, subcode: None, message: message.into(), transient: false, told: None }
    }

    fn with(self, subcode: u64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    fn told(self, title: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { told: Some((title.into(), sentence.into())), ..self }
    }

    /// A parameter that is wrong.
    pub(super) fn parameter(what: impl std::fmt::Display) -> Self {
        Self::new(400, 100, format!("(#100) {what}"))
    }

    /// A parameter that is missing.
    pub(super) fn required(name: &str) -> Self {
        Self::parameter(format_args!("The parameter {name} is required"))
    }

    /// 100 with a subcode, a title and a sentence that names the field, as of events.
    pub(super) fn invalid(subcode: u64, title: &str, sentence: impl Into<String>) -> Self {
        Self::new(400, 100, "Invalid parameter").with(subcode).told(title, sentence)
    }

    /// An object that is not there, that the token does not see, or that has no such method: the vendor does not say which.
    pub(super) fn missing(method: &str, id: &str) -> Self {
        let method = method.to_ascii_lowercase();
        let message = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not \
             support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
        );
        Self { kind: "GraphMethodException", ..Self::new(400, 100, message).with(33) }
    }

    /// A proof that is wrong or missing: 100 without a subcode.
    pub(super) fn proof(given: bool) -> Self {
        let message = match given {
            true => "Invalid appsecret_proof provided in the API argument",
            false => "API calls from the server require an appsecret_proof argument",
        };
        Self { kind: "GraphMethodException", ..Self::new(400, 100, message) }
    }

    /// A token that is not taken.
    pub(super) fn token(status: u16, subcode: Option<u64>) -> Self {
        let message = match subcode {
            Some(458) => "Error validating access token: The user has not authorized application.",
            Some(460) => {
                "Error validating access token: The session has been invalidated because the user changed their password or Facebook \
                 has changed the session for security reasons."
            }
            Some(463) => "Error validating access token: Session has expired.",
            _ => "Invalid OAuth access token - Cannot parse access token",
        };
        Self { subcode, ..Self::new(status, 190, message) }
    }

    /// An operation on an audience that cannot be done now (*Guide*: 2650 and its subcodes).
    pub(super) fn update(subcode: u64) -> Self {
        let (title, sentence) = match subcode {
            1_870_145 => (
                "Audience Update In Progress",
                "You can't replace a customer list custom audience that is in the process of being updated. Wait for the audience \
                 availability to become \"Normal\" and try again.",
            ),
            1_870_147 => (
                "Invalid Upload Batch for Replace",
                "The first batch_seq was not detected. You must start your batch_seq at integer 1.",
            ),
            1_870_158 => (
                "Replace Session Timed Out",
                "You've reached the 90-minute time limit for your replace batch session. Your customer list custom audience will be \
                 replaced with what you've uploaded so far.",
            ),
            1_870_159 => (
                "Replace Session Finished",
                "This replace operation is already finished because you uploaded a batch with last_batch_flag==true.",
            ),
            _ => ("Something Went Wrong", "Your customer list was not fully updated."),
        };
        Self::new(400, 2650, "(#2650) Failed to update the custom audience").with(subcode).told(title, sentence)
    }

    /// The audience is blocked for integrity (*Guide*).
    pub(super) fn blocked() -> Self {
        Self::invalid(
            1_713_230,
            "Audience Upload Blocked",
            "Before updating user memberships, you must resolve integrity restrictions on this Data File Custom Audience. Go to Audience \
             Manager to appeal the restrictions or create a new audience with updated data",
        )
    }

    /// The terms of custom audiences are not accepted (*Guide*).
    pub(super) fn terms(subcode: u64, account: &str) -> Self {
        Self::new(403, 200, "(#200) Permissions error").with(subcode).told(
            "Custom Audience Terms Not Accepted",
            format!(
                "Custom Audience terms have not been accepted: Accept the Custom Audience terms at \
                 https://business.facebook.com/ads/manage/customaudiences/tos/?act={account} to create or edit an audience with an uploaded \
                 customer list."
            ),
        )
    }

    pub(super) fn throttled(code: ThrottledAs) -> Self {
        let (code, subcode) = match code {
            ThrottledAs::App => (4, None),
            ThrottledAs::User => (17, Some(2_446_079)),
            ThrottledAs::Page => (32, None),
            ThrottledAs::Application => (341, None),
            ThrottledAs::Calls => (613, Some(1_487_742)),
            ThrottledAs::CustomAudience => (80_003, None),
            ThrottledAs::AdsManagement => (80_004, None),
        };
        Self::of_code(code, subcode)
    }

    /// What the vendor says with this code, when nothing more is known.
    pub(super) fn of_code(code: u64, subcode: Option<u64>) -> Self {
        const TOO_MANY: &str = "There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer \
                                to https://developers.facebook.com/docs/graph-api/overview/rate-limiting";
        let transient = |status, message: &str| Self { transient: true, ..Self::new(status, code, message) };
        let made = match code {
            1 | 5000 => transient(500, "An unknown error occurred"),
            2 => transient(503, "(#2) Service temporarily unavailable"),
            4 => transient(400, "(#4) Application request limit reached"),
            10 => Self::new(403, code, "(#10) Application does not have permission for this action"),
            17 => transient(400, "(#17) User request limit reached"),
            32 => transient(400, "(#32) Page request limit reached"),
            100 => match subcode {
                Some(33) => return Self::missing("get", "0"),
                Some(1_713_230) => return Self::blocked(),
                Some(1_487_366) => return Self::deleted(),
                _ => Self::new(400, code, "Invalid parameter"),
            },
            102 => Self::new(400, code, "Session key invalid or no longer valid"),
            105 => Self::new(400, code, "(#105) The number of parameters exceeded the maximum for this operation"),
            190 => return Self::token(400, subcode),
            200 => Self::new(403, code, "(#200) Permissions error"),
            294 => {
                let message =
                    "(#294) Managing advertisements requires an access token with the extended permission for ads_management";
                Self::new(403, code, message)
            }
            341 => transient(400, "(#341) Feed action request limit reached"),
            368 => Self::new(400, code, "(#368) The action attempted has been deemed abusive or is otherwise disallowed"),
            613 => transient(400, "(#613) Calls to this api have exceeded the rate limit."),
            2635 => {
                let message = "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version.";
                Self::new(400, code, message)
            }
            2650 => return Self::update(subcode.unwrap_or_default()),
            80_000..=80_014 => {
                let of = if code == 80_003 { "#custom-audience" } else { "#ads-management" };
                transient(400, &format!("(#{code}) {TOO_MANY}{of}."))
            }
            21_009 => transient(400, "(#21009) A temporary error occurred"),
            _ => Self::new(400, code, format!("(#{code}) The request was refused")),
        };
        Self { subcode, ..made }
    }

    /// An audience that has been deleted (the notes: 1487366).
    pub(super) fn deleted() -> Self {
        Self::invalid(1_487_366, "Custom Audience Has Been Deleted", "The custom audience you're trying to use has been deleted.")
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        let code = match status {
            401 => 190,
            403 => 200,
            404 => return Self { status, ..Self::missing("get", "0") },
            429 => 4,
            503 => 2,
            500..=599 => 1,
            _ => 100,
        };
        Self { status, ..Self::of_code(code, None) }
    }

    /// The answer; `request` makes its trace.
    pub(super) fn reply(&self, request: u64) -> Reply {
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code, "is_transient": self.transient, "fbtrace_id": trace(request),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some((title, sentence)) = &self.told {
            error["error_user_title"] = title.as_str().into();
            error["error_user_msg"] = sentence.as_str().into();
        }
        let reply = Reply::json(self.status, &json!({ "error": error }));
        if self.code != 190 {
            return reply;
        }
        reply.header("www-authenticate", format!("OAuth \"Facebook Platform\" \"invalid_token\" \"{}\"", self.message))
    }
}

/// A request's trace: the same in each run of a test.
pub(super) fn trace(request: u64) -> String {
    format!("AtW1n{request:018}")
}

/// A success.
pub(super) fn answer(body: &Value) -> Reply {
    Reply::json(200, body)
}
