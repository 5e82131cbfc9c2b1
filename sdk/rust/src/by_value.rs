//! Rows that a platform's success names by the value of an identifier instead of a position.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::Outcome;
use crate::identifiers::Identifiers;
use crate::places::Places;
use crate::receipt::Receipts;

mod over;

/// What is said about rows by the values of their identifiers. `K`: which identifier, as in [`Identifiers`].
#[derive(Debug)]
pub struct ByValue<'s, 'a, K: 'static> {
    identifiers: &'s Identifiers<'a, K>,
    places: &'s Places,
    /// Made when the first row is spoken of: mostly none is.
    rows: Option<BTreeMap<(K, String), Vec<u32>>>,
    said: BTreeMap<u32, Outcome>,
    nobody: BTreeSet<(K, String)>,
}

impl<'s, 'a, K: Copy + Ord> ByValue<'s, 'a, K> {
    /// About the rows that were sent. Values are compared as the table of identifiers says.
    pub fn new(identifiers: &'s Identifiers<'a, K>, places: &'s Places) -> Self {
        Self { identifiers, places, rows: None, said: BTreeMap::new(), nobody: BTreeSet::new() }
    }

    /// Says this of every row with the value; of a row that was spoken of before, the first word counts.
    pub fn say(&mut self, kind: K, value: &str, outcome: &Outcome) {
        let Self { identifiers, places, rows, said, nobody } = self;
        let key = (kind, identifiers.folded(kind, value));
        match rows.get_or_insert_with(|| index(identifiers, places)).get(&key) {
            Some(rows) => rows.iter().for_each(|row| {
                said.entry(*row).or_insert_with(|| outcome.clone());
            }),
            None => {
                nobody.insert(key);
            }
        }
    }

    /// The others are accepted. `failed`: rows that the platform counts as not taken; where it names fewer, or somebody who was not
    /// sent, the rest are unnamed.
    pub fn receipts(self, failed: u64) -> Receipts {
        let left = self.places.sent().saturating_sub(self.said.len());
        let missing = usize::try_from(failed).unwrap_or(usize::MAX).saturating_sub(self.said.len());
        let mut receipts = Receipts::accepted().unnamed(missing.max(self.nobody.len()).min(left) as u32);
        for (row, outcome) in self.said {
            receipts.set(row, outcome);
        }
        receipts
    }
}

fn index<K: Copy + Ord>(identifiers: &Identifiers<'_, K>, places: &Places) -> BTreeMap<(K, String), Vec<u32>> {
    let mut rows: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for row in places.rows() {
        for (identifier, value) in identifiers.values(row as usize) {
            rows.entry((identifier.kind, identifier.folded(value))).or_default().push(row);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::{PhysicalType, Reason};
    use crate::identifiers::Known;
    use crate::testing::Rows;

    #[test]
    fn every_row_of_a_value_is_told_once_and_strangers_leave_rows_unnamed() {
        let made = Rows::new()
            .column("id", PhysicalType::Utf8, ["a".into(), "b".into(), "B".into(), "a".into()])
            .attr("role", "identifier");
        const KNOWN: &[Known<()>] = &[Known::new("id", ()).any_case()];
        let identifiers = Identifiers::of(&made.view(), "Acme", KNOWN).expect("one");
        let no = |code: &str| Outcome::Rejected(Reason::new(code, ""));
        // The last row was left out, so `a` is the first alone.
        let places = Places::new(4, vec![(3, Reason::new(code::BAD_FORMAT, ""))]);
        let told = |said: &[(&str, &str)], failed| {
            let mut by = ByValue::new(&identifiers, &places);
            said.iter().for_each(|(value, code)| by.say((), value, &no(code)));
            let written = by.receipts(failed).written().receipt;
            (written.except, written.unnamed)
        };
        let (refused, gone) = (code::ROW_REFUSED, code::NOT_FOUND_IN_DESTINATION);
        assert_eq!(told(&[], 0), (vec![], 0));
        assert_eq!(told(&[("b", refused), ("b", gone)], 2), (vec![(1, no(refused)), (2, no(refused))], 0));
        assert_eq!(told(&[("a", gone)], 1), (vec![(0, no(gone))], 0));
        assert_eq!(told(&[("z", gone), ("Z", gone)], 1), (vec![], 1), "one stranger, said twice");
        assert_eq!(told(&[("a", gone)], 3), (vec![(0, no(gone))], 2), "two more than it names");
        assert_eq!(told(&[("a", gone)], u64::MAX), (vec![(0, no(gone))], 2), "never more than there are");
    }
}
