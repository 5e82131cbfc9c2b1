//! Which record a row is about: a contact's address, a value of a property with unique values, or HubSpot's own id.

use std::collections::BTreeMap;

use sluice_sdk::{Form, Halt, Identifiers, Known, Outcome, Reason, Rows};

/// Which identifier it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The address of a contact.
    Email,
    /// A value of the property of the option `unique_property`.
    Unique,
    /// HubSpot's id.
    Id,
}

/// Whether HubSpot tells cases apart in values of properties is not said; ids have none.
const KNOWN: &[Known<Kind>] = &[
    Known::new("email", Kind::Email).form(Form::EMAIL).any_case(),
    Known::new("unique_value", Kind::Unique).any_case(),
    Known::new("hs_object_id", Kind::Id).form(Form { is: is_id, what: "an id of HubSpot's is digits" }),
];

/// The records of a batch.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    identifiers: Identifiers<'a, Kind>,
    unique: Option<&'a str>,
}

impl<'a> Records<'a> {
    /// Records by what is mapped; a halt where `unique_value` is, and nobody says of which property.
    pub(crate) fn of(rows: &Rows<'a>, unique: Option<&'a str>) -> Result<Self, Halt> {
        let identifiers = Identifiers::of(rows, "HubSpot", KNOWN)?;
        if unique.is_none() && identifiers.kinds().any(|kind| kind == Kind::Unique) {
            let message = "`unique_value` is mapped: the option `unique_property` has to name the property that it is of";
            return Err(Halt::setting("unique_property", message));
        }
        Ok(Self { identifiers, unique })
    }

    /// The only identifier that is mapped; a halt where there are several.
    pub(crate) fn only(&self) -> Result<Kind, Halt> {
        let mut kinds = self.identifiers.kinds();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Ok(kind),
            _ => Err(Halt::config("exactly one identifier must be mapped")),
        }
    }

    /// The property that an identifier is a value of; none for HubSpot's own id.
    pub(crate) fn property(&self, kind: Kind) -> Option<&'a str> {
        match kind {
            Kind::Email => Some("email"),
            Kind::Unique => self.unique,
            Kind::Id => None,
        }
    }

    /// What a row goes by, or why it cannot be sent.
    pub(crate) fn named(&self, row: usize) -> Result<(Kind, &'a str), Reason> {
        self.identifiers.first(row).map(|(identifier, value)| (identifier.kind, value))
    }

    /// Rows of a record that a row before them is, or may be, about: "two inputs with the same key in one batch: rejected or last wins"
    /// (inferred), so they come again in another.
    pub(crate) fn again(&self, rows: usize) -> BTreeMap<u32, Outcome> {
        self.identifiers.again(rows)
    }
}

/// Whether a text can be an id of HubSpot's.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A value of a property, or an id, as HubSpot keeps it: addresses in lower case. Whether it tells cases apart in values of other
/// properties is not said; a value of another case is then taken for another one, never for that record.
pub(crate) fn folded(property: Option<&str>, value: &str) -> String {
    if property == Some("email") { value.trim().to_lowercase() } else { value.to_owned() }
}

#[cfg(test)]
mod tests;
