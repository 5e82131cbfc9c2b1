//! The members index, moved on: which rows took an identifier up or gave it up.

use std::collections::HashSet;

use crate::{
    change_set::ChangeSet,
    codec::Cursor,
    error::LedgerError,
    layout::Layout,
    limits::{INTAKE_BITS_DEFAULT, PARTITION_ROWS_MAX},
    row::{self, Row},
    settle::compacts,
    space::Space,
    spill::{self, Spill},
    table::{Generation, MemberRows, MemberWriter, Partition, bits_for, member_hash, prefix},
};

/// Gathers changes of holders, sorted by the identifier's hash at the end.
pub(super) struct Holders<'c> {
    space: &'c Space,
    layouts: &'c [Layout],
    changes: Option<Spill>,
    taken: u64,
}

impl<'c> Holders<'c> {
    pub(super) fn new(set: &'c ChangeSet, base: &Generation) -> Self {
        let layouts = &set.head.layouts;
        let changes = layouts.iter().any(Layout::members).then(|| {
            let bits = base.member_bits.max(INTAKE_BITS_DEFAULT);
            Spill::new(&set.space, &set.folder, "held-values".into(), bits)
        });
        Self { space: &set.space, layouts, changes, taken: 0 }
    }

    /// A row has changed.
    pub(super) fn moved(&mut self, before: Option<&Row>, after: &Row) -> Result<(), LedgerError> {
        if self.changes.is_none() {
            return Ok(());
        }
        let before = before.map(|row| self.values(row)).unwrap_or_default();
        let after = self.values(after);
        let mut given_up: Vec<_> = before.difference(&after).map(|v| (*v, -1i8)).collect();
        let taken: Vec<_> = after.difference(&before).map(|v| (*v, 1i8)).collect();
        self.taken += taken.len() as u64;
        given_up.extend(taken);
        let changes = self.changes.as_mut().expect("looked at above");
        for (value, by) in given_up {
            let mut event = [0u8; 17];
            event[..16].copy_from_slice(&value.to_le_bytes());
            event[16] = by as u8;
            changes.push((value >> 64) as u64, &event)?;
        }
        Ok(())
    }

    fn values(&self, row: &Row) -> HashSet<u128> {
        let mut values = HashSet::new();
        for version in row.versions() {
            let layout = &self.layouts[version.layout as usize];
            if !layout.members() {
                continue;
            }
            let fields: Vec<_> = layout.identifiers().collect();
            for (at, raw) in row::identifiers(version, layout) {
                if row::has_value(raw) {
                    values.insert(member_hash(fields[at], raw, self.space.seed));
                }
            }
        }
        values
    }

    /// Writes the index of `next`.
    pub(super) fn write(self, base: &Generation, next: &mut Generation) -> Result<(), LedgerError> {
        let Some(mut changes) = self.changes else { return Ok(()) };
        let total: u64 = base.members.iter().flat_map(Partition::files).map(|f| f.rows).sum::<u64>() + self.taken;
        let fits = !base.members.is_empty() && total <= PARTITION_ROWS_MAX << base.member_bits;
        let bits = if fits { base.member_bits } else { bits_for(total, PARTITION_ROWS_MAX).max(base.member_bits) };
        let rewrite = base.members.is_empty() || bits != base.member_bits;
        (next.member_bits, next.members) = (bits, Vec::new());
        let mut pending = Pending { changes: &mut changes, part: 0, sums: Vec::new(), next: 0 };
        let mut all = (0usize, MemberWriter::new(self.space));
        let label = |at: usize| format!("members-{}-{at}", next.number);
        let mut written = Vec::new();
        for at in 0..base.members.len().max(1) {
            let partition = base.members.get(at).cloned().unwrap_or_default();
            let sums = pending.of_partition(at, base.member_bits)?;
            if !rewrite && sums.is_empty() {
                written.push(partition);
                continue;
            }
            let whole = rewrite || compacts(&partition, sums.len() as u64);
            let mut rows = MemberRows::open(self.space, &partition)?;
            let mut own = MemberWriter::new(self.space);
            let mut put = |hash: u128, count: u64, changed: bool| -> Result<(), LedgerError> {
                if rewrite {
                    while all.0 < prefix((hash >> 64) as u64, bits) {
                        let full = std::mem::replace(&mut all.1, MemberWriter::new(self.space));
                        written.push(Partition { base: full.finish(&label(all.0))?, deltas: Vec::new() });
                        all.0 += 1;
                    }
                    if count > 0 {
                        all.1.push(hash, count);
                    }
                } else if (whole && count > 0) || (!whole && changed) {
                    own.push(hash, count);
                }
                Ok(())
            };
            for (hash, by) in sums {
                while let Some((held, count)) = rows.entry().filter(|(held, _)| *held < hash) {
                    put(held, count, false)?;
                    rows.advance()?;
                }
                let mut count = 0;
                if let Some((_, held)) = rows.entry().filter(|(held, _)| *held == hash) {
                    count = held;
                    rows.advance()?;
                }
                put(hash, count.saturating_add_signed(by), true)?;
            }
            while let Some((held, count)) = rows.entry() {
                put(held, count, false)?;
                rows.advance()?;
            }
            if rewrite {
                continue;
            }
            let file = own.finish(&label(at))?;
            written.push(match whole {
                true => Partition { base: file, deltas: Vec::new() },
                false => Partition { deltas: partition.deltas.into_iter().chain(file).collect(), ..partition },
            });
        }
        if rewrite {
            while all.0 < 1 << bits {
                let full = std::mem::replace(&mut all.1, MemberWriter::new(self.space));
                written.push(Partition { base: full.finish(&label(all.0))?, deltas: Vec::new() });
                all.0 += 1;
            }
        }
        next.members = written;
        Ok(())
    }
}

/// Changes per value, in the order of the hash, handed out partition by partition.
struct Pending<'p> {
    changes: &'p mut Spill,
    part: usize,
    sums: Vec<(u128, i64)>,
    next: usize,
}

impl Pending<'_> {
    fn of_partition(&mut self, at: usize, bits: u8) -> Result<Vec<(u128, i64)>, LedgerError> {
        let mut found = Vec::new();
        loop {
            while let Some(sum) = self.sums.get(self.next).filter(|(hash, _)| prefix((hash >> 64) as u64, bits) == at) {
                found.push(*sum);
                self.next += 1;
            }
            if self.next < self.sums.len() || self.part == self.changes.parts() {
                return Ok(found);
            }
            let mut events: Vec<(u128, i64)> = Vec::new();
            self.changes.drain(self.part, |chunk| {
                for row in spill::rows(chunk) {
                    let mut cursor = Cursor::new(row);
                    if let (Some(value), Some(by)) = (cursor.u128(), cursor.u8()) {
                        events.push((value, i64::from(by as i8)));
                    }
                }
                Ok(())
            })?;
            self.part += 1;
            events.sort_unstable_by_key(|(value, _)| *value);
            let sum = |group: &[(u128, i64)]| (group[0].0, group.iter().map(|(_, by)| by).sum::<i64>());
            self.sums = events.chunk_by(|a, b| a.0 == b.0).map(sum).filter(|(_, by)| *by != 0).collect();
            self.next = 0;
        }
    }
}
