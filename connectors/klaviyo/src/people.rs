//! Who a row is about: Klaviyo's own id, an e-mail address, a phone number, an id of the customer, or several of them, in clear.
//!
//! "Bulk Import Profiles" of Klaviyo's description (klaviyo/openapi at f0a30ba of 2026-07-23, read 2026-11).

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::{Form, Halt, Identifier, Identifiers, Known, Outcome, Reason, Rows, form};

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

/// What a profile goes by; the names are the same in the manifest and at Klaviyo.
pub(crate) const KNOWN: [Known<Kind>; 4] = [
    Known::new("id", Kind::Id).form(Form { is: form::is_alphanumeric, what: "Klaviyo's ids are letters and digits" }),
    Known::new("email", Kind::Email).form(Form::EMAIL).any_case(),
    Known::new("phone_number", Kind::Phone).form(Form::E164),
    Known::new("external_id", Kind::ExternalId)
        .form(Form { is: is_external_id, what: "an external_id has at most 255 characters" }),
];

fn is_external_id(text: &str) -> bool {
    text.len() <= EXTERNAL_ID_CHARS_MAX || text.chars().count() <= EXTERNAL_ID_CHARS_MAX
}

impl Kind {
    /// What a profile has of it.
    pub(crate) fn of(self, profile: &Resource) -> Option<&str> {
        match self {
            Self::Id => Some(&profile.id),
            Self::Email | Self::Phone | Self::ExternalId => profile.text(self.name()),
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        KNOWN.iter().find(|known| known.kind == self).map_or("", |known| known.name)
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
        Ok(Self { identifiers: Identifiers::of(rows, "Klaviyo", &KNOWN)?, rows: rows.len() })
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
    pub(crate) fn named(&self, row: usize) -> Result<impl Iterator<Item = (&Identifier<'a, Kind>, &'a str)> + Clone, Reason> {
        self.identifiers.all(row)
    }

    /// Rows that cannot be sent.
    pub(crate) fn refused(&self) -> Vec<(u32, Reason)> {
        (0..self.rows).filter_map(|row| Some((row as u32, self.named(row).err()?))).collect()
    }

    /// Rows that share an identifier with a row before them. Which of two that are in one job is written last is not defined
    /// (inferred), and jobs go one after the other: such a row comes again in a later one.
    pub(crate) fn again(&self) -> BTreeMap<u32, Outcome> {
        self.identifiers.again(self.rows)
    }

    /// Writes the members of a profile that name it, up to and into its `attributes`, which the caller ends. `id`: Klaviyo's own id,
    /// where it is known.
    pub(crate) fn begin(&self, body: &mut Writer, row: usize, id: Option<&str>) -> Result<(), Reason> {
        let named = self.named(row)?;
        body.member("type", PROFILE);
        let is_ids = |(identifier, _): &(&Identifier<'_, Kind>, _)| identifier.kind == Kind::Id;
        if let Some(id) = id.or_else(|| named.clone().find(is_ids).map(|(_, value)| value)) {
            body.member("id", id);
        }
        body.name("attributes");
        body.begin_object();
        for (identifier, value) in named.filter(|named| !is_ids(named)) {
            body.key(&identifier.key);
            body.string(value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
