//! Who an object is about: the one mapped identifier, written as Braze wants it. A row without one is not sent.
//!
//! "User attributes object" and "User alias object" of braze.com/docs/api/objects_filters, read 2026-11.

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::{ColumnView, Halt, Reason, Rows, code};

/// The identifier column of a batch.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    column: ColumnView<'a>,
    kind: Kind,
    form: Form,
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

#[derive(Debug)]
enum Form {
    Plain(Key),
    Alias { label: String },
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "external_id" => Self::ExternalId,
            "braze_id" => Self::BrazeId,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "user_alias_name" => Self::AliasName,
            _ => return None,
        })
    }
}

impl<'a> Identity<'a> {
    /// The identifier of a batch; a halt when it is not exactly one that we know, or an alias without its label.
    pub(crate) fn of(rows: &Rows<'a>, alias_label: Option<&str>) -> Result<Self, Halt> {
        let mut columns = rows.with_role("identifier");
        let (Some(column), None) = (columns.next(), columns.next()) else {
            return Err(Halt::config("exactly one identifier must be mapped"));
        };
        let name = column.identifier().unwrap_or_default();
        let Some(kind) = Kind::of(name) else {
            return Err(Halt::config(&format!("Braze knows no identifier `{name}`")));
        };
        let form = match (kind, alias_label) {
            (Kind::AliasName, Some(label)) if !label.is_empty() => Form::Alias { label: label.into() },
            (Kind::AliasName, _) => return Err(Halt::config("an alias needs its label: set the option `user_alias_label`")),
            _ => Form::Plain(Key::new(name)),
        };
        Ok(Self { column: *column, kind, form })
    }

    /// Which identifier it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The value of a row, or why the row cannot be sent.
    pub(crate) fn value(&self, row: usize) -> Result<&'a str, Reason> {
        let Some(text) = self.column.text(row).filter(|t| !t.is_empty()) else {
            return Err(Reason::new(code::NO_IDENTIFIER, "the row has no value for the identifier").field(self.column.name()));
        };
        if self.kind == Kind::Phone && !is_e164(text) {
            let message = "a phone number is `+`, country code and number, at most 15 digits, without blanks";
            return Err(Reason::new(code::BAD_FORMAT, message).field(self.column.name()));
        }
        Ok(text)
    }

    /// Writes the members that name the user, or says why the row cannot be sent.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let value = self.value(row)?;
        match &self.form {
            Form::Plain(key) => {
                body.key(key);
                body.string(value);
            }
            Form::Alias { label } => {
                body.name("user_alias");
                body.begin_object();
                body.name("alias_name");
                body.string(value);
                body.name("alias_label");
                body.string(label);
                body.end_object();
            }
        }
        Ok(())
    }
}

/// ITU-T E.164: a plus and up to 15 digits; shorter than 7 digits is no subscriber's number.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|d| (7..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()) && !d.starts_with('0'))
}

#[cfg(test)]
mod tests;
