//! What is said of rows by value while the fate of the others is another than "taken": a job that is still being read, for instance.

use super::ByValue;
use crate::receipt::Receipts;

impl<K: Copy + Ord> ByValue<'_, '_, K> {
    /// Rows that were spoken of so far.
    pub fn said(&self) -> usize {
        self.said.len()
    }

    /// What was said, over what `receipts` says of everybody. Values that nobody has say nothing here.
    #[must_use]
    pub fn over(self, mut receipts: Receipts) -> Receipts {
        for (row, outcome) in self.said {
            receipts.set(row, outcome);
        }
        receipts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::{Outcome, PhysicalType, Reason};
    use crate::identifiers::{Identifiers, Known};
    use crate::places::Places;
    use crate::testing::Rows;

    #[test]
    fn rows_that_are_spoken_of_have_their_outcome_and_the_others_wait() {
        let made = Rows::new().column("id", PhysicalType::Utf8, ["a".into(), "b".into()]).attr("role", "identifier");
        const KNOWN: &[Known<()>] = &[Known::new("id", ())];
        let identifiers = Identifiers::of(&made.view(), "Acme", KNOWN).expect("one");
        let (places, no) = (Places::all(2), Outcome::Rejected(Reason::new(code::ROW_REFUSED, "")));
        let mut by = ByValue::new(&identifiers, &places);
        by.say((), "b", &no);
        by.say((), "stranger", &no);
        assert_eq!(by.said(), 1);
        let written = by.over(Receipts::pending(b"token".to_vec(), 1, 2)).written();
        assert_eq!((written.receipt.all, written.receipt.except, written.receipt.unnamed), (Outcome::Pending, vec![(1, no)], 0));
        assert!(written.later.is_some());
    }
}
