//! Who an object is about: the one mapped identifier, written as Braze wants it. A row without one is not sent.
//!
//! Members who leave are named in the form that Braze last took. After the mapping's identifier was changed, some of them are still
//! there under the old one, so batches of leavers may have several identifier columns, of which each row has a value in one.
//!
//! "User attributes object" and "User alias object" of braze.com/docs/api/objects_filters, read 2026-11.

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::{ColumnView, Halt, Reason, Rows, code};

/// The identifier columns of a batch, at least one.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    columns: Vec<Named<'a>>,
}

#[derive(Debug)]
struct Named<'a> {
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
        let identity = Self::of_members(rows, alias_label)?;
        if identity.columns.len() > 1 {
            return Err(Halt::config("exactly one identifier must be mapped"));
        }
        Ok(identity)
    }

    /// The identifiers of a batch of members, of which some may go by an identifier that was mapped before.
    pub(crate) fn of_members(rows: &Rows<'a>, alias_label: Option<&str>) -> Result<Self, Halt> {
        let columns: Vec<_> = rows.with_role("identifier").map(|c| Named::of(c, alias_label)).collect::<Result<_, _>>()?;
        if columns.is_empty() {
            return Err(Halt::config("an identifier must be mapped"));
        }
        Ok(Self { columns })
    }

    /// Which identifiers there are, as often as they are there.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.columns.iter().map(|named| named.kind)
    }

    /// Which identifier a row has and its value, or why the row cannot be sent.
    pub(crate) fn value(&self, row: usize) -> Result<(Kind, &'a str), Reason> {
        self.named(row).map(|(named, text)| (named.kind, text))
    }

    /// Writes the members that name the user, or says why the row cannot be sent.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let (named, value) = self.named(row)?;
        match &named.form {
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

    fn named(&self, row: usize) -> Result<(&Named<'a>, &'a str), Reason> {
        let text = |named: &Named<'a>| named.column.text(row).filter(|text| !text.is_empty());
        let Some((named, text)) = self.columns.iter().find_map(|named| Some((named, text(named)?))) else {
            let reason = Reason::new(code::NO_IDENTIFIER, "the row has no value for the identifier");
            return Err(reason.field(self.columns[0].column.name()));
        };
        if named.kind == Kind::Phone && !is_e164(text) {
            let message = "a phone number is `+`, country code and number, at most 15 digits, without blanks";
            return Err(Reason::new(code::BAD_FORMAT, message).field(named.column.name()));
        }
        Ok((named, text))
    }
}

impl<'a> Named<'a> {
    fn of(column: &ColumnView<'a>, alias_label: Option<&str>) -> Result<Self, Halt> {
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
}

/// ITU-T E.164: a plus and up to 15 digits; shorter than 7 digits is no subscriber's number.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|d| (7..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()) && !d.starts_with('0'))
}

#[cfg(test)]
mod tests;
