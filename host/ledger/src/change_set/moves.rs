//! Moves: what settling has to do for each key that the diff touched, in hash order.
//!
//! A removal's index within its phase is not kept: removals stand in the same order in both files, and those that are not sent are
//! marked in the manifest, so counting finds it.

use std::sync::Arc;

use sluice_catalog::{Code, outcome::Word};

use crate::{
    change_set::{
        ChangeSet, Place,
        files::{Block, IndexedFile, IndexedWriter},
    },
    codec::{Cursor, put_bytes, put_varint},
    error::LedgerError,
};

/// The version that would be at the destination after an accepted attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) payload: u128,
    pub(crate) fingerprints: Vec<u64>,
    pub(crate) identifiers: Vec<u8>,
}

/// A removal of a key's versions: bit 0 `sent`, bit 1 + n the n-th `maybe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) versions: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Move {
    /// Sent as row `index` of `phase`, after the removal of what the row was known by before.
    Offer { phase: u8, index: u64, parts: Vec<Part>, attempt: Attempt },
    /// Removed.
    Remove { parts: Vec<Part> },
    /// Refused or given up by us, without sending.
    Refuse { word: Word, code: Code, payload: u128 },
    /// Taken as sent.
    Adopt(Attempt),
    /// What may be there is taken as being there.
    Assume,
    /// What was tried has nothing left to do.
    Moot,
    /// Forgotten.
    Forget,
    /// Not in the session of the run, so gone when that has come to its end.
    Replaced,
}

const OFFER: u8 = 0;
const REMOVE: u8 = 1;
const REFUSE: u8 = 2;
const ADOPT: u8 = 3;
const ASSUME: u8 = 4;
const FORGET: u8 = 5;
const MOOT: u8 = 6;
const REPLACED: u8 = 7;

/// Adds a move; `removals` is the number of removals thought of before it.
pub(crate) fn push(to: &mut IndexedWriter, hash: u64, key: &[u8], what: &Move, removals: u64) -> Result<(), LedgerError> {
    let bytes = key.len()
        + match what {
            Move::Offer { attempt, .. } | Move::Adopt(attempt) => attempt.identifiers.len() + attempt.fingerprints.len() * 8,
            Move::Remove { .. } | Move::Refuse { .. } | Move::Assume | Move::Moot | Move::Forget | Move::Replaced => 0,
        };
    to.push(hash, removals, bytes + 160, |out| {
        put_bytes(out, key);
        match what {
            Move::Offer { phase, index, parts, attempt } => {
                out.extend([OFFER, *phase]);
                put_varint(out, *index);
                put_parts(out, parts);
                put_attempt(out, attempt);
            }
            Move::Remove { parts } => {
                out.push(REMOVE);
                put_parts(out, parts);
            }
            Move::Refuse { word, code, payload } => {
                out.extend([REFUSE, Word::ALL.iter().position(|w| w == word).expect("all words are listed") as u8]);
                put_bytes(out, code.as_str().as_bytes());
                out.extend_from_slice(&payload.to_le_bytes());
            }
            Move::Adopt(attempt) => {
                out.push(ADOPT);
                put_attempt(out, attempt);
            }
            Move::Assume => out.push(ASSUME),
            Move::Moot => out.push(MOOT),
            Move::Forget => out.push(FORGET),
            Move::Replaced => out.push(REPLACED),
        }
    })?;
    Ok(())
}

fn put_parts(out: &mut Vec<u8>, parts: &[Part]) {
    out.push(parts.len() as u8);
    out.extend(parts.iter().map(|p| p.versions));
}

fn put_attempt(out: &mut Vec<u8>, attempt: &Attempt) {
    out.extend_from_slice(&attempt.payload.to_le_bytes());
    for fingerprint in &attempt.fingerprints {
        out.extend_from_slice(&fingerprint.to_le_bytes());
    }
    put_bytes(out, &attempt.identifiers);
}

fn take(row: &[u8], fingerprints: usize) -> Option<(&[u8], Move)> {
    let mut cursor = Cursor::new(row);
    let key = cursor.bytes()?;
    let take_parts = |cursor: &mut Cursor<'_>| {
        let len = usize::from(cursor.u8()?);
        Some(cursor.take(len)?.iter().map(|versions| Part { versions: *versions }).collect())
    };
    let take_attempt = |cursor: &mut Cursor<'_>| {
        let payload = cursor.u128()?;
        let fingerprints = (0..fingerprints).map(|_| cursor.u64()).collect::<Option<_>>()?;
        Some(Attempt { payload, fingerprints, identifiers: cursor.bytes()?.to_vec() })
    };
    let what = match cursor.u8()? {
        OFFER => Move::Offer {
            phase: cursor.u8()?,
            index: cursor.varint()?,
            parts: take_parts(&mut cursor)?,
            attempt: take_attempt(&mut cursor)?,
        },
        REMOVE => Move::Remove { parts: take_parts(&mut cursor)? },
        REFUSE => Move::Refuse {
            word: *Word::ALL.get(usize::from(cursor.u8()?))?,
            code: cursor.text()?.parse().ok()?,
            payload: cursor.u128()?,
        },
        ADOPT => Move::Adopt(take_attempt(&mut cursor)?),
        ASSUME => Move::Assume,
        MOOT => Move::Moot,
        FORGET => Move::Forget,
        REPLACED => Move::Replaced,
        _ => return None,
    };
    cursor.is_empty().then_some((key, what))
}

impl Move {
    pub(crate) fn parts(&self) -> &[Part] {
        match self {
            Self::Offer { parts, .. } | Self::Remove { parts } => parts,
            Self::Refuse { .. } | Self::Adopt(_) | Self::Assume | Self::Moot | Self::Forget | Self::Replaced => &[],
        }
    }
}

/// Moves, one by one.
pub(crate) struct MoveRows<'c> {
    file: &'c IndexedFile,
    fingerprints: usize,
    /// The block that is read, and its number; none before the first.
    block: Option<Arc<Block>>,
    at: usize,
    row: usize,
}

impl<'c> MoveRows<'c> {
    pub(crate) fn new(file: &'c IndexedFile, fingerprints: usize) -> Self {
        Self { file, fingerprints, block: None, at: 0, row: 0 }
    }

    /// The next move into `key`; none at the end.
    pub(crate) fn next(&mut self, key: &mut Vec<u8>) -> Result<Option<Move>, LedgerError> {
        while self.at < self.file.blocks().len() {
            let block = match &mut self.block {
                Some(block) => block,
                none => none.insert(self.file.block(self.at)?),
            };
            if self.row < block.len() {
                let (found, what) = take(block.row(self.row), self.fingerprints).ok_or_else(|| self.file.damaged())?;
                self.row += 1;
                key.clear();
                key.extend_from_slice(found);
                return Ok(Some(what));
            }
            (self.block, self.at, self.row) = (None, self.at + 1, 0);
        }
        Ok(None)
    }
}

/// Where a key's rows are.
pub(crate) fn find(set: &ChangeSet, file: &IndexedFile, hash: u64, key: &[u8]) -> Result<Option<Place>, LedgerError> {
    let fingerprints = set.head.layouts[set.head.current as usize].fingerprints();
    for at in file.block_of_hash(hash)..file.blocks().len() {
        if file.blocks()[at].first_hash > hash {
            break;
        }
        let block = file.block(at)?;
        let mut removals = file.blocks()[at].mark;
        for i in 0..block.len() {
            let (found, what) = take(block.row(i), fingerprints).ok_or_else(|| file.damaged())?;
            if found != key {
                removals += what.parts().len() as u64;
                continue;
            }
            let mut places = Vec::new();
            let mut index = (0..removals).filter(|at| set.is_sent(*at)).count() as u64;
            for at in removals..removals + what.parts().len() as u64 {
                if set.is_sent(at) {
                    places.push((0, index));
                    index += 1;
                }
            }
            return Ok(match what {
                // Nothing has changed, so nothing is sent.
                Move::Offer { .. } if set.head.idle => None,
                Move::Offer { phase, index, .. } => {
                    places.push((phase, index));
                    Some(Place::Sent(places))
                }
                Move::Remove { .. } => Some(Place::Sent(places)),
                // The list says why; or nothing is done at all.
                Move::Refuse { .. } | Move::Moot => None,
                Move::Adopt(_) | Move::Assume | Move::Forget | Move::Replaced => Some(Place::Sent(Vec::new())),
            });
        }
    }
    Ok(None)
}
