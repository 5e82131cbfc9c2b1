//! Who a row is about: Klaviyo's own id, an e-mail address, a phone number, an id of the customer, or several of them, in clear.
//!
//! "Bulk Import Profiles" of Klaviyo's description (klaviyo/openapi at f0a30ba of 2026-07-23, read 2026-11).

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::{Halt, Identifiers, Outcome, Reason, Rows, form};

use crate::wire::{PROFILE, Resource};

/// Characters of an `external_id`: what a peer's connector allows (segmentio/action-destinations at 970a17e, read 2026-11).
const EXTERNAL_ID_CHARS_MAX: usize = 255;

/// Which identifier it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Klaviyo's own id of a profile.
    Id,
    /// An e-mail address.
    Email,
    /// A phone number, E.164.
    Phone,
    /// The customer's id.
    ExternalId,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Id, Self::Email, Self::Phone, Self::ExternalId];

    /// What a profile goes by.
    pub(crate) fn of(self, profile: &Resource) -> Option<&str> {
        match self {
            Self::Id => Some(&profile.id),
            Self::Email | Self::Phone | Self::ExternalId => profile.text(self.name()),
        }
    }

    /// By its name, which is the same in the manifest and at Klaviyo.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::Phone => "phone_number",
            Self::ExternalId => "external_id",
        }
    }
}

/// A value as Klaviyo keeps it: addresses in lower case.
pub(crate) fn folded(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Email => value.trim().to_lowercase(),
        Kind::Id | Kind::Phone | Kind::ExternalId => value.to_owned(),
    }
}

/// The people of a batch.
#[derive(Debug)]
pub(crate) struct People<'a> {
    identifiers: Identifiers<'a, Kind>,
    rows: usize,
}

impl<'a> People<'a> {
    /// People by what is mapped.
    pub(crate) fn of(rows: &Rows<'a>) -> Result<Self, Halt> {
        Ok(Self { identifiers: Identifiers::of(rows, "Klaviyo", Kind::named)?, rows: rows.len() })
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Their identifiers, for what Klaviyo says of them.
    pub(crate) fn identifiers(&self) -> &Identifiers<'a, Kind> {
        &self.identifiers
    }

    /// What a row goes by: every identifier that it has. Or why it cannot be sent.
    pub(crate) fn named(&self, row: usize) -> Result<Vec<(Kind, &'a str)>, Reason> {
        let legal = |(identifier, value): (&sluice_sdk::Identifier<'a, Kind>, &'a str)| match legal(identifier.kind, value) {
            Ok(()) => Ok((identifier.kind, value)),
            Err(what) => Err(Reason::bad(what).field(identifier.name())),
        };
        let named: Vec<_> = self.identifiers.values(row).map(legal).collect::<Result<_, _>>()?;
        if named.is_empty() { Err(self.identifiers.nobody()) } else { Ok(named) }
    }

    /// Rows that cannot be sent.
    pub(crate) fn refused(&self) -> Vec<(u32, Reason)> {
        (0..self.rows).filter_map(|row| Some((row as u32, self.named(row).err()?))).collect()
    }

    /// Rows that share an identifier with a row before them. Which of two that are in one job is written last is not defined
    /// (inferred), and jobs go one after the other: such a row comes again in a later one.
    pub(crate) fn again(&self) -> BTreeMap<u32, Outcome> {
        self.identifiers.again(self.rows, |row| self.named(row).is_ok(), folded)
    }

    /// Writes the members of a profile that name it, up to and into its `attributes`, which the caller ends. `id`: Klaviyo's own id,
    /// where it is known.
    pub(crate) fn begin(&self, body: &mut Writer, row: usize, id: Option<&str>) -> Result<(), Reason> {
        let named = self.named(row)?;
        body.member("type", PROFILE);
        if let Some(id) = id.or(named.iter().find(|(kind, _)| *kind == Kind::Id).map(|(_, value)| *value)) {
            body.member("id", id);
        }
        body.name("attributes");
        body.begin_object();
        for (kind, value) in named.into_iter().filter(|(kind, _)| *kind != Kind::Id) {
            body.member(kind.name(), value);
        }
        Ok(())
    }
}

/// What Klaviyo surely does not take.
fn legal(kind: Kind, value: &str) -> Result<(), &'static str> {
    match kind {
        Kind::Email if !form::is_email(value) => Err(form::NO_EMAIL),
        Kind::Phone if !form::is_e164(value) => Err(form::NO_E164),
        Kind::ExternalId if value.chars().count() > EXTERNAL_ID_CHARS_MAX => Err("an external_id has at most 255 characters"),
        Kind::Id if !value.bytes().all(|b| b.is_ascii_alphanumeric()) => Err("Klaviyo's ids are letters and digits"),
        Kind::Id | Kind::Email | Kind::Phone | Kind::ExternalId => Ok(()),
    }
}

#[cfg(test)]
mod tests;
