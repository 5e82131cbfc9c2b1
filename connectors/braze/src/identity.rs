//! Who an object is about: the one mapped identifier, written as Braze wants it. A row without one is not sent.
//!
//! "User attributes object" and "User alias object" of braze.com/docs/api/objects_filters, read 2026-11.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::{Form, Halt, Identifiers, Known, Outcome, Reason, Rows};

/// The identifiers of a batch, at least one.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    identifiers: Identifiers<'a, Kind>,
    /// Of every alias; not empty where there is one.
    alias_label: String,
}

/// Which identifier it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The customer's id; its case matters.
    ExternalId,
    /// The vendor's id; never creates a profile.
    BrazeId,
    /// An e-mail address.
    Email,
    /// A number in E.164.
    Phone,
    /// A name under the label of the option `user_alias_label`.
    AliasName,
}

const KNOWN: &[Known<Kind>] = &[
    Known::new("external_id", Kind::ExternalId),
    Known::new("braze_id", Kind::BrazeId),
    // "The platform lower-cases (inferred)."
    Known::new("email", Kind::Email).any_case(),
    Known::new("phone", Kind::Phone).form(Form::E164),
    Known::new("user_alias_name", Kind::AliasName),
];

impl<'a> Identity<'a> {
    /// The identifier of a batch; a halt when it is not exactly one that we know, or an alias without its label.
    pub(crate) fn of(rows: &Rows<'a>, alias_label: Option<&str>) -> Result<Self, Halt> {
        let Self { identifiers, alias_label } = Self::of_members(rows, alias_label)?;
        Ok(Self { identifiers: identifiers.single()?, alias_label })
    }

    /// The identifiers of a batch of members, of which some may go by an identifier that was mapped before.
    pub(crate) fn of_members(rows: &Rows<'a>, alias_label: Option<&str>) -> Result<Self, Halt> {
        let identifiers = Identifiers::of(rows, "Braze", KNOWN)?;
        let alias_label = alias_label.unwrap_or_default().to_owned();
        if alias_label.is_empty() && identifiers.kinds().any(|kind| kind == Kind::AliasName) {
            return Err(Halt::config("an alias needs its label: set the option `user_alias_label`"));
        }
        Ok(Self { identifiers, alias_label })
    }

    /// Which identifiers there are, as often as they are there.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.identifiers.kinds()
    }

    /// Which identifier a row has and its value, or why the row cannot be sent.
    pub(crate) fn value(&self, row: usize) -> Result<(Kind, &'a str), Reason> {
        self.identifiers.first(row).map(|(identifier, text)| (identifier.kind, text))
    }

    /// Rows about a user who has a row before them, each for another request.
    pub(crate) fn again(&self, rows: usize) -> BTreeMap<u32, Outcome> {
        self.identifiers.again(rows)
    }

    /// Writes the members that name the user, or says why the row cannot be sent.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let (identifier, value) = self.identifiers.first(row)?;
        if identifier.kind == Kind::AliasName {
            body.object("user_alias", |body| {
                body.member("alias_name", value);
                body.member("alias_label", &self.alias_label);
            });
        } else {
            body.key(&identifier.key);
            body.string(value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
