//! Who a row is about: an e-mail address, a `userId`, or both, as the project's type allows, written as Iterable wants it.
//!
//! `OptionalApiUser` and `FailedUserUpdates` of the vendor's description, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Form, Halt, Identifier, Identifiers, Known, Reason, Rows};

use crate::settings::ProjectType;

/// Which identifier it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// An e-mail address in lower case.
    Email,
    /// The customer's id, kept as it is.
    UserId,
}

/// The length of ids (52 is inferred) and the finer rules of addresses are Iterable's to judge: it names the identifiers that it does not
/// take.
const KNOWN: &[Known<Kind>] = &[
    Known::new("email", Kind::Email).form(Form::EMAIL).any_case(),
    Known::new("userId", Kind::UserId)
        .form(Form { is: is_user_id, what: "a userId is printable ASCII and does not end in a blank" }),
];

fn is_user_id(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.ends_with(' ')
}

/// The people of a batch.
#[derive(Debug)]
pub(crate) struct People<'a> {
    identifiers: Identifiers<'a, Kind>,
    project: ProjectType,
}

impl<'a> People<'a> {
    /// People by what is mapped. A halt where the project's type does not allow it: both outside of hybrid projects, addresses in a
    /// project of ids.
    pub(crate) fn of(rows: &Rows<'a>, project: ProjectType) -> Result<Self, Halt> {
        let people = Self::who_leave(rows, project)?;
        let kinds: Vec<Kind> = people.identifiers.kinds().collect();
        match project {
            ProjectType::Hybrid => Ok(people),
            ProjectType::UserId if kinds != [Kind::UserId] => Err(Halt::config(
                "users of this project are known by `userId` alone (setting `project_type`): map that and not `email`",
            )),
            ProjectType::Email if kinds.len() > 1 => {
                Err(Halt::config("exactly one identifier must be mapped, unless the project is hybrid (setting `project_type`)"))
            }
            ProjectType::Email | ProjectType::UserId => Ok(people),
        }
    }

    /// People who leave a list, by what Iterable last took, whatever is mapped now.
    pub(crate) fn who_leave(rows: &Rows<'a>, project: ProjectType) -> Result<Self, Halt> {
        Ok(Self { identifiers: Identifiers::of(rows, "Iterable", KNOWN)?, project })
    }

    /// Their identifiers, for what Iterable says of them.
    pub(crate) fn identifiers(&self) -> &Identifiers<'a, Kind> {
        &self.identifiers
    }

    /// How a row is named to Iterable: by one identifier, in hybrid projects by both where both are known. Or why it cannot be.
    pub(crate) fn named(&self, row: usize) -> Result<impl Iterator<Item = (&Identifier<'a, Kind>, &'a str)>, Reason> {
        let (by, named) = match self.project {
            ProjectType::Hybrid => (usize::MAX, self.identifiers.all(row).map(|_| ())),
            ProjectType::Email | ProjectType::UserId => (1, self.identifiers.first(row).map(|_| ())),
        };
        named.map(|()| self.identifiers.values(row).take(by))
    }

    /// Writes the members that name the user. `creates`: a user who is not known is to be made.
    pub(crate) fn write(&self, body: &mut Writer, row: usize, creates: bool) -> Result<(), Reason> {
        for (identifier, value) in self.named(row)? {
            body.key(&identifier.key);
            body.string(value);
            // Only such projects ask whether a user may begin as an id; everywhere else it is not looked at.
            if creates && self.project == ProjectType::Email && identifier.kind == Kind::UserId {
                body.member("preferUserId", true);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
