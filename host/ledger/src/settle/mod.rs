//! Settling: a run's verdicts become the next generation, one delta file per touched partition and none when nothing changed.
//!
//! New files are written and durable before the generation is returned; the caller moves its pointer in one transaction. Until then,
//! and after any failure here, the old generation is whole. Old files go with [`crate::Space::sweep`].

mod apply;
mod index;

use std::collections::HashSet;

use sluice_catalog::{Code, outcome::Word};

use crate::{
    cell,
    change_set::{ChangeSet, Move, MoveRows},
    error::LedgerError,
    key,
    limits::{DELTA_FILES_MAX, DELTA_PERCENT_MAX},
    row::{self, Row, Version},
    space::Space,
    table::{FileRef, Generation, Partition, PartitionRows, RowWriter, bits_for, member_hash, prefix},
};

/// What became of one row of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// One of the eight words; a row that was never sent is `Carried`.
    pub word: Word,
    /// Why, when the reason is one of the registry; retries can be chosen by it.
    pub code: Option<Code>,
}

impl Judgement {
    /// The platform took it.
    pub const ACCEPTED: Self = Self { word: Word::Accepted, code: None };
}

/// The platform's own id of a row, where it has told one: (phase, index).
pub type RemoteIds<'a> = &'a mut dyn FnMut(u8, u64) -> Option<Box<str>>;

/// Works the verdicts of a delivery into the ledger. `verdicts` is asked once for each row of each phase: (phase, index).
///
/// Returns the next generation; none when the ledger is as it was.
pub fn settle(
    base: &Generation,
    set: &ChangeSet,
    verdicts: &mut dyn FnMut(u8, u64) -> Judgement,
) -> Result<Option<Generation>, LedgerError> {
    settle_with_ids(base, set, verdicts, &mut |_, _| None)
}

/// The same for a platform that tells its own ids. `ids` is asked for accepted rows that are not removals, in ascending order within
/// a phase; an id that is not told anew stays as long as the record does.
pub fn settle_with_ids(
    base: &Generation,
    set: &ChangeSet,
    verdicts: &mut dyn FnMut(u8, u64) -> Judgement,
    ids: RemoteIds<'_>,
) -> Result<Option<Generation>, LedgerError> {
    if set.head.base != base.number {
        return Err(LedgerError::OtherBase { compared: set.head.base, found: base.number });
    }
    let mut moves = Moves::new(set)?;
    moves.replaced = set.head.replaces().is_some_and(|phase| comes_to_its_end(set, phase, verdicts));
    let estimate = base.rows + set.head.fresh;
    let layouts = &set.head.layouts;
    let rows_max = base.partition_rows_max(&layouts[set.head.current as usize]);
    let fits = !base.partitions.is_empty() && estimate <= rows_max << base.bits;
    let bits = if fits { base.bits } else { bits_for(estimate, rows_max).max(base.bits) };
    let rewrite = base.partitions.is_empty() || bits != base.bits;
    let mut next = Generation { number: base.number + 1, rows: base.rows, bits, layouts: layouts.clone(), ..base.clone() };
    next.partitions = Vec::new();
    next.place = set.head.place.or(base.place);
    let mut members = index::Holders::new(set, base);
    let mut all = Split::new(&set.space, bits);
    let mut any = false;
    for at in 0..base.partitions.len().max(1) {
        let partition = base.partitions.get(at).cloned().unwrap_or_default();
        let touched = set.head.moves_by_partition.get(at).copied().unwrap_or(set.head.moves);
        if !rewrite && touched == 0 {
            next.partitions.push(partition);
            continue;
        }
        let mut rows = PartitionRows::open(&set.space, &partition, layouts)?;
        let mut out = if rewrite {
            Out::All(&mut all)
        } else if compacts(&partition, touched) {
            Out::Base(RowWriter::new(&set.space))
        } else {
            Out::Delta(RowWriter::new(&set.space))
        };
        let mut changed = false;
        while moves.what.is_some() && prefix(moves.hash, base.bits) == at {
            while let Some(row) = rows.row().filter(|r| (r.hash, r.key) < (moves.hash, &moves.key[..])) {
                out.keep(&row)?;
                rows.advance(layouts)?;
            }
            let met = rows.row().filter(|r| r.hash == moves.hash && r.key == &moves.key[..]);
            let before = met.as_ref().map(|r| r.decode(layouts)).transpose()?;
            let met = met.is_some();
            let what = moves.what.take().expect("looked at above");
            let after = moves.outcome(&what, before.as_ref(), verdicts, ids);
            let same = before.as_ref().map_or(after.is_empty(), |b| *b == after);
            if !same {
                changed = true;
                next.rows = next.rows + u64::from(!after.is_empty()) - u64::from(before.is_some());
                members.moved(before.as_ref(), &after)?;
            }
            out.put(moves.hash, &moves.key, &after, same, layouts)?;
            if met {
                rows.advance(layouts)?;
            }
            moves.advance()?;
        }
        while let Some(row) = rows.row() {
            if !out.keep(&row)? {
                break;
            }
            rows.advance(layouts)?;
        }
        any |= changed;
        match out {
            Out::All(_) => {}
            Out::Base(_) | Out::Delta(_) if !changed => next.partitions.push(partition),
            Out::Base(writer) => {
                let base = writer.finish(&format!("rows-{}-{at}", next.number))?;
                next.partitions.push(Partition { base, deltas: Vec::new() });
            }
            Out::Delta(writer) => {
                let mut partition = partition;
                partition.deltas.extend(writer.finish(&format!("delta-{}-{at}", next.number))?);
                next.partitions.push(partition);
            }
        }
    }
    if !any {
        return Ok(None);
    }
    if rewrite {
        next.partitions = all.finish()?;
    }
    members.write(base, &mut next)?;
    Ok(Some(next))
}

/// Whether the session of a phase has taken the place of everything: each of its rows has its answer. Of an empty one, row 0 is asked
/// for.
fn comes_to_its_end(set: &ChangeSet, phase: u8, verdicts: &mut dyn FnMut(u8, u64) -> Judgement) -> bool {
    let rows = set.phases()[usize::from(phase)].rows;
    let answered = |word| matches!(word, Word::Accepted | Word::Rejected | Word::Invalid | Word::Skipped);
    !set.head.idle && (0..rows.max(1)).all(|row| answered(verdicts(phase, row).word))
}

/// Whether a partition is written anew instead of getting one more delta.
fn compacts(partition: &Partition, touched: u64) -> bool {
    let base = partition.base.as_ref().map_or(0, |f| f.rows);
    partition.deltas.len() >= DELTA_FILES_MAX || (partition.delta_rows() + touched) * 100 > base * DELTA_PERCENT_MAX
}

/// Where rows go.
enum Out<'o, 's> {
    /// Every row, into new partitions.
    All(&'o mut Split<'s>),
    /// Every row, into a new base of this partition.
    Base(RowWriter<'s>),
    /// What changed.
    Delta(RowWriter<'s>),
}

impl Out<'_, '_> {
    /// A row that no move touches; `false` when those are not written.
    fn keep(&mut self, row: &crate::table::RowRef<'_>) -> Result<bool, LedgerError> {
        match self {
            Self::All(split) => split.at(row.hash)?.copy(row.form, row.key, row.body),
            Self::Base(writer) => writer.copy(row.form, row.key, row.body),
            Self::Delta(_) => return Ok(false),
        }
        Ok(true)
    }

    fn put(&mut self, hash: u64, key: &[u8], row: &Row, same: bool, layouts: &[crate::Layout]) -> Result<(), LedgerError> {
        match self {
            Self::All(split) if !row.is_empty() => split.at(hash)?.push(key, row, layouts),
            Self::Base(writer) if !row.is_empty() => writer.push(key, row, layouts),
            Self::Delta(writer) if !same => writer.push(key, row, layouts),
            Self::All(_) | Self::Base(_) | Self::Delta(_) => {}
        }
        Ok(())
    }
}

/// Writes rows in hash order into new base files, one per partition.
struct Split<'s> {
    space: &'s Space,
    bits: u8,
    at: usize,
    writer: RowWriter<'s>,
    bases: Vec<Option<FileRef>>,
}

impl<'s> Split<'s> {
    fn new(space: &'s Space, bits: u8) -> Self {
        Self { space, bits, at: 0, writer: RowWriter::new(space), bases: Vec::new() }
    }

    fn at(&mut self, hash: u64) -> Result<&mut RowWriter<'s>, LedgerError> {
        let at = prefix(hash, self.bits);
        while self.at < at {
            self.close()?;
        }
        Ok(&mut self.writer)
    }

    fn close(&mut self) -> Result<(), LedgerError> {
        let writer = std::mem::replace(&mut self.writer, RowWriter::new(self.space));
        self.bases.push(writer.finish(&format!("rows-{}", self.at))?);
        self.at += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Partition>, LedgerError> {
        while self.at < 1 << self.bits {
            self.close()?;
        }
        Ok(self.bases.into_iter().map(|base| Partition { base, deltas: Vec::new() }).collect())
    }
}

/// The moves of a change set, with the verdicts of their rows.
struct Moves<'c> {
    set: &'c ChangeSet,
    rows: MoveRows<'c>,
    hash: u64,
    key: Vec<u8>,
    what: Option<Move>,
    /// Removals thought of so far, and of these, sent.
    removals: (u64, u64),
    /// A session has taken the place of everything.
    replaced: bool,
    terms: apply::Terms,
}

impl<'c> Moves<'c> {
    fn new(set: &'c ChangeSet) -> Result<Self, LedgerError> {
        let head = &set.head;
        let terms = apply::Terms { revision: head.revision, now: head.now_seconds, replaces: head.replaces().is_some() };
        let mut moves =
            Self { set, rows: set.moves(), hash: 0, key: Vec::new(), what: None, removals: (0, 0), replaced: false, terms };
        moves.advance()?;
        Ok(moves)
    }

    fn advance(&mut self) -> Result<(), LedgerError> {
        self.what = self.rows.next(&mut self.key)?;
        self.hash = key::hash(&self.key, self.set.space.seed);
        Ok(())
    }

    fn outcome(
        &mut self,
        what: &Move,
        before: Option<&Row>,
        verdicts: &mut dyn FnMut(u8, u64) -> Judgement,
        ids: RemoteIds<'_>,
    ) -> Row {
        let mut effects = apply::Effects::default();
        for part in what.parts() {
            let judgement = if self.set.is_sent(self.removals.0) {
                self.removals.1 += 1;
                verdicts(0, self.removals.1 - 1)
            } else {
                Judgement::ACCEPTED
            };
            self.removals.0 += 1;
            effects.set(part.versions, judgement);
        }
        let empty = Row::default();
        let before = before.unwrap_or(&empty);
        match what {
            Move::Offer { .. } if self.set.head.idle => before.clone(),
            Move::Offer { phase, index, attempt, .. } => {
                let mut attempt = self.version(attempt, before);
                let known = self.identifiers(&attempt);
                let rest = |version: &Version| self.rest(version, &known);
                let judgement = verdicts(*phase, *index);
                if judgement.word == Word::Accepted
                    && let Some(id) = ids(*phase, *index)
                {
                    attempt.remote_id = Some(id);
                }
                let before = if self.replaced { &apply::replaced(before) } else { before };
                apply::offer(before, attempt, judgement, &effects, &rest, &self.terms)
            }
            Move::Remove { .. } => apply::remove(before, &effects, &self.terms),
            Move::Refuse { word, code, payload } => {
                let before = if self.replaced { &apply::replaced(before) } else { before };
                apply::refuse(before, *payload, Judgement { word: *word, code: Some(*code) }, &self.terms)
            }
            Move::Adopt(attempt) => Row { sent: Some(self.version(attempt, before)), ..Row::default() },
            Move::Assume => Row { sent: before.maybe.last().or(before.sent.as_ref()).cloned(), ..Row::default() },
            Move::Moot => Row { tried: None, ..before.clone() },
            Move::Forget => Row::default(),
            Move::Replaced if self.replaced => apply::replaced(before),
            Move::Replaced => before.clone(),
        }
    }

    /// The hashes of a version's identifiers.
    fn identifiers(&self, version: &Version) -> HashSet<u128> {
        self.hashed(version).filter(|(_, hash)| *hash != 0).map(|(_, hash)| hash).collect()
    }

    /// Each identifier cell of a version, with its hash; 0 where it has no value.
    fn hashed<'v>(&'v self, version: &'v Version) -> impl Iterator<Item = (&'v [u8], u128)> {
        let layout = &self.set.head.layouts[version.layout as usize];
        let seed = self.set.space.seed;
        row::identifiers(version, layout)
            .zip(layout.identifiers())
            .map(move |((_, raw), field)| (raw, if row::has_value(raw) { member_hash(field, raw, seed) } else { 0 }))
    }

    /// What is still there of a version when everything of it but `known` was removed. It equals nothing that a source can say, so
    /// the row is offered whole when it changes.
    fn rest(&self, version: &Version, known: &HashSet<u128>) -> Option<Version> {
        let mut identifiers = Vec::with_capacity(version.identifiers.len());
        let mut left = false;
        for (raw, hash) in self.hashed(version) {
            if known.contains(&hash) {
                left = true;
                identifiers.extend_from_slice(raw);
            } else {
                identifiers.push(cell::ABSENT);
            }
        }
        let fingerprints = vec![0; version.fingerprints.len()];
        left.then(|| Version { payload: !version.payload, fingerprints, identifiers, ..version.clone() })
    }

    /// What will be there; with the platform's id of the record where `before` has it.
    fn version(&self, attempt: &crate::change_set::Attempt, before: &Row) -> Version {
        let head = &self.set.head;
        let same = before.versions().find(|v| row::is_of(v, &attempt.identifiers, &head.layouts, head.current));
        Version {
            layout: head.current,
            payload: attempt.payload,
            at: if head.dated { self.terms.at() } else { 0 },
            fingerprints: attempt.fingerprints.clone(),
            identifiers: attempt.identifiers.clone(),
            remote_id: same.and_then(|version| version.remote_id.clone()),
        }
    }
}
