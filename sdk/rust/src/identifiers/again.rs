//! Rows that must not go together: where a platform does not say which of two rows of one person it writes last, the second follows in
//! another request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Identifiers;
use crate::code;
use crate::contract::{Outcome, Reason};

impl<K: Copy + Eq> Identifiers<'_, K> {
    /// Rows that share an identifier with a row before them, each to be sent again at once. A row that cannot be sent is in nobody's way.
    pub fn again(&self, rows: usize) -> BTreeMap<u32, Outcome> {
        let (mut seen, mut again) = (Seen::of(rows * self.columns.len()), BTreeMap::new());
        let mut names = Vec::new();
        for row in 0..rows {
            let Ok(named) = self.all(row) else { continue };
            names.extend(named.map(|(identifier, value)| (identifier.kind, identifier.known.fold(value))));
            if names.iter().any(|(kind, value)| seen.has(*kind, value)) {
                again.insert(row as u32, Outcome::Retry(follows()));
                names.clear();
            } else {
                names.drain(..).for_each(|(kind, value)| seen.add(kind, value));
            }
        }
        again
    }
}

/// Names that have been seen: a table of hashes with open addresses. A batch has ten thousand, and a tree of texts was a third of what
/// a job of profiles costs.
struct Seen<'a, K> {
    /// The hash, and the place of the name; twice as many as there are names, so that a free one is always near.
    slots: Vec<Option<(u64, u32)>>,
    names: Vec<(K, Cow<'a, str>)>,
}

impl<'a, K: Copy + Eq> Seen<'a, K> {
    /// With room for so many.
    fn of(names: usize) -> Self {
        Self { slots: vec![None; (names * 2 + 1).next_power_of_two()], names: Vec::with_capacity(names) }
    }

    fn has(&self, kind: K, value: &str) -> bool {
        self.slot(kind, value).is_err()
    }

    /// One that it does not have, or has.
    fn add(&mut self, kind: K, value: Cow<'a, str>) {
        if let Ok(slot) = self.slot(kind, &value) {
            self.slots[slot] = Some((hash(&value), self.names.len() as u32));
            self.names.push((kind, value));
        }
    }

    /// Where it would stand; an error where it does already.
    fn slot(&self, kind: K, value: &str) -> Result<usize, usize> {
        let (hash, mask) = (hash(value), self.slots.len() - 1);
        let mut at = hash as usize & mask;
        while let Some((other, name)) = self.slots[at] {
            let (of, text) = &self.names[name as usize];
            if other == hash && *of == kind && text == value {
                return Err(at);
            }
            at = (at + 1) & mask;
        }
        Ok(at)
    }
}

/// Eight bytes at a time, as compilers hash their names.
fn hash(text: &str) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(ODD);
    let tail = rest.iter().fold(rest.len() as u64, |tail, byte| tail << 8 | u64::from(*byte));
    let hash = words.iter().fold(tail, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = mix(hash, tail);
    // A product's low bits depend on few of the text; its high ones on all.
    hash ^ hash >> 32
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
