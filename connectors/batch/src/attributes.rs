//! Mapped columns as attributes: their names, and which values Batch takes under them. Batch would drop what it does not take and
//! accept the rest in silence, so a row is refused by name before it is sent.
//!
//! "Update profile" of doc.batch.com/developer/api/cep/profiles, "Set or update" of the Custom Data API, and the limits of Batch's own
//! Web SDK (BatchLabs/Batch-Web-SDK, `Sources/lib/shared/constants/user.ts`, May 2026), read 2026-11.

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::{Cell, ColumnView, Halt, PhysicalType, Reason, Value, code, form, text};

mod lists;
mod nested;

use self::lists::List;

/// Where attributes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a profile. Null erases.
    Profile,
    /// In an event. There is no null: it is left out.
    Event,
    /// On a user of an app. Null erases.
    App,
}

/// The attributes of a batch.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    members: Vec<Member<'a>>,
    erases: bool,
}

#[derive(Debug)]
struct Member<'a> {
    key: Key,
    column: ColumnView<'a>,
    rule: Rule,
}

/// What a value must be, beyond its type.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// A text of 1 to so many characters; other types as they are.
    Chars(usize),
    /// A text of this form.
    Form(fn(&str) -> bool, &'static str),
    /// JSON: a list of texts, or changes of one.
    List(List),
    /// JSON: anything that an event may hold.
    Nested,
}

/// Names that Batch keeps for itself, and what they hold.
const NATIVE: &[(Place, &str, Rule)] = &[
    (Place::Profile, "$email_address", Rule::Chars(128)),
    (Place::Profile, "$email_marketing", SUBSCRIPTION),
    (Place::Profile, "$phone_number", Rule::Form(form::is_e164, form::NO_E164)),
    (Place::Profile, "$sms_marketing", SUBSCRIPTION),
    (
        Place::Profile,
        "$language",
        Rule::Form(|t| t.len() == 2 && is_lower(t), "a language is two letters in lower case (ISO 639-1)"),
    ),
    (Place::Profile, "$region", Rule::Form(|t| t.len() == 2 && is_upper(t), "a region is two letters in upper case (ISO 3166)")),
    (Place::Profile, "$timezone", Rule::Chars(300)),
    (Place::Profile, "$topic_preferences", Rule::List(List { items_max: 25, chars_max: 300, topics: true })),
    (Place::Event, "$label", Rule::Chars(200)),
    (Place::Event, "$tags", Rule::List(List { items_max: 10, chars_max: 64, topics: false })),
];

const SUBSCRIPTION: Rule =
    Rule::Form(|t| matches!(t, "subscribed" | "unsubscribed"), "a subscription is `subscribed` or `unsubscribed`");
/// Characters of a URL.
const URL_CHARS_MAX: usize = 2_048;
/// Characters of an attribute's or an event's name.
const NAME_CHARS_MAX: usize = 30;

impl Place {
    /// Characters of a text.
    fn chars_max(self) -> usize {
        match self {
            Self::Profile | Self::Event => 300,
            Self::App => 64,
        }
    }

    /// Names of the customer's own, all and lists alone. No page says it of apps; arrays of events are counted by Batch.
    fn names_max(self) -> (usize, usize) {
        match self {
            Self::Profile => (50, 15),
            Self::Event => (20, usize::MAX),
            Self::App => (usize::MAX, usize::MAX),
        }
    }

    fn json(self) -> Rule {
        match self {
            Self::Profile => Rule::List(List { items_max: 25, chars_max: 300, topics: false }),
            Self::Event => Rule::Nested,
            Self::App => Rule::List(List { items_max: 50, chars_max: 64, topics: false }),
        }
    }

    /// The name as Batch wants it: it has no types for dates and addresses, so they stand around the name.
    fn key(self, name: &str, ty: PhysicalType, is_url: bool) -> String {
        let name = match (self, ty) {
            (Self::App, PhysicalType::Json) => format!("ut.{name}"),
            (Self::App, _) => format!("u.{name}"),
            (Self::Profile | Self::Event, _) => name.to_owned(),
        };
        match ty {
            PhysicalType::Date32 | PhysicalType::TimestampMicros => format!("date({name})"),
            _ if is_url => format!("url({name})"),
            _ => name,
        }
    }
}

impl<'a> Attributes<'a> {
    /// These columns as attributes, `urls` of them as addresses; a halt where Batch has no such names, or not so many.
    pub(crate) fn of(place: Place, columns: impl Iterator<Item = ColumnView<'a>>, urls: &[String]) -> Result<Self, Halt> {
        let member = |column: ColumnView<'a>| {
            let (name, ty) = (column.name(), column.field().ty);
            if let Some((.., rule)) = NATIVE.iter().find(|(of, native, _)| *of == place && *native == name) {
                return Ok(Member { key: Key::new(name), column, rule: *rule });
            }
            if !is_name(name) {
                let message = format!("`{name}` is no attribute of Batch's: a name has 1 to 30 letters `a` to `z`, digits and `_`");
                return Err(Halt::config(&message));
            }
            let is_url = ty == PhysicalType::Utf8 && urls.iter().any(|url| url == name);
            let rule = match ty {
                PhysicalType::Json => place.json(),
                _ => Rule::Chars(if is_url { URL_CHARS_MAX } else { place.chars_max() }),
            };
            Ok(Member { key: Key::new(&place.key(name, ty, is_url)), column, rule })
        };
        let members: Vec<Member<'a>> = columns.map(member).collect::<Result<_, Halt>>()?;
        let own = || members.iter().filter(|member| !member.column.name().starts_with('$'));
        let lists = own().filter(|member| member.column.field().ty == PhysicalType::Json).count();
        let (names_max, lists_max) = place.names_max();
        if own().count() > names_max || lists > lists_max {
            return Err(Halt::config(
                "more attributes are mapped than Batch takes: 50 of a profile, 15 of them lists; 20 of an event",
            ));
        }
        Ok(Self { members, erases: place != Place::Event })
    }

    /// No columns at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether Batch takes the attributes of a row, or which of them it would not take.
    pub(crate) fn check(&self, row: usize) -> Result<(), Reason> {
        self.members.iter().try_for_each(|Member { column, rule, .. }| match column.cell(row) {
            Cell::Value(value) => rule.check(value).map_err(|reason| reason.field(column.name())),
            Cell::Absent | Cell::Null => Ok(()),
        })
    }

    /// Whether a row changes a list, which depends on what the list is before: such a row does not merge with others.
    pub(crate) fn changes_lists(&self, row: usize) -> bool {
        let is_change = |value| matches!(value, Value::Json(text) if text.trim_start().starts_with('{'));
        let lists = self.members.iter().filter(|member| matches!(member.rule, Rule::List(_)));
        lists.filter_map(|member| member.column.cell(row).value()).any(is_change)
    }

    /// Writes the members of rows that stand for one: of each attribute what the last row has that mentions it.
    pub(crate) fn write(&self, body: &mut Writer, rows: &[u32]) {
        for Member { key, column, .. } in &self.members {
            let last = rows.iter().rev().map(|row| column.cell(*row as usize)).find(|cell| *cell != Cell::Absent);
            match last {
                None => {}
                Some(Cell::Null) if !self.erases => {}
                Some(Cell::Value(Value::Date(days))) => {
                    body.key(key);
                    body.quoted(|out| {
                        text::date(out, days);
                        out.extend_from_slice(b"T00:00:00Z");
                    });
                }
                Some(cell) => body.cell(key, cell),
            }
        }
    }
}

impl Rule {
    fn check(self, value: Value<'_>) -> Result<(), Reason> {
        match (self, value) {
            (_, Value::Float(number)) if !number.is_finite() => Err(Reason::bad("the number is not finite")),
            (_, Value::Bytes(_)) => Err(Reason::bad("Batch has no attributes of bytes")),
            (Self::Chars(chars_max), Value::Text(text)) => length(text, chars_max),
            (Self::Form(fits, what), Value::Text(text)) if !fits(text) => Err(Reason::bad(what)),
            (Self::List(list), Value::Json(text)) => list.check(text),
            (Self::Nested, Value::Json(text)) => nested::check(text),
            _ => Ok(()),
        }
    }
}

/// Whether a text has 1 to `chars_max` characters: "cannot be empty".
fn length(text: &str, chars_max: usize) -> Result<(), Reason> {
    if text.is_empty() {
        return Err(Reason::bad("Batch takes no empty text: send a null to erase the attribute"));
    }
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(Reason::new(code::TOO_LONG, &format!("the text has more than {chars_max} characters")));
    }
    Ok(())
}

/// Whether this can be the name of an attribute or an event.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len()) && is_word(name)
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_upper(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;
