//! Removals: which identifiers they carry, in the form last sent, and which of them other rows still hold.
//!
//! Without a members index a removal goes straight to its phase. With one, the whole diff must have been seen before it is known
//! which identifiers nobody holds any more: removals wait in a scratch file, their values are sorted by hash beside the index, and
//! only then the phase is written, in the same order.

use std::collections::HashSet;

use sluice_catalog::Code;

use crate::{
    cell,
    change_set::{
        self, Attempt, Counts, IndexedFile, IndexedWriter, ListedState, Part, Writer, removal_fields, removal_payload, same_column,
    },
    codec::Cursor,
    error::LedgerError,
    intake::Finished,
    layout::{Layout, LayoutField},
    limits::INTAKE_BITS_DEFAULT,
    row::{self, Row, Version},
    sealed::Kind,
    space::{Space, remove_file},
    spill::{self, Spill},
    table::{Generation, MemberRows, member_hash, verify},
};

const WAITING: &str = "removals";

pub(super) struct Removals {
    space: Space,
    folder: std::path::PathBuf,
    enabled: bool,
    fields: Vec<LayoutField>,
    /// Rows end with the platform's own id.
    remote_ids: bool,
    /// Per layout: the column of each of its identifiers.
    columns: Vec<Vec<usize>>,
    thought_of: u64,
    waiting: Option<Waiting>,
}

struct Waiting {
    rows: IndexedWriter,
    /// (hash of a value, number of the value among all removals' values, number of the row that gives it up).
    values: Spill,
    next_value: u64,
    row: u64,
}

impl Removals {
    pub(super) fn new(
        intake: &Finished,
        base: &Generation,
        layouts: &[Layout],
        current: u32,
        enabled: bool,
    ) -> Result<Self, LedgerError> {
        let fields: Vec<LayoutField> = removal_fields(layouts, current).into_iter().cloned().collect();
        let column =
            |field: &LayoutField| fields.iter().position(|f| same_column(f, field)).expect("every identifier has a column");
        let columns = layouts.iter().map(|l| l.identifiers().map(column).collect()).collect();
        let (space, folder) = (&intake.space, &intake.folder);
        let waiting = if enabled && intake.layout.members() {
            let values = Spill::new(space, folder, "removed-values".into(), base.member_bits.max(INTAKE_BITS_DEFAULT));
            Some(Waiting { rows: IndexedWriter::create(space, folder, WAITING, Kind::Spill)?, values, next_value: 0, row: 0 })
        } else {
            None
        };
        let remote_ids = intake.layout.remote_id().is_some();
        Ok(Self { space: space.clone(), folder: folder.clone(), enabled, fields, remote_ids, columns, thought_of: 0, waiting })
    }

    /// How many removals there are so far, sent or not.
    pub(super) fn thought_of(&self) -> u64 {
        self.thought_of
    }

    /// Of a row that left: everything it was, or may have been, known by.
    pub(super) fn left(
        &mut self,
        hash: u64,
        key: &[u8],
        row: &Row,
        layouts: &[Layout],
        out: &mut Writer,
    ) -> Result<Vec<Part>, LedgerError> {
        self.parts(hash, key, row, layouts, &HashSet::new(), out)
    }

    /// Of a row that stays: what it was known by and is not any more.
    pub(super) fn replaced(
        &mut self,
        hash: u64,
        key: &[u8],
        row: &Row,
        attempt: &Attempt,
        layouts: &[Layout],
        out: &mut Writer,
    ) -> Result<Vec<Part>, LedgerError> {
        if !self.enabled || !row.is_held() {
            return Ok(Vec::new());
        }
        let stays = self.hashes_of_cells(&attempt.identifiers);
        self.parts(hash, key, row, layouts, &stays, out)
    }

    /// The hashes of the current layout's identifier cells, whose columns come first.
    fn hashes_of_cells(&self, cells: &[u8]) -> HashSet<u128> {
        let mut cursor = Cursor::new(cells);
        let mut hashes = HashSet::new();
        for field in &self.fields {
            let Some(raw) = cell::take_raw(&mut cursor, field.field.ty) else { break };
            if row::has_value(raw) {
                hashes.insert(member_hash(field, raw, self.space.seed));
            }
        }
        hashes
    }

    fn parts(
        &mut self,
        hash: u64,
        key: &[u8],
        row: &Row,
        layouts: &[Layout],
        stays: &HashSet<u128>,
        out: &mut Writer,
    ) -> Result<Vec<Part>, LedgerError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut written: Vec<Vec<u8>> = Vec::new();
        if let Some(waiting) = &mut self.waiting {
            waiting.row += 1;
        }
        let shift = usize::from(row.sent.is_none());
        for (at, version) in row.versions().enumerate() {
            let (cells, whole) = self.cells(version, layouts, stays);
            if !cells.iter().any(|c| row::has_value(c)) {
                continue;
            }
            let bit = 1u8 << (at + shift);
            let mut cells = cells.concat();
            if let Some(same) = written.iter().position(|w| *w == cells) {
                parts[same].versions |= bit;
                continue;
            }
            written.push(cells.clone());
            if self.remote_ids {
                row::put_remote_id(version.remote_id.as_deref().filter(|_| whole), &mut cells);
            }
            self.write(hash, key, &cells, out)?;
            parts.push(Part { versions: bit });
        }
        Ok(parts)
    }

    /// One cell per column of removals; what stays, and what the version has no field for, is absent. And whether nothing stays, so
    /// that the whole record is removed.
    fn cells(&self, version: &Version, layouts: &[Layout], stays: &HashSet<u128>) -> (Vec<Vec<u8>>, bool) {
        let mut cells = vec![vec![cell::ABSENT]; self.fields.len()];
        let mut whole = true;
        let columns = &self.columns[version.layout as usize];
        for (at, raw) in row::identifiers(version, &layouts[version.layout as usize]) {
            let column = columns[at];
            let keep = stays.is_empty() || !stays.contains(&member_hash(&self.fields[column], raw, self.space.seed));
            if row::has_value(raw) && keep {
                cells[column] = raw.to_vec();
            }
            whole &= keep || !row::has_value(raw);
        }
        (cells, whole)
    }

    fn write(&mut self, hash: u64, key: &[u8], cells: &[u8], out: &mut Writer) -> Result<(), LedgerError> {
        self.thought_of += 1;
        let seed = self.space.seed;
        let payload = removal_payload(cells, seed);
        let Some(waiting) = &mut self.waiting else {
            return out.row(0, hash, key, payload, cells).map(|_| ());
        };
        let mut cursor = Cursor::new(cells);
        for field in &self.fields {
            let raw = cell::take_raw(&mut cursor, field.field.ty).expect("one cell per column");
            if row::has_value(raw) {
                let value = member_hash(field, raw, seed);
                let mut event = [0u8; 32];
                event[..16].copy_from_slice(&value.to_le_bytes());
                event[16..24].copy_from_slice(&waiting.next_value.to_le_bytes());
                event[24..].copy_from_slice(&waiting.row.to_le_bytes());
                waiting.values.push((value >> 64) as u64, &event)?;
                waiting.next_value += 1;
            }
        }
        change_set::push_row(&mut waiting.rows, hash, key, payload, cells)?;
        Ok(())
    }

    /// Writes the removals that waited, without the identifiers that others still hold; gives a bit per removal that is not sent.
    pub(super) fn finish(self, out: &mut Writer, base: &Generation, counts: &mut Counts) -> Result<Vec<u8>, LedgerError> {
        let Some(mut waiting) = self.waiting else {
            return verify(&self.space, &base.members).map(|()| Vec::new());
        };
        let carried = carried(&self.space, base, &mut waiting.values, waiting.next_value)?;
        let index = waiting.rows.finish()?;
        let file = IndexedFile::open(&self.space, &self.folder, WAITING, Kind::Spill, index)?;
        let mut withheld = vec![0u8; (self.thought_of as usize).div_ceil(8)];
        let (mut value, mut removal, mut any) = (0u64, 0usize, false);
        for at in 0..file.blocks().len() {
            let block = file.block(at)?;
            for i in 0..block.len() {
                let (key, _, cells) = change_set::take_row(block.row(i)).ok_or_else(|| file.damaged())?;
                let (mut kept, mut some, mut all) = (Vec::with_capacity(cells.len()), false, true);
                let mut cursor = Cursor::new(cells);
                for field in &self.fields {
                    let raw = cell::take_raw(&mut cursor, field.field.ty).ok_or_else(|| file.damaged())?;
                    let sent = row::has_value(raw) && {
                        value += 1;
                        bit(&carried, value - 1)
                    };
                    some |= sent;
                    all &= sent || !row::has_value(raw);
                    kept.extend_from_slice(if sent { raw } else { &[cell::ABSENT] });
                }
                if self.remote_ids {
                    // Whom another row still holds by one of its identifiers is not removed by the id of the whole record.
                    kept.extend_from_slice(if all { cursor.rest } else { &[cell::ABSENT] });
                }
                let hash = crate::key::hash(key, self.space.seed);
                if some {
                    out.row(0, hash, key, removal_payload(&kept, self.space.seed), &kept)?;
                } else {
                    any = true;
                    withheld[removal / 8] |= 1 << (removal % 8);
                    counts.still_held_by_another += 1;
                    change_set::list(out, hash, key, ListedState::StillHeldByAnother, Code::StillHeldByAnother, None, 0)?;
                }
                removal += 1;
            }
        }
        remove_file(&self.folder, WAITING)?;
        Ok(if any { withheld } else { Vec::new() })
    }
}

fn bit(bits: &[u8], at: u64) -> bool {
    bits[(at / 8) as usize] >> (at % 8) & 1 != 0
}

/// A bit per value: whether a removal carries it. A value is carried once, by its first removal, when every row that holds it gives it
/// up in this run. The index is read to its end in any case: settling needs all of it, and damage must be known before anything is
/// sent.
fn carried(space: &Space, base: &Generation, values: &mut Spill, total: u64) -> Result<Vec<u8>, LedgerError> {
    let mut carried = vec![0u8; (total as usize).div_ceil(8)];
    let mut partition = 0;
    let mut held: Option<MemberRows> = None;
    for part in 0..values.parts() {
        let mut events: Vec<(u128, u64, u64)> = Vec::new();
        values.drain(part, |chunk| {
            for row in spill::rows(chunk) {
                let mut cursor = Cursor::new(row);
                let (Some(value), Some(number), Some(row)) = (cursor.u128(), cursor.u64(), cursor.u64()) else { continue };
                events.push((value, number, row));
            }
            Ok(())
        })?;
        events.sort_unstable();
        for group in events.chunk_by(|a, b| a.0 == b.0) {
            let (value, first, _) = group[0];
            // A row may give a value up several times, once per version that has it; the index counts the row once.
            let given_up = group.chunk_by(|a, b| a.2 == b.2).count() as u64;
            // Both sides are in the order of the hash, so the index is read once.
            let holders = loop {
                match held.as_ref().and_then(MemberRows::entry) {
                    Some((hash, count)) if hash == value => break count,
                    Some((hash, _)) if hash > value => break 0,
                    Some(_) => held.as_mut().expect("it has an entry").advance()?,
                    None => match base.members.get(partition) {
                        Some(next) => {
                            partition += 1;
                            held = Some(MemberRows::open(space, next)?);
                        }
                        None => break 0,
                    },
                }
            };
            if holders <= given_up {
                carried[(first / 8) as usize] |= 1 << (first % 8);
            }
        }
    }
    while held.as_ref().is_some_and(|h| h.entry().is_some()) {
        held.as_mut().expect("it has an entry").advance()?;
    }
    verify(space, &base.members[partition..])?;
    Ok(carried)
}
