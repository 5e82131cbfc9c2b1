//! Why one user was not updated, and how that is said: a bulk answer names identifiers in one list per reason, a single
//! update answers with a status and a code (*Errors*).

use super::{object::Who, words::Refusal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// The identifier is malformed, or not one that this project has.
    Invalid,
    /// A value is wrong.
    InvalidData,
    /// A value is of another type than its field's.
    Clash,
    /// The person was forgotten by law.
    Forgotten,
    /// Another user has the identifier.
    Conflict,
    /// There is no such user, and none is made.
    Unknown,
}

/// Names are of the reason's kind, which need not be the ones in the request: a malformed address inside `dataFields` is named
/// itself (the vendor's description of `invalidEmails`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) because: Because,
    pub(super) email: Option<String>,
    pub(super) user_id: Option<String>,
    /// More of it, for a single update's message.
    pub(super) detail: String,
}

impl Failure {
    pub(super) fn email(because: Because, email: &str) -> Self {
        Self { because, email: Some(email.to_owned()), user_id: None, detail: String::new() }
    }

    pub(super) fn user_id(because: Because, user_id: &str) -> Self {
        Self { because, email: None, user_id: Some(user_id.to_owned()), detail: String::new() }
    }

    /// By all the names that the client used (inferred for hybrid projects).
    pub(super) fn of(because: Because, who: &Who, detail: impl Into<String>) -> Self {
        Self { because, email: who.email.clone(), user_id: who.user_id.clone(), detail: detail.into() }
    }

    /// The words of a single update.
    pub(super) fn refusal(&self) -> Refusal {
        let name = self.email.as_deref().or(self.user_id.as_deref()).unwrap_or_default();
        match (self.because, &self.email) {
            // Recorded: {"msg":"Invalid email: 000","code":"InvalidEmailAddressError","params":null} (*Errors*).
            (Because::Invalid, Some(_)) => Refusal::new(400, "InvalidEmailAddressError", format!("Invalid email: {name}")),
            (Because::Invalid, None) => Refusal::new(400, "InvalidUserIdError", format!("Invalid userId: {name}")),
            (Because::InvalidData, _) => Refusal::bad_params(self.detail.as_str()),
            (Because::Clash, _) => Refusal::new(400, "RequestFieldsTypesMismatched", self.detail.as_str()),
            (Because::Forgotten, _) => Refusal::new(409, "ForgottenUserError", "User is forgotten"),
            (Because::Conflict, Some(_)) => Refusal::new(409, "EmailAlreadyExists", "Email already exists"),
            (Because::Conflict, None) => Refusal::new(409, "UserIdAlreadyExists", "UserId already exists"),
            (Because::Unknown, Some(_)) => Refusal::new(400, "UnknownEmailError", format!("Unknown email: {name}")),
            (Because::Unknown, None) => Refusal::new(400, "UnknownUserIdError", format!("Unknown userId: {name}")),
        }
    }
}
