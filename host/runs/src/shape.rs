//! From rows of a model to rows as a platform wants them: casts, normalisers, hashes, null policy, constants, and our own refusals.
//!
//! Step 4 of a row's way (design section 4), column by column. A row that breaks a rule of the service is marked invalid with a
//! code and the field, and goes on to the ledger so that it is counted and listed; it is never sent. What is cleared or left out is
//! still a null here; the ledger's layout says which of the two a null is.

mod cast;
mod text;

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array},
    compute,
    datatypes::{DataType, Field, Schema},
    error::ArrowError,
};
use sluice_catalog::{
    Code,
    columnar::PhysicalType,
    manifest::{FieldRole, Hash, Normalise},
    semantic::Country,
};

pub use cast::{arrow_type, constant};

/// What fills a target.
#[derive(Debug, Clone)]
pub enum Filling {
    /// A column of the incoming batch, by index.
    Column(usize),
    /// The same value for every row: an array of one.
    Constant(ArrayRef),
}

/// One mapped field with the service's rules for it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The exact name at the platform.
    pub name: String,
    /// What it means there.
    pub role: FieldRole,
    /// What it is sent as.
    pub ty: PhysicalType,
    /// Digits behind the point, of a decimal.
    pub scale: i8,
    /// What fills it.
    pub filling: Filling,
    /// Replaces nulls: an array of one.
    pub default: Option<ArrayRef>,
    /// A null makes the row invalid.
    pub required: bool,
    /// Longest text, in characters.
    pub chars_max: Option<u32>,
    /// Longest text, in bytes.
    pub bytes_max: Option<u32>,
    /// Allowed texts; empty for any.
    pub one_of: Vec<String>,
    /// Steps on the text, in order.
    pub normalise: Vec<Normalise>,
    /// Hash of the normalised text.
    pub hash: Hash,
    /// Where phone numbers are from that do not say it.
    pub country: Option<Country>,
}

/// Why a row is not sent: a code, and the target concerned by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// `missing-required`, `no-identifier`, `cast-failed`, `too-long`, `too-large`, `bad-format` or `too-old`.
    pub code: Code,
    /// Index of the target; none where no single one is to blame.
    pub target: Option<u16>,
}

/// The rules of one activation, ready for batches.
#[derive(Debug, Clone)]
pub struct Shape {
    keys: usize,
    targets: Vec<Target>,
    oldest_us: Option<i64>,
    row_bytes_max: u64,
}

/// Rows with key columns first, then one column per target, and a verdict of ours per row.
#[derive(Debug)]
pub struct Shaped {
    /// Key columns as they came, then the targets in order.
    pub batch: RecordBatch,
    /// One entry per row; none for a row that may be sent.
    pub invalid: Vec<Option<Invalid>>,
}

impl Shape {
    /// `keys`: the incoming batch starts with so many key columns. `oldest_us`: events before this instant are too old.
    pub fn new(keys: usize, targets: Vec<Target>, oldest_us: Option<i64>) -> Self {
        Self { keys, targets, oldest_us, row_bytes_max: u64::MAX }
    }

    /// A row whose texts alone have more bytes than this fits into no request.
    #[must_use]
    pub fn with_row_bytes_max(self, row_bytes_max: u64) -> Self {
        Self { row_bytes_max, ..self }
    }

    /// The targets, in the order of the shaped columns.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Applies every rule to a batch. An error is a defect of types that planning should have refused, never a bad row.
    pub fn apply(&self, batch: &RecordBatch) -> Result<Shaped, ArrowError> {
        let rows = batch.num_rows();
        let mut invalid = vec![None; rows];
        let mut columns: Vec<ArrayRef> = batch.columns()[..self.keys].to_vec();
        let mut fields: Vec<Field> = batch.schema().fields()[..self.keys].iter().map(|f| f.as_ref().clone()).collect();
        for (at, target) in self.targets.iter().enumerate() {
            let column = target.fill(batch, at as u16, &mut invalid)?;
            fields.push(Field::new(&target.name, column.data_type().clone(), true));
            columns.push(column);
        }
        self.refuse_rows_without_identifier(&columns, &mut invalid);
        self.refuse_old_events(&columns, &mut invalid);
        self.refuse_large_rows(&columns, &mut invalid);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        Ok(Shaped { batch, invalid })
    }

    fn refuse_rows_without_identifier(&self, columns: &[ArrayRef], invalid: &mut [Option<Invalid>]) {
        let ids: Vec<&ArrayRef> = self.with_role(FieldRole::Identifier).map(|at| &columns[self.keys + at]).collect();
        if ids.iter().any(|c| c.null_count() == 0) {
            return;
        }
        for (row, slot) in invalid.iter_mut().enumerate() {
            if slot.is_none() && ids.iter().all(|c| c.is_null(row)) {
                *slot = Some(Invalid { code: Code::NoIdentifier, target: None });
            }
        }
    }

    fn refuse_old_events(&self, columns: &[ArrayRef], invalid: &mut [Option<Invalid>]) {
        let (Some(oldest), Some(at)) = (self.oldest_us, self.with_role(FieldRole::EventTime).next()) else { return };
        let Some(times) = columns[self.keys + at].as_any().downcast_ref::<TimestampMicrosecondArray>() else { return };
        for (row, slot) in invalid.iter_mut().enumerate() {
            if slot.is_none() && times.is_valid(row) && times.value(row) < oldest {
                *slot = Some(Invalid { code: Code::TooOld, target: Some(at as u16) });
            }
        }
    }

    fn refuse_large_rows(&self, columns: &[ArrayRef], invalid: &mut [Option<Invalid>]) {
        let texts: Vec<&StringArray> = columns[self.keys..].iter().filter_map(|c| c.as_any().downcast_ref()).collect();
        let bytes = |of: &StringArray| (of.value_offsets()[of.len()] - of.value_offsets()[0]) as u64;
        if texts.iter().map(|of| bytes(of)).sum::<u64>() <= self.row_bytes_max {
            return;
        }
        for (row, slot) in invalid.iter_mut().enumerate() {
            let bytes: u64 = texts.iter().filter(|of| of.is_valid(row)).map(|of| of.value_length(row) as u64).sum();
            if slot.is_none() && bytes > self.row_bytes_max {
                *slot = Some(Invalid { code: Code::TooLarge, target: None });
            }
        }
    }

    fn with_role(&self, role: FieldRole) -> impl Iterator<Item = usize> + '_ {
        self.targets.iter().enumerate().filter(move |(_, t)| t.role == role).map(|(at, _)| at)
    }
}

impl Target {
    /// The name of the value's form: its normaliser's steps and its hash. Another form is another fingerprint.
    pub fn form(&self) -> String {
        let steps = self.normalise.iter().map(|step| format!("{step:?}"));
        let hash = (self.hash != Hash::None).then(|| format!("{:?}", self.hash));
        steps.chain(hash).collect::<Vec<_>>().join("+").to_lowercase()
    }

    fn fill(&self, batch: &RecordBatch, at: u16, invalid: &mut [Option<Invalid>]) -> Result<ArrayRef, ArrowError> {
        let rows = batch.num_rows();
        let mut refuse = |row: usize, code: Code| {
            invalid[row].get_or_insert(Invalid { code, target: Some(at) });
        };
        let mut column = match &self.filling {
            Filling::Constant(one) => return repeat(one, rows),
            Filling::Column(index) => {
                cast::to_physical(batch.column(*index), self.ty, self.scale, |row| refuse(row, Code::CastFailed))?
            }
        };
        if let Some(texts) = column.as_any().downcast_ref::<StringArray>()
            && let Some(changed) =
                text::normalised(texts, &self.normalise, self.hash, self.country, |row| refuse(row, Code::BadFormat))
        {
            column = Arc::new(changed);
        }
        if let Some(default) = &self.default
            && column.null_count() > 0
        {
            let there = compute::is_not_null(&column)?;
            column = compute::kernels::zip::zip(&there, &column, &repeat(default, rows)?)?;
        }
        if self.required && column.null_count() > 0 {
            (0..rows).filter(|row| column.is_null(*row)).for_each(|row| refuse(row, Code::MissingRequired));
        }
        if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
            text::too_long(texts, self.chars_max, self.bytes_max, |row| refuse(row, Code::TooLong));
            if !self.one_of.is_empty() {
                let bad = |row: &usize| texts.is_valid(*row) && !self.one_of.iter().any(|v| v == texts.value(*row));
                (0..rows).filter(bad).for_each(|row| refuse(row, Code::BadFormat));
            }
        }
        Ok(column)
    }
}

fn repeat(one: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    compute::take(one, &UInt32Array::from(vec![0; rows]), None)
}

/// Whether a model's column may fill a field of this type; the cast itself may still fail for single values.
pub fn fits(from: &DataType, to: PhysicalType) -> bool {
    cast::fits(from, to)
}

#[cfg(test)]
mod tests;
