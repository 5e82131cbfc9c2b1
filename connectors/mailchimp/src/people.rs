//! Who a row is about: an e-mail address, in a body as it is and in a path as the name that Mailchimp makes of it.

use std::collections::BTreeMap;

use sluice_sdk::{Halt, Identifiers, Outcome, Reason, Rows, digest, form};

/// The people of a batch.
#[derive(Debug)]
pub(crate) struct People<'a>(Identifiers<'a, ()>);

impl<'a> People<'a> {
    /// A halt where anything but `email` is mapped as the identifier.
    pub(crate) fn of(rows: &Rows<'a>) -> Result<Self, Halt> {
        Identifiers::of(rows, "Mailchimp", |name| (name == "email").then_some(())).map(Self)
    }

    /// Their identifiers, for what Mailchimp says of them.
    pub(crate) fn identifiers(&self) -> &Identifiers<'a, ()> {
        &self.0
    }

    /// The address of a row, or why it can be none. Finer rules ("looks fake or invalid") are Mailchimp's.
    pub(crate) fn email(&self, row: usize) -> Result<&'a str, Reason> {
        let (identifier, email) = self.0.first(row)?;
        if form::is_email(email) {
            return Ok(email);
        }
        Err(Reason::bad(form::NO_EMAIL).field(identifier.name()))
    }

    /// Rows that have the address of a row before them. Which of two requests side by side comes last is not said, and of two in one
    /// batch only the first counts: such a row comes again in another.
    pub(crate) fn again(&self, rows: usize) -> BTreeMap<u32, Outcome> {
        self.0.again(rows, |row| self.email(row).is_ok(), |(), email| folded(email))
    }

    /// The path of a row's contact behind the audience's: the address would be taken too, and stand in logs of paths.
    pub(crate) fn path(&self, row: usize) -> Result<String, Reason> {
        Ok(format!("/members/{}", digest::md5(&folded(self.email(row)?))))
    }
}

/// An address as Mailchimp compares it.
pub(crate) fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}
