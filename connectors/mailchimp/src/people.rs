//! Who a row is about: an e-mail address, in a body as it is and in a path as the name that Mailchimp makes of it.

use sluice_sdk::{Form, Halt, Identifiers, Known, Reason, Rows, digest};

/// Finer rules ("looks fake or invalid") are Mailchimp's.
const EMAIL: Known<()> = Known::new("email", ()).form(Form::EMAIL).any_case();

/// The people of a batch, all by their addresses.
pub(crate) type People<'a> = Identifiers<'a, ()>;

/// By what is mapped; a halt where anything but `email` is the identifier.
pub(crate) fn of<'a>(rows: &Rows<'a>) -> Result<People<'a>, Halt> {
    Identifiers::of(rows, "Mailchimp", &[EMAIL])
}

/// The address of a row, or why it can be none.
pub(crate) fn email<'a>(people: &People<'a>, row: usize) -> Result<&'a str, Reason> {
    people.first(row).map(|(_, email)| email)
}

/// The path of a row's contact behind the audience's: the address would be taken too, and stand in logs of paths.
pub(crate) fn path(people: &People<'_>, row: usize) -> Result<String, Reason> {
    Ok(format!("/members/{}", digest::md5(&folded(email(people, row)?))))
}

/// An address as Mailchimp compares it.
pub(crate) fn folded(email: &str) -> String {
    EMAIL.folded(email)
}
