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

/// The identifier columns of a batch, at least one. `K` is the connector's own type for "which identifier".
#[derive(Debug)]
pub struct Identifiers<'a, K> {
    columns: Vec<Identifier<'a, K>>,
}

/// One of them.
#[derive(Debug)]
pub struct Identifier<'a, K> {
    /// Which identifier it is.
    pub kind: K,
    /// Its name in the manifest, as a key of an object.
    pub key: Key,
    column: ColumnView<'a>,
}

impl<'a, K: Copy> Identifiers<'a, K> {
    /// The identifiers of a batch; a halt when there is none, or one that `kind` does not know by its name in the manifest.
    pub fn of(rows: &Rows<'a>, vendor: &str, kind: impl Fn(&str) -> Option<K>) -> Result<Self, Halt> {
        let known = |column: &ColumnView<'a>| {
            let name = column.identifier().unwrap_or_default();
            let kind = kind(name).ok_or_else(|| Halt::config(&format!("{vendor} knows no identifier `{name}`")))?;
            Ok(Identifier { kind, key: Key::new(name), column: *column })
        };
        let columns: Vec<_> = rows.with_role("identifier").map(known).collect::<Result<_, Halt>>()?;
        if columns.is_empty() {
            return Err(Halt::config("an identifier must be mapped"));
        }
        Ok(Self { columns })
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

    /// What a row has: identifiers with a value that is not empty, in the schema's order.
    #[inline]
    pub fn values(&self, row: usize) -> impl Iterator<Item = (&Identifier<'a, K>, &'a str)> {
        let text = move |identifier: &Identifier<'a, K>| identifier.column.text(row).filter(|text| !text.is_empty());
        self.columns.iter().filter_map(move |identifier| Some((identifier, text(identifier)?)))
    }

    /// The first of them; the row's refusal (`no-identifier`) where it has none.
    #[inline]
    pub fn first(&self, row: usize) -> Result<(&Identifier<'a, K>, &'a str), Reason> {
        self.values(row).next().ok_or_else(|| self.nobody())
    }

    /// The refusal of a row that has no value for any identifier.
    #[cold]
    pub fn nobody(&self) -> Reason {
        Reason::new(code::NO_IDENTIFIER, "the row has no value for the identifier").field(self.columns[0].column.name())
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
    use crate::testing::{self, absent, null};

    fn kind(name: &str) -> Option<char> {
        ["email", "id"].contains(&name).then(|| name.chars().next().expect("not empty"))
    }

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
        let identifiers = Identifiers::of(&rows, "Acme", kind).expect("two");
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
    fn what_is_not_an_identifier_of_the_platform_is_the_operators_to_mend() {
        let made = two();
        let refused =
            |halt: Result<Identifiers<'_, char>, Halt>| matches!(halt, Err(Halt::Config(r)) if r.code == code::DEST_CONFIG);
        assert!(refused(Identifiers::of(&made.view(), "Acme", kind).and_then(Identifiers::single)), "two where one is asked for");
        assert!(refused(Identifiers::of(&made.view(), "Acme", |name| kind(name).filter(|kind| *kind == 'i'))), "a stranger");
        let none = testing::Rows::new().column("plan", PhysicalType::Utf8, ["gold".into()]);
        assert!(refused(Identifiers::of(&none.view(), "Acme", kind)), "nobody");
        let one = testing::Rows::new().column("id", PhysicalType::Utf8, ["C-1".into()]).attr("role", "identifier");
        assert!(Identifiers::of(&one.view(), "Acme", kind).and_then(Identifiers::single).is_ok());
    }
}
