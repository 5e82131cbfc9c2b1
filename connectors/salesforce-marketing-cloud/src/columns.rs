//! The columns of a data extension: which mapped field is sent as which of them, and whether a value fits its type.
//!
//! Nothing is made here: an unknown column, a missing part of the primary key or a type that cannot fit is told before a row is sent.
//! "DataExtensionFieldType", "Data Extension API" (developer.salesforce.com, read 2026-11-27).

use sluice_sdk::contract::Field as Mapped;
use sluice_sdk::json::{Key, Writer};
use sluice_sdk::{Call, Cell, ColumnView, Halt, PhysicalType, Reason, Rows, Value, code, form, serde_json};

use crate::wire::{Field, Fields};

/// Identifiers of the manifest: the columns of the primary key, in their order.
const KEYS: [&str; 3] = ["key", "key_2", "key_3"];

/// A data extension, as its columns were when the run began.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Its id.
    pub(crate) id: String,
    fields: Vec<Field>,
}

/// A mapped column of a batch.
#[derive(Debug)]
pub(crate) struct Member<'c, 'a> {
    key: Key,
    view: ColumnView<'a>,
    field: &'c Field,
}

impl Columns {
    /// As `prepare` left them.
    pub(crate) fn kept(call: &Call<'_>) -> Result<Self, Halt> {
        let fields = serde_json::from_slice(call.state()).map_err(|_| Halt::contract("`prepare` left no columns"))?;
        Ok(Self::of(fields))
    }

    /// As Marketing Cloud tells them.
    pub(crate) fn of(Fields { id, mut fields }: Fields) -> Self {
        fields.sort_by_key(|field| field.ordinal);
        Self { id, fields }
    }

    /// Each of them, with its name and what it is, for people.
    pub(crate) fn described(&self) -> impl Iterator<Item = (&str, String)> {
        let key = |field: &Field| if field.is_primary_key { ", primary key" } else { "" };
        self.fields.iter().map(move |field| (field.name.as_str(), format!("{} ({}{})", field.name, field.ty, key(field))))
    }

    fn primary_key(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_primary_key)
    }

    /// Whether rows with these fields can be written; the first thing to mend where they cannot. `flag`: the column that says who is
    /// in, where leavers have nothing else.
    pub(crate) fn check(&self, mapped: &[Mapped], flag: Option<&str>) -> Result<(), Halt> {
        let keys = self.primary_key().count();
        if !(1..=KEYS.len()).contains(&keys) {
            return Err(Halt::config(&format!("the data extension has {keys} primary key columns: it needs one, two or three")));
        }
        let mut sent = Vec::new();
        for field in mapped {
            let column = self.column(field)?;
            if !is_key(field) && !takes(&column.ty, field.ty) {
                let message = format!("the column `{}` is a {}, and what is mapped to it is not", column.name, column.ty);
                return Err(to_mend(&column.name, &message));
            }
            sent.push(column.name.as_str());
        }
        if let Some((column, key)) = self.primary_key().zip(KEYS).find(|(column, _)| !sent.contains(&column.name.as_str())) {
            let message = format!("`{}` is part of the primary key: map it as the identifier `{key}`", column.name);
            return Err(to_mend(&column.name, &message));
        }
        let held = |field: &Field| match flag {
            Some(flag) => flag == field.name,
            None => sent.contains(&field.name.as_str()),
        };
        let not_null = |field: &&Field| field.is_nullable == Some(false) && !field.is_primary_key;
        match self.fields.iter().filter(not_null).find(|field| !held(field)) {
            None => Ok(()),
            Some(Field { name, .. }) if flag.is_some() => {
                let message = format!("`{name}` must not be null, and of who leaves only key and flag are sent: make it nullable");
                Err(to_mend(name, &message))
            }
            Some(Field { name, .. }) => Err(to_mend(name, &format!("`{name}` must not be null: map it, or make it nullable"))),
        }
    }

    /// The column that a mapped field is sent as.
    fn column(&self, mapped: &Mapped) -> Result<&Field, Halt> {
        let name = mapped.name.as_str();
        if is_key(mapped) {
            let name = mapped.attr("identifier").unwrap_or(name);
            let at = KEYS.iter().position(|key| *key == name);
            let column = at.and_then(|at| self.primary_key().nth(at));
            return column.ok_or_else(|| to_mend(name, &format!("the primary key has no column for the identifier `{name}`")));
        }
        match self.fields.iter().find(|field| field.name == name) {
            Some(field) if !field.is_primary_key => Ok(field),
            Some(_) => {
                Err(to_mend(name, &format!("`{name}` is part of the primary key: map it as an identifier, `key` if it is alone")))
            }
            None => {
                Err(to_mend(name, &format!("the data extension has no column `{name}`; its spelling counts, and none is made")))
            }
        }
    }

    /// The columns of a batch.
    pub(crate) fn members<'c, 'a>(&'c self, rows: &Rows<'a>) -> Result<Vec<Member<'c, 'a>>, Halt> {
        let member = |view: &ColumnView<'a>| {
            let field = self.column(view.field())?;
            Ok(Member { key: Key::new(&field.name), view: *view, field })
        };
        rows.columns().iter().map(member).collect()
    }
}

impl Member<'_, '_> {
    /// Writes the row's value, or says why it cannot be sent.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let refused = |code: &str, message: &str| Reason::new(code, message).field(&self.field.name);
        match self.view.cell(row) {
            Cell::Value(Value::Text("")) | Cell::Null | Cell::Absent if self.field.is_primary_key => {
                Err(refused(code::NO_IDENTIFIER, "the row has no value for the primary key"))
            }
            Cell::Null | Cell::Absent if self.field.is_nullable == Some(false) => {
                Err(refused(code::BAD_FORMAT, "the column must not be null"))
            }
            Cell::Absent => Ok(()),
            Cell::Null => {
                body.cell(&self.key, Cell::Null);
                Ok(())
            }
            Cell::Value(value) => {
                body.key(&self.key);
                fitting(body, self.field, value).map_err(|(code, message)| refused(code, message))
            }
        }
    }
}

fn is_key(mapped: &Mapped) -> bool {
    mapped.attr("role") == Some("identifier")
}

#[cold]
fn to_mend(name: &str, message: &str) -> Halt {
    Halt::Config(Reason::new(code::DEST_CONFIG, message).field(name))
}

/// Whether a column of this type can take such values at all. A text takes everything, as text.
fn takes(column: &str, ty: PhysicalType) -> bool {
    use PhysicalType::{Boolean, Date32, Decimal128, Float64, Int64, TimestampMicros, Utf8};
    match column {
        "Number" => ty == Int64,
        "Decimal" => matches!(ty, Int64 | Float64 | Decimal128),
        "Boolean" => ty == Boolean,
        "Date" => matches!(ty, Date32 | TimestampMicros),
        "EmailAddress" | "Phone" | "Locale" => ty == Utf8,
        _ => true,
    }
}

/// Writes a value as the column's type has it. Numbers of a primary key come as text, as every identifier does.
fn fitting(body: &mut Writer, field: &Field, value: Value<'_>) -> Result<(), (&'static str, &'static str)> {
    let bad = |message| Err((code::BAD_FORMAT, message));
    match (field.ty.as_str(), value) {
        // 32 bits (inferred).
        ("Number", Value::Int(number)) if i32::try_from(number).is_err() => bad("a Number has 32 bits: keep larger ones as Text"),
        ("Number", Value::Text(digits)) => match digits.parse::<i32>() {
            Ok(number) => {
                body.int(number.into());
                Ok(())
            }
            Err(_) => bad("a Number is a whole number of 32 bits"),
        },
        (_, Value::Float(number)) if !number.is_finite() => bad("the number is not finite"),
        ("Number" | "Decimal" | "Boolean" | "Date", value) => {
            body.value(value);
            Ok(())
        }
        ("EmailAddress", Value::Text(text)) if !form::is_email(text) => bad(form::NO_EMAIL),
        (_, Value::Text(text)) if is_longer(text, field.length) => Err((code::TOO_LONG, "the text is longer than the column")),
        (_, value) => {
            body.value_as_text(value);
            Ok(())
        }
    }
}

fn is_longer(text: &str, length: Option<usize>) -> bool {
    length.is_some_and(|max| max > 0 && text.len() > max && text.chars().count() > max)
}

#[cfg(test)]
mod tests;
