//! Mapped columns as members of an object: the three states of a cell, and the values that no platform can be sent.

use crate::code;
use crate::contract::{PhysicalType, Reason};
use crate::json::{Key, Writer};
use crate::places::Places;
use crate::receipt::Receipts;
use crate::rows::{Cell, ColumnView, Value};

mod named;

/// Columns to be written into each object, with their keys made once per batch.
#[derive(Debug)]
pub struct Cells<'a> {
    members: Vec<Member<'a>>,
    also: fn(Value<'_>) -> Result<(), Reason>,
}

#[derive(Debug)]
struct Member<'a> {
    key: Key,
    column: ColumnView<'a>,
    /// Values of this type must be looked at before they are written.
    checked: bool,
}

/// What a cleared cell becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    /// `null`: the platform empties the field.
    Written,
    /// The empty text, which is how some platforms empty a field.
    Empty,
    /// Nothing: there is nothing to clear.
    LeftOut,
}

impl Null {
    /// Writes the member of a cleared cell, or none.
    #[inline]
    fn write(self, body: &mut Writer, key: &Key) {
        match self {
            Self::LeftOut => {}
            Self::Empty => {
                body.key(key);
                body.plain("");
            }
            Self::Written => {
                body.key(key);
                body.null();
            }
        }
    }
}

impl<'a> Cells<'a> {
    /// The columns in the order given.
    pub fn new(columns: impl IntoIterator<Item = ColumnView<'a>>) -> Self {
        let member = |column: ColumnView<'a>| Member {
            key: Key::new(column.name()),
            column,
            checked: matches!(column.field().ty, PhysicalType::Float64 | PhysicalType::Json),
        };
        Self { members: columns.into_iter().map(member).collect(), also: |_| Ok(()) }
    }

    /// With a rule of the platform's own for numbers that are not whole and for JSON.
    #[must_use]
    pub fn checked_by(mut self, also: fn(Value<'_>) -> Result<(), Reason>) -> Self {
        self.also = also;
        self
    }

    /// No columns at all.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A rough size of one object's members, for the buffer.
    pub fn bytes_guess(&self) -> usize {
        self.members.iter().map(|m| m.column.name().len() + 24).sum()
    }

    /// Writes the members of a row, or says which field cannot be sent (`bad-format`, or what the platform's own rule says).
    #[inline]
    pub fn write(&self, body: &mut Writer, row: usize, null: Null) -> Result<(), Reason> {
        for Member { key, column, checked } in &self.members {
            match column.cell(row) {
                Cell::Absent => {}
                Cell::Null => null.write(body, key),
                Cell::Value(value) => {
                    if *checked {
                        check(value).and_then(|()| (self.also)(value)).map_err(|reason| reason.field(column.name()))?;
                    }
                    body.key(key);
                    body.value(value);
                }
            }
        }
        Ok(())
    }

    /// The same with the platform's own way to write a value, which may be to refuse it. What `value` writes is one JSON value; numbers that
    /// are not finite are refused before.
    #[inline]
    pub fn write_by(
        &self,
        body: &mut Writer,
        row: usize,
        null: Null,
        value: impl Fn(&mut Writer, Value<'_>) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        for Member { key, column, .. } in &self.members {
            let refused = |reason: Reason| reason.field(column.name());
            match column.cell(row) {
                Cell::Absent => {}
                Cell::Null => null.write(body, key),
                Cell::Value(Value::Float(number)) if !number.is_finite() => return Err(refused(infinite())),
                Cell::Value(what) => {
                    body.key(key);
                    value(body, what).map_err(refused)?;
                }
            }
        }
        Ok(())
    }
}

impl Cells<'_> {
    /// Notes at every sent row that had something in a field that the platform dropped (`dest-field-invalid`).
    pub fn dropped(&self, fields: &[String], places: &Places, mut receipts: Receipts, message: &str) -> Receipts {
        for column in self.members.iter().map(|m| m.column).filter(|column| fields.iter().any(|name| name == column.name())) {
            for row in places.rows().filter(|row| column.cell(*row as usize) != Cell::Absent) {
                receipts = receipts.note(row, Reason::new(code::DEST_FIELD_INVALID, message).field(column.name()));
            }
        }
        receipts
    }
}

#[cold]
fn bad(message: &str) -> Reason {
    Reason::new(code::BAD_FORMAT, message)
}

#[cold]
fn infinite() -> Reason {
    bad("the number is not finite")
}

fn check(value: Value<'_>) -> Result<(), Reason> {
    match value {
        // JSON has no text for it, and the `null` that would stand in its place may clear the field.
        Value::Float(v) if !v.is_finite() => Err(infinite()),
        // Written as it is, so it must be one JSON value, or it could add members of its own.
        Value::Json(text) if serde_json::from_slice::<serde::de::IgnoredAny>(text.as_bytes()).is_err() => {
            Err(bad("the value is not JSON"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Input, Rows, absent, null};

    /// Each row's object, or the refusal's code and field.
    fn objects(made: &Rows, null: Null, also: fn(Value<'_>) -> Result<(), Reason>) -> Vec<String> {
        let rows = made.view();
        let cells = Cells::new(rows.columns().iter().copied()).checked_by(also);
        let object = |row| {
            let mut body = Writer::default();
            body.begin_object();
            match cells.write(&mut body, row, null) {
                Ok(()) => body.end_object(),
                Err(reason) => return format!("{} {}", reason.code, reason.field.unwrap_or_default()),
            }
            String::from_utf8(body.into_bytes()).expect("JSON is UTF-8")
        };
        (0..rows.len()).map(object).collect()
    }

    fn plain(made: &Rows, null: Null) -> Vec<String> {
        objects(made, null, |_| Ok(()))
    }

    #[test]
    fn a_cell_has_three_states_or_two_where_nothing_is_cleared() {
        let made = Rows::new().column("plan", PhysicalType::Utf8, ["gold".into(), null(), absent()]).column(
            "vip",
            PhysicalType::Boolean,
            [false.into(), absent(), null()],
        );
        assert_eq!(plain(&made, Null::Written), [r#"{"plan":"gold","vip":false}"#, r#"{"plan":null}"#, r#"{"vip":null}"#]);
        assert_eq!(plain(&made, Null::LeftOut), [r#"{"plan":"gold","vip":false}"#, "{}", "{}"]);
    }

    #[test]
    fn a_number_that_json_cannot_say_is_refused_instead_of_clearing_the_field() {
        let made = Rows::new().column(
            "score",
            PhysicalType::Float64,
            [f64::NAN.into(), f64::INFINITY.into(), f64::NEG_INFINITY.into(), (-0.0).into(), f64::MAX.into()],
        );
        let told = plain(&made, Null::Written);
        assert_eq!(told[..3], ["bad-format score"; 3]);
        assert_eq!(told[3], r#"{"score":-0.0}"#);
        assert!(told[4].starts_with(r#"{"score":1.797"#), "{told:?}");
    }

    #[test]
    fn json_is_one_value() {
        for (text, good) in
            [(r#"{"a":[1]}"#, true), (r#"1,"external_id":"C-9""#, false), ("", false), ("nul", false), ("null", true)]
        {
            let made = Rows::new().column("tags", PhysicalType::Json, [Input::from(text)]);
            let want = if good { format!(r#"{{"tags":{text}}}"#) } else { "bad-format tags".to_owned() };
            assert_eq!(plain(&made, Null::Written), [want], "{text}");
        }
    }

    #[test]
    fn a_platform_has_its_own_way_to_write_a_value_and_to_empty_a_field() {
        let own = |body: &mut Writer, value: Value<'_>| match value {
            Value::Json("[]") => Err(Reason::bad("nothing in it")),
            value => {
                body.value_as_text(value);
                Ok(())
            }
        };
        let made = Rows::new().column("n", PhysicalType::Float64, [1.5.into(), f64::NAN.into(), 2.0.into(), null()]).column(
            "tags",
            PhysicalType::Json,
            ["[1".into(), "[1]".into(), "[]".into(), absent()],
        );
        let rows = made.view();
        let cells = Cells::new(rows.columns().iter().copied());
        let object = |row| {
            let mut body = Writer::default();
            body.item(|body| cells.write_by(body, row, Null::Empty, own)).map(|()| body.into_text()).map_err(|reason| reason.field)
        };
        let refused = |name: &str| Err(Some(name.to_owned()));
        let written = Ok(r#"{"n":"1.5","tags":"[1"}"#.to_owned());
        assert_eq!([0, 1, 2, 3].map(object), [written, refused("n"), refused("tags"), Ok(r#"{"n":""}"#.to_owned())]);
    }

    #[test]
    fn a_platforms_own_rule_is_asked_after_the_general_one() {
        let rule = |value: Value<'_>| match value {
            Value::Json("[]") => Err(Reason::new(code::TOO_LARGE, "no empty arrays")),
            _ => Ok(()),
        };
        let made = Rows::new().column("tags", PhysicalType::Json, ["[]".into(), "[1]".into(), "[".into()]);
        assert_eq!(objects(&made, Null::Written, rule), ["too-large tags", r#"{"tags":[1]}"#, "bad-format tags"]);
    }

    #[test]
    fn a_field_that_was_dropped_is_noted_where_a_row_had_it() {
        let made = Rows::new().column("plan", PhysicalType::Utf8, ["gold".into(), absent(), null(), "x".into()]);
        let view = made.view();
        let places = Places::new(4, vec![(3, Reason::new(code::BAD_FORMAT, ""))]);
        let fields = ["plan".to_owned(), "other".to_owned()];
        let told = Cells::new(view.columns().iter().copied()).dropped(&fields, &places, Receipts::accepted(), "dropped").written();
        let rows: Vec<_> = told.receipt.notes.iter().map(|(row, reason)| (*row, reason.field.as_deref())).collect();
        assert_eq!(rows, [(0, Some("plan")), (2, Some("plan"))]);
    }
}
