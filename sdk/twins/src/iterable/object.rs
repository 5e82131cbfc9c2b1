//! One object of `users[]` or `subscribers[]`, and a whole single update: whom it names and what it asks for. A wrong shape
//! refuses the request (`BadParams`); an identifier or a value that is wrong by itself is a [`Failure`] of this user, named by
//! its value and not by its place (*Synchronize user attributes*).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    body::Body,
    failure::{Because, Failure},
    limits,
    options::Project,
    words::Refusal,
};
use crate::contact::is_email;

/// A person as a client names him. The address is lower-case, since that is how the vendor compares (*Synchronize user
/// attributes*: "trim + lower-case"); a userId is kept exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) email: Option<String>,
    pub(super) user_id: Option<String>,
}

/// What is asked for of one person.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) who: Who,
    /// The address was not lower-case.
    pub(super) capitals: bool,
    /// Make a user of an unknown userId; only e-mail based projects look at it.
    pub(super) prefer_user_id: bool,
    /// Put the names of an object into the stored one, in place of replacing it.
    pub(super) merge: bool,
    pub(super) data: Map<String, Value>,
    /// The data as JSON, for the ledger.
    pub(super) text: Arc<str>,
}

impl Order {
    /// Takes what a user object has out of a body. `what` names the object for messages.
    pub(super) fn take(body: &mut Body, what: &str, project: Project, with_data: bool) -> Result<Self, Refusal> {
        let email = body.text("email")?;
        let user_id = body.text("userId")?;
        // "In hybrid projects send both identifiers when known; in the others exactly one" (*Quirks*).
        match (&email, &user_id, project) {
            (None, None, _) => return Err(Refusal::bad_params(format!("{what}: either email or userId is required"))),
            (Some(_), Some(_), Project::Email | Project::UserId) => {
                return Err(Refusal::bad_params(format!("{what}: either email or userId may be given, but not both")));
            }
            _ => {}
        }
        let (mut prefer_user_id, mut merge, mut data) = (false, false, Map::new());
        if with_data {
            prefer_user_id = body.flag("preferUserId")?.unwrap_or(false);
            merge = body.flag("mergeNestedObjects")?.unwrap_or(false);
            data = body.map("dataFields")?.unwrap_or_default();
        }
        let whole = Value::Object(data);
        let text = whole.to_string().into();
        let Value::Object(data) = whole else { unreachable!("it was made an object three lines above") };
        let lower = email.as_deref().map(str::to_lowercase);
        let capitals = lower != email;
        Ok(Self { who: Who { email: lower, user_id }, capitals, prefer_user_id, merge, data, text })
    }

    /// What can be said of it without knowing anybody.
    pub(super) fn check(&self, project: Project) -> Result<(), Failure> {
        if let Some(email) = &self.who.email
            // An address means nobody in a project of userIds (*Auth*; where it is named is inferred).
            && (!is_email(email) || project == Project::UserId)
        {
            return Err(Failure::email(Because::Invalid, email));
        }
        if let Some(id) = self.who.user_id.as_deref().filter(|id| !is_user_id(id)) {
            return Err(Failure::user_id(Because::Invalid, id));
        }
        Ok(())
    }
}

/// Printable ASCII without a blank at the end, not empty, not too long (*Synchronize user attributes*).
pub(super) fn is_user_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= limits::USER_ID_CHARS_MAX && id.bytes().all(|b| (b' '..=b'~').contains(&b)) && !id.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_printable_ascii_without_a_blank_at_its_end() {
        for (id, good) in [
            ("u_1042", true),
            (" u 1042", true),
            ("~", true),
            (&*"x".repeat(52), true),
            (&*"x".repeat(53), false),
            ("u ", false),
            ("", false),
            ("é", false),
            ("a\tb", false),
            ("a\u{7f}", false),
        ] {
            assert_eq!(is_user_id(id), good, "{id:?}");
        }
    }
}
