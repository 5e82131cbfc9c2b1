//! Rows that are not sent, with the reason: what a person sees beside the rows that are.

use sluice_catalog::{Code, outcome::Word};

use crate::{
    change_set::files::{IndexedFile, IndexedWriter},
    codec::{Cursor, put_bytes, put_varint},
    error::LedgerError,
    key,
};

/// A row that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The canonical key.
    pub key: Vec<u8>,
    /// Why, roughly.
    pub state: ListedState,
    /// Why, exactly.
    pub code: Code,
    /// Index of the layout's field concerned; none where no single one is to blame.
    pub field: Option<u16>,
    /// Rows of the source with this key; 0 for a removal.
    pub rows: u32,
}

/// Why a row is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedState {
    /// We refuse it.
    Invalid,
    /// Nothing of it is left to mention.
    Skipped,
    /// It was carried too long and is given up.
    Expired,
    /// It was refused before and has not changed.
    StillRejected,
    /// It is not known whether it is there, and it is neither repeated nor assumed.
    Held,
    /// A removal that needs no request, since another row holds the same identifiers.
    StillHeldByAnother,
    /// It was skipped before and has not changed.
    StillSkipped,
}

impl ListedState {
    /// By their numbers in the file.
    const ALL: [Self; 7] = [
        Self::Invalid,
        Self::Skipped,
        Self::Expired,
        Self::StillRejected,
        Self::Held,
        Self::StillHeldByAnother,
        Self::StillSkipped,
    ];

    /// The word it counts under among the changes of this run; none when it is no change of this run.
    pub fn word(self) -> Option<Word> {
        match self {
            Self::Invalid => Some(Word::Invalid),
            Self::Skipped => Some(Word::Skipped),
            Self::Expired => Some(Word::Expired),
            Self::StillHeldByAnother => Some(Word::Accepted),
            Self::StillRejected | Self::StillSkipped | Self::Held => None,
        }
    }
}

pub(crate) fn push(
    to: &mut IndexedWriter,
    hash: u64,
    key: &[u8],
    state: ListedState,
    code: Code,
    field: Option<u16>,
    rows: u32,
) -> Result<(), LedgerError> {
    to.push(hash, 0, key.len() + 128, |out| {
        put_bytes(out, key);
        out.push(ListedState::ALL.iter().position(|s| *s == state).expect("all states are listed") as u8);
        out.extend_from_slice(&field.unwrap_or(u16::MAX).to_le_bytes());
        put_varint(out, u64::from(rows));
        put_bytes(out, code.as_str().as_bytes());
    })?;
    Ok(())
}

fn take(row: &[u8]) -> Option<Listed> {
    let mut cursor = Cursor::new(row);
    let key = cursor.bytes()?.to_vec();
    let state = *ListedState::ALL.get(usize::from(cursor.u8()?))?;
    let field = cursor.u16().map(|f| (f != u16::MAX).then_some(f))?;
    let rows = cursor.varint()? as u32;
    let code = cursor.text()?.parse().ok()?;
    Some(Listed { key, state, code, field, rows })
}

/// Looks at every row: removals still held by others are known last and stand at the end, out of order.
pub(crate) fn find(file: &IndexedFile, key: &[u8]) -> Result<Option<Listed>, LedgerError> {
    for at in 0..file.blocks().len() {
        let block = file.block(at)?;
        for i in 0..block.len() {
            let row = block.row(i);
            if Cursor::new(row).bytes() == Some(key) {
                return take(row).map(Some).ok_or_else(|| file.damaged());
            }
        }
    }
    Ok(None)
}

/// Listed rows, one by one.
pub struct ListedRows<'c> {
    file: &'c IndexedFile,
    block: usize,
    row: usize,
}

impl<'c> ListedRows<'c> {
    pub(crate) fn new(file: &'c IndexedFile) -> Self {
        Self { file, block: 0, row: 0 }
    }
}

impl Iterator for ListedRows<'_> {
    type Item = Result<Listed, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.block < self.file.blocks().len() {
            let block = match self.file.block(self.block) {
                Ok(block) => block,
                Err(error) => {
                    self.block = usize::MAX;
                    return Some(Err(error));
                }
            };
            if self.row < block.len() {
                self.row += 1;
                return Some(take(block.row(self.row - 1)).ok_or_else(|| self.file.damaged()));
            }
            (self.block, self.row) = (self.block + 1, 0);
        }
        None
    }
}

impl std::fmt::Display for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", key::key_text(&self.key), self.code)
    }
}
