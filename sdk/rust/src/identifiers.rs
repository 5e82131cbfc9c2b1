//! Who a row is about: the identifier columns of a batch, each with what it means to the platform.
//!
//! A mapping has as many identifiers as the manifest allows. Members who leave are named in the form that the platform last took:
//! after the mapping's identifier was changed, some of them are still there under the old one, so batches of leavers may have several
//! identifier columns, of which each row has a value in one.

use crate::code;
use crate::contract::{Halt, Reason};
use crate::json::Key;
use crate::rows::{ColumnView, Rows};

pub(crate) mod again;
mod known;

pub use known::Known;

/// The identifier columns of a batch, at least one. `K` is the connector's own type for "which identifier".
#[derive(Debug)]
pub struct Identifiers<'a, K: 'static> {
    known: &'static [Known<K>],
    columns: Vec<Identifier<'a, K>>,
}

/// One of them.
#[derive(Debug)]
pub struct Identifier<'a, K: 'static> {
    /// Which identifier it is.
    pub kind: K,
    /// Its name in the manifest, as a key of an object.
    pub key: Key,
    known: &'static Known<K>,
    column: ColumnView<'a>,
}

impl<'a, K: Copy> Identifiers<'a, K> {
    /// The identifiers of a batch; a halt when there is none, or one that the table does not have.
    pub fn of(rows: &Rows<'a>, vendor: &str, known: &'static [Known<K>]) -> Result<Self, Halt> {
        let of = |column: &ColumnView<'a>| {
            let name = column.identifier().unwrap_or_default();
            let line = known.iter().find(|known| known.name == name);
            let known = line.ok_or_else(|| Halt::config(&format!("{vendor} knows no identifier `{name}`")))?;
            Ok(Identifier { kind: known.kind, key: Key::new(name), known, column: *column })
        };
        let columns: Vec<_> = rows.with_role("identifier").map(of).collect::<Result<_, Halt>>()?;
        if columns.is_empty() {
            return Err(Halt::config("an identifier must be mapped"));
        }
        Ok(Self { known, columns })
    }

    /// The same, where there is exactly one; a halt where there are more.
    pub fn single(self) -> Result<Self, Halt> {
        if self.columns.len() > 1 {
            return Err(Halt::config("exactly one identifier must be mapped"));
        }
        Ok(self)
    }

    /// Which identifiers there are, as often as they are there.
    pub fn kinds(&self) -> impl Iterator<Item = K> + '_ {
        self.columns.iter().map(|identifier| identifier.kind)
    }

    /// What a row has, in whatever form: identifiers with a value that is not empty, in the schema's order.
    #[inline]
    pub fn values(&self, row: usize) -> impl Iterator<Item = (&Identifier<'a, K>, &'a str)> + Clone {
        let text = move |identifier: &Identifier<'a, K>| identifier.column.text(row).filter(|text| !text.is_empty());
        self.columns.iter().filter_map(move |identifier| Some((identifier, text(identifier)?)))
    }

    /// The first of them; the row's refusal where it has none (`no-identifier`), or one that does not have its form (`bad-format`).
    #[inline]
    pub fn first(&self, row: usize) -> Result<(&Identifier<'a, K>, &'a str), Reason> {
        let (identifier, value) = self.values(row).next().ok_or_else(|| self.nobody())?;
        identifier.check(value)?;
        Ok((identifier, value))
    }

    /// All of them, at least one; else the refusal, as of [`Identifiers::first`].
    #[inline]
    pub fn all(&self, row: usize) -> Result<impl Iterator<Item = (&Identifier<'a, K>, &'a str)> + Clone, Reason> {
        let mut count = 0;
        for (identifier, value) in self.values(row) {
            identifier.check(value)?;
            count += 1;
        }
        if count == 0 { Err(self.nobody()) } else { Ok(self.values(row)) }
    }

    /// A value of an identifier as the platform compares it.
    pub fn folded(&self, kind: K, value: &str) -> String
    where
        K: PartialEq,
    {
        let known = self.known.iter().find(|known| known.kind == kind);
        known.map_or_else(|| value.to_owned(), |known| known.folded(value))
    }

    /// The refusal of a row that has no value for any identifier.
    #[cold]
    pub fn nobody(&self) -> Reason {
        Reason::new(code::NO_IDENTIFIER, "the row has no value for the identifier").field(self.columns[0].column.name())
    }
}

impl<K: Copy> Identifier<'_, K> {
    /// Nothing of a value in the identifier's form; else the refusal of its row (`bad-format`).
    #[inline]
    pub fn check(&self, value: &str) -> Result<(), Reason> {
        self.known.check(value).map_err(|reason| reason.field(self.column.name()))
    }

    /// A value as the platform compares it.
    pub fn folded(&self, value: &str) -> String {
        self.known.folded(value)
    }
}

impl<'a, K> Identifier<'a, K> {
    /// The column's name, for reasons.
    pub fn name(&self) -> &'a str {
        self.column.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::PhysicalType;
    use crate::form::Form;
    use crate::testing::{self, absent, null};

    const KNOWN: &[Known<char>] = &[Known::new("email", 'e').form(Form::EMAIL), Known::new("id", 'i')];

    fn two() -> testing::Rows {
        testing::Rows::new()
            .column("id", PhysicalType::Utf8, ["C-1".into(), absent(), null(), "".into(), "C-5".into()])
            .attr("role", "identifier")
            .column(
                "mail",
                PhysicalType::Utf8,
                [absent(), "b@x.example".into(), null(), "d@x.example".into(), "e@x.example".into()],
            )
            .attr("role", "identifier")
            .attr("identifier", "email")
            .column("plan", PhysicalType::Utf8, ["a".into(), "a".into(), "a".into(), "a".into(), "a".into()])
    }

    #[test]
    fn a_row_goes_by_what_it_has() {
        let made = two();
        let rows = made.view();
        let identifiers = Identifiers::of(&rows, "Acme", KNOWN).expect("two");
        assert_eq!(identifiers.kinds().collect::<String>(), "ie");
        let first: Vec<_> =
            (0..rows.len()).map(|row| identifiers.first(row).map(|(i, text)| (i.kind, text)).map_err(|r| r.code)).collect();
        let nobody = Err(code::NO_IDENTIFIER.to_owned());
        assert_eq!(first, [Ok(('i', "C-1")), Ok(('e', "b@x.example")), nobody, Ok(('e', "d@x.example")), Ok(('i', "C-5"))]);
        assert_eq!(
            identifiers.values(4).map(|(i, text)| (i.name(), text)).collect::<Vec<_>>(),
            [("id", "C-5"), ("mail", "e@x.example")]
        );
    }

    #[test]
    fn a_value_that_does_not_have_its_form_refuses_the_row() {
        let made = testing::Rows::new()
            .column("mail", PhysicalType::Utf8, ["a@x.example".into(), "a@x.example".into(), "a".into(), null()])
            .attr("role", "identifier")
            .attr("identifier", "email")
            .column("id", PhysicalType::Utf8, ["1".into(), null(), "3".into(), null()])
            .attr("role", "identifier");
        let rows = made.view();
        let identifiers = Identifiers::of(&rows, "Acme", KNOWN).expect("two");
        let all = |row| identifiers.all(row).map(Iterator::count).map_err(|reason| (reason.code, reason.field));
        let refused = |code: &str| Err((code.to_owned(), Some("mail".to_owned())));
        assert_eq!([0, 1, 2, 3].map(all), [Ok(2), Ok(1), refused(code::BAD_FORMAT), refused(code::NO_IDENTIFIER)]);
        assert_eq!(identifiers.first(2).map(|_| ()).map_err(|reason| reason.message), Err(Form::EMAIL.what.to_owned()));
        assert_eq!(identifiers.values(2).count(), 2, "whatever their form");
    }

    #[test]
    fn what_is_not_an_identifier_of_the_platform_is_the_operators_to_mend() {
        let made = two();
        let refused =
            |halt: Result<Identifiers<'_, char>, Halt>| matches!(halt, Err(Halt::Config(r)) if r.code == code::DEST_CONFIG);
        assert!(refused(Identifiers::of(&made.view(), "Acme", KNOWN).and_then(Identifiers::single)), "two where one is asked for");
        assert!(refused(Identifiers::of(&made.view(), "Acme", &KNOWN[1..])), "a stranger");
        let none = testing::Rows::new().column("plan", PhysicalType::Utf8, ["gold".into()]);
        assert!(refused(Identifiers::of(&none.view(), "Acme", KNOWN)), "nobody");
        let one = testing::Rows::new().column("id", PhysicalType::Utf8, ["C-1".into()]).attr("role", "identifier");
        assert!(Identifiers::of(&one.view(), "Acme", KNOWN).and_then(Identifiers::single).is_ok());
    }
}
