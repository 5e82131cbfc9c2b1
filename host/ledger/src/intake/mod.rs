//! Intake: a source's rows, in any order and chunking, become canonical rows, split by the hash of their keys.
//!
//! Nothing is compared here. A row that the caller marked invalid, or whose key is null, keeps its code; the others keep their
//! canonical cells, from which the change set is made.

mod encode;
mod leaf;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use arrow::array::{Array, RecordBatch};
use sluice_catalog::Code;

pub(crate) use encode::{Incoming, RowEncoder};
pub(crate) use leaf::Leaf;

use crate::{
    column::{self, Cells},
    error::LedgerError,
    key,
    layout::Layout,
    limits::{BITS_MAX, INTAKE_BITS_DEFAULT, INTAKE_PARTITION_BYTES_AIM, INTAKE_PARTITION_BYTES_MAX, KEY_BYTES_MAX},
    space::{Space, private_folder},
    spill::Spill,
};

/// Why the caller refuses a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// A code of the class `RowInvalid`.
    pub code: Code,
    /// Index of the layout's field concerned; none where no single one is to blame.
    pub field: Option<u16>,
}

/// What has come in so far; all in rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeCounts {
    /// Rows pushed.
    pub rows: u64,
    /// Rows with a null in their key.
    pub null_keys: u64,
    /// Rows that were refused, by code, null keys included.
    pub invalid: BTreeMap<Code, u64>,
    /// Of these, rows without a usable key, which nothing can be listed for.
    pub(crate) unkeyed: BTreeMap<Code, u64>,
}

/// Takes a source's rows in. Blocking; memory is bounded by [`crate::limits`], whatever the number of rows.
pub struct Intake {
    pub(crate) space: Space,
    pub(crate) folder: PathBuf,
    pub(crate) layout: Layout,
    spill: Spill,
    encoder: RowEncoder,
    counts: IntakeCounts,
}

impl Intake {
    /// * `folder`: the run's scratch folder, made when it is not there (0700); files in it are 0600.
    /// * `rows_hint`: about how many rows will come, where known; a wrong hint costs one more pass over the rows, nothing else.
    pub fn create(space: &Space, folder: &Path, layout: &Layout, rows_hint: Option<u64>) -> Result<Self, LedgerError> {
        private_folder(folder)?;
        // A row has some 128 bytes; the largest part decides in the end whether to split once more.
        let hinted = rows_hint.map_or(INTAKE_BITS_DEFAULT, |rows| {
            let parts = rows.saturating_mul(128) / INTAKE_PARTITION_BYTES_AIM;
            (64 - parts.leading_zeros()) as u8
        });
        let spill = Spill::new(space, folder, "intake".into(), hinted.min(BITS_MAX));
        Ok(Self {
            space: space.clone(),
            folder: folder.to_owned(),
            layout: layout.clone(),
            spill,
            encoder: RowEncoder::new(layout, space.seed),
            counts: IntakeCounts::default(),
        })
    }

    /// Takes a batch in: the key's columns, then one column per field of the layout, in its order. `invalid`: one entry per row, or
    /// empty when the caller refuses none.
    pub fn push(&mut self, batch: &RecordBatch, invalid: &[Option<Invalid>]) -> Result<(), LedgerError> {
        let (keys, fields) = (self.layout.keys().len(), self.layout.fields().len());
        if batch.num_columns() != keys + fields {
            let cause = format!("{} columns instead of {keys} and {fields}", batch.num_columns());
            return Err(LedgerError::Batch { cause });
        }
        if !invalid.is_empty() && invalid.len() != batch.num_rows() {
            return Err(LedgerError::Batch { cause: "verdicts for another number of rows".into() });
        }
        let types = self.layout.keys().iter().map(|k| (k.ty, k.scale));
        let types = types.chain(self.layout.fields().iter().map(|f| (f.field.ty, f.scale)));
        let columns = batch
            .columns()
            .iter()
            .zip(types)
            .map(|(c, (ty, scale))| column::to_type(c, ty, scale))
            .collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<Cells<'_>> = columns.iter().map(Cells::of).collect();
        let (key_cells, field_cells) = cells.split_at(keys);
        let key_nulls = columns[..keys].iter().any(|c| c.null_count() > 0);
        for row in 0..batch.num_rows() {
            self.counts.rows += 1;
            if key_nulls && key_cells.iter().any(|c| c.is_null(row)) {
                self.counts.null_keys += 1;
                self.refuse_unkeyed(Code::NullPrimaryKey);
                continue;
            }
            self.encoder.key(key_cells, self.layout.keys(), row);
            if self.encoder.key_bytes() > KEY_BYTES_MAX {
                self.refuse_unkeyed(Code::TooLong);
                continue;
            }
            let mut verdict = invalid.get(row).copied().flatten();
            self.encoder.row(field_cells, &self.layout, row, verdict);
            if verdict.is_none()
                && let Some(code) = self.encoder.too_large()
            {
                verdict = Some(Invalid { code, field: None });
                self.encoder.row(field_cells, &self.layout, row, verdict);
            }
            if let Some(verdict) = verdict {
                self.refuse(verdict.code);
            }
            let hash = key::hash(self.encoder.current_key(), self.space.seed);
            self.spill.push(hash, self.encoder.bytes())?;
        }
        Ok(())
    }

    fn refuse(&mut self, code: Code) {
        *self.counts.invalid.entry(code).or_default() += 1;
    }

    fn refuse_unkeyed(&mut self, code: Code) {
        self.refuse(code);
        *self.counts.unkeyed.entry(code).or_default() += 1;
    }

    /// Counts so far. Duplicates are found by [`crate::diff`].
    pub fn counts(&self) -> &IntakeCounts {
        &self.counts
    }

    /// Ends the intake: parts that are too large to be compared in memory are split.
    pub fn finish(mut self) -> Result<Finished, LedgerError> {
        let times = self.spill.largest() / INTAKE_PARTITION_BYTES_MAX;
        let bits = self.spill.bits() + (64 - times.leading_zeros()) as u8;
        if times > 0 && bits.min(BITS_MAX) > self.spill.bits() {
            let seed = self.space.seed;
            self.spill = self.spill.split(bits.min(BITS_MAX), |row| key::hash(encode::key_of(row), seed))?;
        }
        Ok(Finished { space: self.space, folder: self.folder, layout: self.layout, spill: self.spill, counts: self.counts })
    }
}

/// An intake that is complete and can be compared.
pub struct Finished {
    pub(crate) space: Space,
    pub(crate) folder: PathBuf,
    pub(crate) layout: Layout,
    spill: Spill,
    counts: IntakeCounts,
}

impl Finished {
    /// What came in.
    pub fn counts(&self) -> &IntakeCounts {
        &self.counts
    }

    pub(crate) fn parts(&self) -> usize {
        self.spill.parts()
    }

    pub(crate) fn load(&mut self, part: usize, leaf: &mut Leaf) -> Result<(), LedgerError> {
        leaf.clear();
        let seed = self.space.seed;
        self.spill.drain(part, |chunk| {
            leaf.add(chunk, seed);
            Ok(())
        })?;
        leaf.sort();
        Ok(())
    }
}
