//! The rows of a run's batches as the connector gets them: the change set's columns, and the few that the host adds.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sluice_catalog::{
    columnar::{Batch, Column, Field, PhysicalType},
    contract::Operation,
    ids::{ActivationId, RunId},
    manifest::FieldRole,
};
use sluice_ledger::{ChangeSet, part_key};

use crate::{
    error::RunError,
    plan::{Extra, Plan},
    progress::{Cut, Progress, Ranges},
};

/// A change set with the columns that the plan adds.
pub(crate) struct Cargo {
    change_set: Arc<ChangeSet>,
    extra: Vec<Extra>,
    /// Whose rows they are, and in which run they go.
    of: (ActivationId, RunId),
}

/// One batch, ready for a call.
pub(crate) struct Load {
    /// The batch's key.
    pub(crate) key: String,
    /// Whether no fresh row of the phase comes after it.
    pub(crate) last: bool,
    /// Rows of the phase.
    pub(crate) rows_total: u64,
    /// The rows.
    pub(crate) batch: Batch,
}

impl Cargo {
    pub(crate) fn new(change_set: Arc<ChangeSet>, plan: &Plan, of: (ActivationId, RunId)) -> Self {
        Self { change_set, extra: plan.extra.clone(), of }
    }

    /// A delivery of it that has not begun.
    pub(crate) fn progress(&self) -> Progress {
        Progress::of(self.change_set.phases())
    }

    /// Whether the platform tells its own ids of the rows, to be kept.
    pub(crate) fn has_remote_ids(&self) -> bool {
        self.change_set.has_remote_ids()
    }

    /// Rows to be sent.
    pub(crate) fn rows(&self) -> u64 {
        self.change_set.phases().iter().map(|p| p.rows).sum()
    }

    /// Whether there is nothing to do at the platform.
    pub(crate) fn is_quiet(&self) -> bool {
        self.rows() == 0 && !(0..self.change_set.phases().len() as u8).any(|phase| self.empties(phase))
    }

    /// Whether a phase takes the place of everything with nothing: everybody who was there has left.
    pub(crate) fn empties(&self, phase: u8) -> bool {
        let phase = &self.change_set.phases()[usize::from(phase)];
        phase.operation == Operation::Replace && phase.rows == 0 && self.change_set.counts().removed > 0
    }

    /// The batch of such a phase.
    pub(crate) fn nobody(&self, phase: u8) -> Result<Load, RunError> {
        self.load(&Cut { batch: 1, phase, attempt: 1, ranges: Vec::new() })
    }

    pub(crate) fn operation(&self, phase: u8) -> Operation {
        self.change_set.phases()[usize::from(phase)].operation
    }

    /// The columns of a phase's batches.
    pub(crate) fn schema(&self, phase: u8) -> Vec<Field> {
        let phase = &self.change_set.phases()[usize::from(phase)];
        let mut fields = phase.schema.clone();
        fields.extend(self.extra.iter().filter(|e| e.is_in(phase.removal)).map(Extra::field));
        fields
    }

    /// Whether the values of a batch have more than so many bytes.
    pub(crate) fn is_larger(&self, phase: u8, ranges: &Ranges, bytes_max: u64) -> Result<bool, RunError> {
        Ok(self.change_set.is_larger(phase, ranges, bytes_max)?)
    }

    /// Reads a batch. A disk read of some kilobytes at most, so it may be done between two waits.
    pub(crate) fn load(&self, cut: &Cut) -> Result<Load, RunError> {
        let phase = &self.change_set.phases()[usize::from(cut.phase)];
        let rows = self.change_set.batch(cut.phase, &cut.ranges)?;
        let key = part_key(self.of.0, self.of.1, phase.operation, &rows);
        let count = rows.batch.rows;
        let added = self.extra.iter().filter(|e| e.is_in(phase.removal)).map(|extra| match extra {
            Extra::Flag { .. } => bits(count, !phase.removal),
            Extra::Cleared { field } => cleared(count, field.ty),
            Extra::EventId { .. } => self.event_ids(rows.keys()),
        });
        let added: Vec<Column> = added.collect();
        let mut batch = rows.batch;
        batch.columns.extend(added);
        Ok(Load { key, last: self.is_last(cut), rows_total: phase.rows, batch })
    }

    /// A batch by its number of rows alone, without its key.
    pub(crate) fn unread(&self, cut: &Cut) -> Load {
        let batch = Batch { rows: cut.rows(), columns: Vec::new() };
        let rows_total = self.change_set.phases()[usize::from(cut.phase)].rows;
        Load { key: String::new(), last: self.is_last(cut), rows_total, batch }
    }

    fn is_last(&self, cut: &Cut) -> bool {
        let rows = self.change_set.phases()[usize::from(cut.phase)].rows;
        cut.ranges.last().map_or(rows == 0, |(start, len)| start + u64::from(*len) == rows)
    }

    /// A letter and 32 hexadecimal digits over activation and key: the same event has the same id in every run.
    fn event_ids<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Column {
        let activation = self.of.0.to_string();
        let mut column = Column::default();
        let mut end = 0i32;
        column.offsets.extend_from_slice(&end.to_le_bytes());
        for key in keys {
            let mut hash = Sha256::new();
            hash.update(&activation);
            hash.update(key);
            let text = format!("e{}", hex::encode(&hash.finalize()[..16]));
            column.data.extend_from_slice(text.as_bytes());
            end += text.len() as i32;
            column.offsets.extend_from_slice(&end.to_le_bytes());
        }
        column
    }
}

fn bits(rows: u32, value: bool) -> Column {
    let byte = if value { 0xFF } else { 0 };
    Column { data: vec![byte; rows.div_ceil(8) as usize], ..Column::default() }
}

/// Every cell present and null.
fn cleared(rows: u32, ty: PhysicalType) -> Column {
    let n = rows as usize;
    let variable = matches!(ty, PhysicalType::Utf8 | PhysicalType::Binary | PhysicalType::Json);
    Column {
        present: Vec::new(),
        validity: vec![0; n.div_ceil(8)],
        offsets: if variable { vec![0; (n + 1) * 4] } else { Vec::new() },
        data: vec![0; ty.fixed_bytes().map_or(if variable { 0 } else { n.div_ceil(8) }, |width| width * n)],
    }
}

impl Extra {
    /// The column's schema.
    pub(crate) fn field(&self) -> Field {
        let of = |name: &str, ty, role: FieldRole| Field {
            name: name.to_owned(),
            ty,
            nullable: false,
            attrs: vec![("role".to_owned(), role.as_str().to_owned())],
        };
        match self {
            Self::Flag { name } => of(name, PhysicalType::Boolean, FieldRole::Attribute),
            Self::Cleared { field } => field.clone(),
            Self::EventId { name } => of(name, PhysicalType::Utf8, FieldRole::EventId),
        }
    }

    fn is_in(&self, removal: bool) -> bool {
        match self {
            Self::Flag { .. } => true,
            Self::Cleared { .. } => removal,
            Self::EventId { .. } => !removal,
        }
    }
}
