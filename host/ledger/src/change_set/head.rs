//! What a change set says about itself.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sluice_catalog::{Code, contract::Operation};

use crate::{
    change_set::Phase,
    layout::{Layout, LayoutField},
};

/// What a diff counted; all in rows of the source or of the ledger, except where said.
///
/// Rows of the source: `source_rows` = added + changed + again + unchanged + outside_mode + still_rejected + still_skipped + held
/// + assumed + adopted + skipped + expired (but for removals) + the sum of `invalid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The ledger holds as being, or maybe being, at the destination.
    pub base_rows: u64,
    /// The source gave.
    pub source_rows: u64,
    /// Sent, because the destination does not hold them.
    pub added: u64,
    /// Sent, because they differ.
    pub changed: u64,
    /// Left the source, and their removal is sent.
    pub removed: u64,
    /// As the destination holds them.
    pub unchanged: u64,
    /// Differ, and the mode sends nothing for that.
    pub outside_mode: u64,
    /// Sent, because they are open from last time.
    pub again: u64,
    /// Refused before and not changed since; removals included.
    pub still_rejected: u64,
    /// Skipped before and not changed since; removals included.
    #[serde(default)]
    pub still_skipped: u64,
    /// Refused by us before sending, by code; null and duplicate keys included.
    pub invalid: BTreeMap<Code, u64>,
    /// Nothing of them is left to mention.
    pub skipped: u64,
    /// Given up after the allowed days or runs.
    pub expired: u64,
    /// Rows with a null key.
    pub null_keys: u64,
    /// Keys that several rows have.
    pub duplicate_keys: u64,
    /// Rows that share their key.
    pub duplicate_rows: u64,
    /// Of unknown outcome, and neither repeated nor assumed.
    pub held: u64,
    /// Of unknown outcome, and taken as sent by policy.
    pub assumed: u64,
    /// Taken as sent by a baseline.
    pub adopted: u64,
    /// Left the source, and nothing is sent for it.
    pub gone: u64,
    /// Dropped from the ledger: nothing of them is at the destination, or events old enough.
    pub forgotten: u64,
    /// Events dropped of which nobody ever learned whether they were sent.
    pub late_unsent: u64,
    /// Removals (not rows) that need no request, since another row holds the same identifiers.
    pub still_held_by_another: u64,
}

impl Counts {
    /// Rows of the source that were refused before sending.
    pub fn invalid_rows(&self) -> u64 {
        self.invalid.values().sum()
    }

    /// Whether the run has nothing to send.
    pub fn is_quiet(&self) -> bool {
        self.added + self.changed + self.again + self.removed == 0
    }
}

/// The name of a diff: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct DiffHash(pub u128);

impl fmt::Display for DiffHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a diff's hash is 32 hexadecimal digits")]
pub struct NotADiffHash;

impl FromStr for DiffHash {
    type Err = NotADiffHash;
    fn from_str(text: &str) -> Result<Self, NotADiffHash> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !plain {
            return Err(NotADiffHash);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| NotADiffHash)
    }
}

impl Serialize for DiffHash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DiffHash {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// The manifest's first block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) phases: Vec<PhaseHead>,
    pub(crate) counts: Counts,
    pub(crate) diff_hash: DiffHash,
    /// The generation that was compared with; settling on another one is refused.
    pub(crate) base: u64,
    /// That generation's layouts, and the current one behind them where it is new.
    pub(crate) layouts: Vec<Layout>,
    pub(crate) current: u32,
    pub(crate) revision: u64,
    pub(crate) now_seconds: i64,
    /// Whether accepted versions keep their date (events).
    pub(crate) dated: bool,
    pub(crate) moves: u64,
    /// Moves per partition of the base.
    pub(crate) moves_by_partition: Vec<u64>,
    /// Moves of keys that the base does not have.
    pub(crate) fresh: u64,
    /// Everything would be sent, and nothing has changed: nothing is.
    #[serde(default)]
    pub(crate) idle: bool,
    /// Where the rows go.
    #[serde(default)]
    pub(crate) place: Option<u64>,
}

impl Head {
    /// The phase whose rows take the place of everything, where there is one.
    pub(crate) fn replaces(&self) -> Option<u8> {
        self.phases.iter().position(|phase| phase.operation == Operation::Replace).map(|at| at as u8)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PhaseHead {
    pub(crate) operation: Operation,
    pub(crate) removal: bool,
    pub(crate) rows: u64,
}

impl PhaseHead {
    pub(crate) fn shown(&self, head: &Head) -> Phase {
        let current = &head.layouts[head.current as usize];
        let mut schema: Vec<_> = match self.removal {
            true => removal_fields(&head.layouts, head.current).into_iter().map(|f| f.field.clone()).collect(),
            false => current.fields().iter().map(|f| f.field.clone()).collect(),
        };
        schema.extend(current.remote_id().cloned());
        Phase { operation: self.operation, removal: self.removal, rows: if head.idle { 0 } else { self.rows }, schema }
    }
}

/// The columns of removals: the identifiers of the current layout, then those that only older layouts have, in whose form some rows
/// may still be at the destination.
pub(crate) fn removal_fields(layouts: &[Layout], current: u32) -> Vec<&LayoutField> {
    let current = layouts.get(current as usize).into_iter();
    let mut fields: Vec<&LayoutField> = Vec::new();
    for field in current.chain(layouts).flat_map(Layout::identifiers) {
        if !fields.iter().any(|f| same_column(f, field)) {
            fields.push(field);
        }
    }
    fields
}

/// Whether two identifier fields say the same in the same form.
pub(crate) fn same_column(a: &LayoutField, b: &LayoutField) -> bool {
    a.id() == b.id() && a.field.ty == b.field.ty && a.scale == b.scale && a.field.attr("form") == b.field.attr("form")
}
