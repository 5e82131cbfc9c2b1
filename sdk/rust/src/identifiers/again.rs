//! Rows that must not go together: where a platform does not say which of two rows of one person it writes last, the second follows in
//! another request.

use std::collections::{BTreeMap, BTreeSet};

use super::Identifiers;
use crate::code;
use crate::contract::{Outcome, Reason};

impl<K: Copy + Ord> Identifiers<'_, K> {
    /// Rows that share an identifier with a row before them, each to be sent again at once. A row that cannot be sent is in nobody's way.
    pub fn again(&self, rows: usize) -> BTreeMap<u32, Outcome> {
        let (mut seen, mut again) = (BTreeSet::new(), BTreeMap::new());
        for row in 0..rows {
            let Ok(named) = self.all(row) else { continue };
            let names: Vec<_> = named.into_iter().map(|(identifier, value)| (identifier.kind, identifier.folded(value))).collect();
            if names.iter().any(|name| seen.contains(name)) {
                again.insert(row as u32, Outcome::Retry(follows()));
            } else {
                seen.extend(names);
            }
        }
        again
    }
}

/// Why a row is for another request.
#[cold]
pub(crate) fn follows() -> Reason {
    let message = "the request has rows of this identifier that it cannot stand with; the row follows in another";
    Reason::new(code::DEST_BATCH_TOO_LARGE, message).after_ms(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::PhysicalType;
    use crate::form::Form;
    use crate::identifiers::Known;
    use crate::testing::{Rows, null};

    #[test]
    fn of_rows_that_share_an_identifier_one_goes_and_the_others_follow() {
        let made = Rows::new()
            .column("email", PhysicalType::Utf8, ["a@x".into(), "b@x".into(), "A@x".into(), "bad".into(), "d@x".into(), null()])
            .attr("role", "identifier")
            .column("id", PhysicalType::Utf8, ["1".into(), "2".into(), "3".into(), "4".into(), "2".into(), "4".into()])
            .attr("role", "identifier");
        const KNOWN: &[Known<bool>] = &[Known::new("email", true).form(Form::EMAIL).any_case(), Known::new("id", false)];
        let identifiers = Identifiers::of(&made.view(), "Acme", KNOWN).expect("two");
        // The fourth cannot be sent at all, so it is in nobody's way.
        let again = identifiers.again(6);
        assert_eq!(again.keys().copied().collect::<Vec<_>>(), [2, 4]);
        assert!(again.values().all(|outcome| matches!(outcome, Outcome::Retry(r) if r.after_ms == Some(0))));
    }
}
