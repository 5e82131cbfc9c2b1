//! Rows that a platform names by their position in the array that was sent, instead of by an identifier ([`crate::ByValue`]).

use std::collections::BTreeMap;

use crate::contract::Outcome;
use crate::places::Places;
use crate::receipt::Receipts;

/// What is said about rows by their positions.
#[derive(Debug)]
pub struct ByPlace<'s> {
    places: &'s Places,
    said: BTreeMap<u32, Outcome>,
    nobody: usize,
}

impl<'s> ByPlace<'s> {
    /// About the rows that were sent.
    pub fn new(places: &'s Places) -> Self {
        Self { places, said: BTreeMap::new(), nobody: 0 }
    }

    /// Says this of the row at `index` of the array; of a row that was spoken of before, the first word counts. A position that the array
    /// does not have, or none at all, is one of a row that nobody names.
    pub fn say(&mut self, index: Option<u32>, outcome: impl Into<Outcome>) {
        match index.and_then(|index| self.places.row(index)) {
            Some(row) => drop(self.said.entry(row).or_insert_with(|| outcome.into())),
            None => self.nobody += 1,
        }
    }

    /// The rows that were spoken of.
    pub fn rows(self) -> BTreeMap<u32, Outcome> {
        self.said
    }

    /// The others are accepted. `failed`: rows that the platform counts as not taken; where it names fewer, or rows that were not sent, the
    /// rest are unnamed.
    pub fn receipts(self, failed: u64) -> Receipts {
        let left = self.places.sent().saturating_sub(self.said.len());
        let missing = usize::try_from(failed).unwrap_or(usize::MAX).saturating_sub(self.said.len());
        Receipts::accepted().unnamed(missing.max(self.nobody).min(left) as u32).rows(self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Reason;

    #[test]
    fn a_row_is_told_once_by_its_position_and_strangers_leave_rows_unnamed() {
        let no = |code: &str| Outcome::Rejected(Reason::new(code, ""));
        // The second row was left out, so the third stands at 1.
        let places = Places::new(4, vec![(1, Reason::new(code::NO_IDENTIFIER, ""))]);
        let (refused, gone) = (code::ROW_REFUSED, code::NOT_FOUND_IN_DESTINATION);
        let said = |said: &[(Option<u32>, &str)]| {
            let mut by = ByPlace::new(&places);
            said.iter().for_each(|(at, code)| by.say(*at, no(code)));
            by
        };
        let told = |by: ByPlace<'_>, failed| {
            let receipt = by.receipts(failed).written().receipt;
            (receipt.except, receipt.unnamed)
        };
        assert_eq!(told(said(&[]), 0), (vec![], 0));
        assert_eq!(told(said(&[(Some(1), refused), (Some(1), gone)]), 1), (vec![(2, no(refused))], 0));
        assert_eq!(told(said(&[(Some(0), refused), (Some(3), gone), (None, gone)]), 1), (vec![(0, no(refused))], 2));
        assert_eq!(told(said(&[(Some(2), gone)]), u64::MAX), (vec![(3, no(gone))], 2), "never more than there are");
        assert_eq!(said(&[(Some(1), gone), (Some(9), gone)]).rows(), BTreeMap::from([(2, no(gone))]));
    }
}
