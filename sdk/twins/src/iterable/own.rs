//! The names that are the vendor's own among the fields (*Synchronize user attributes*, "Reserved names", partly inferred):
//! identifiers and list ids have an effect, a phone number has a form, the rest is not a client's to write. The vendor may let
//! some of the rest pass; the twin refuses it, so that what passes here passes there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    failure::{Because, Failure},
    object::{Order, is_user_id},
};
use crate::contact::{is_email, is_phone};

/// Own fields with their types, as `getFields` lists them (types inferred).
pub(super) const FIELDS: [(&str, &str); 10] = [
    ("email", "string"),
    ("userId", "string"),
    ("phoneNumber", "string"),
    ("signupDate", "date"),
    ("signupSource", "string"),
    ("profileUpdatedAt", "date"),
    ("emailListIds", "array"),
    ("itblInternal", "object"),
    ("unsubscribedChannelIds", "array"),
    ("unsubscribedMessageTypeIds", "array"),
];

/// What own fields of a request ask for.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Lower-case.
    pub(super) email: Option<String>,
    pub(super) user_id: Option<String>,
    /// All lists that the user shall be on.
    pub(super) lists: Option<BTreeSet<i64>>,
}

/// Takes them out of the data.
pub(super) fn take(order: &Order, data: &mut Map<String, Value>) -> Result<Own, Failure> {
    let wrong = |detail: String| Failure::of(Because::InvalidData, &order.who, detail);
    let mut own = Own::default();
    // Malformed ones are named themselves, not the user (the vendor's description of `invalidEmails`).
    match data.remove("email") {
        None => {}
        Some(Value::String(email)) => {
            let email = email.to_lowercase();
            if !is_email(&email) {
                return Err(Failure::email(Because::Invalid, &email));
            }
            own.email = Some(email);
        }
        Some(_) => return Err(wrong("'email' must be a string".to_owned())),
    }
    match data.remove("userId") {
        None => {}
        Some(Value::String(id)) => {
            if !is_user_id(&id) {
                return Err(Failure::user_id(Because::Invalid, &id));
            }
            own.user_id = Some(id);
        }
        Some(_) => return Err(wrong("'userId' must be a string".to_owned())),
    }
    if let Some(lists) = data.remove("emailListIds") {
        let ids = lists.as_array().and_then(|ids| ids.iter().map(Value::as_i64).collect());
        own.lists = Some(ids.ok_or_else(|| wrong("'emailListIds' must be a list of integers".to_owned()))?);
    }
    match data.get("phoneNumber") {
        None | Some(Value::Null) => {}
        Some(Value::String(phone)) if is_phone(phone) => {}
        Some(_) => return Err(wrong("'phoneNumber' must be E.164".to_owned())),
    }
    let kept = |name: &str| name != "phoneNumber" && FIELDS.iter().any(|(own, _)| *own == name) || name.starts_with("unsubscribed");
    match data.keys().find(|name| kept(name)) {
        Some(name) => Err(wrong(format!("'{name}' is reserved"))),
        None => Ok(own),
    }
}
