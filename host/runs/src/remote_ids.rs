//! The platform's own ids of records, on their way from receipts to the ledger.
//!
//! They are written down with the answers that tell them, and read again when the run is settled, a window of rows at a time: memory
//! follows the window, not the number of rows.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use sluice_catalog::{
    columnar::Column,
    ids::{RunId, WorkspaceId},
    seal::DataKey,
};
use sluice_sandbox::check_receipt;
use sluice_store::Store;
use tokio::runtime::Handle;

use crate::{
    error::RunError,
    journal,
    limits::{REMOTE_ID_BYTES_MAX, REMOTE_ID_WINDOW_ROWS},
    progress::{Cut, Event},
    settle_batch::Landed,
};

/// The ids in an answer, by index in the phase. None of a receipt that cannot be believed.
pub(crate) fn told(cut: &Cut, landed: &Landed) -> Vec<(u64, Box<str>)> {
    let Ok(Ok(written)) = landed else { return Vec::new() };
    let Some(column) = &written.receipt.remote_ids else { return Vec::new() };
    if check_receipt(&written.receipt, cut.rows()).is_err() {
        return Vec::new();
    }
    let rows = cut.ranges.iter().flat_map(|&(start, len)| start..start + u64::from(len));
    let all = rows.enumerate().filter_map(|(at, row)| Some((row, text(column, at)?)));
    let (kept, long): (Vec<_>, Vec<_>) = all.partition(|(_, id)| id.len() <= REMOTE_ID_BYTES_MAX);
    if !long.is_empty() {
        tracing::warn!(rows = long.len(), "ids of the platform with more than {REMOTE_ID_BYTES_MAX} bytes are not kept");
    }
    kept.into_iter().map(|(row, id)| (row, id.into())).collect()
}

/// One text of a checked column; none where there is none, or an empty one.
fn text(column: &Column, at: usize) -> Option<&str> {
    let bit = |bits: &[u8]| bits.is_empty() || bits[at / 8] >> (at % 8) & 1 == 1;
    let offset = |at: usize| i32::from_le_bytes(column.offsets[at * 4..at * 4 + 4].try_into().expect("four bytes")) as usize;
    let bytes = &column.data[offset(at)..offset(at + 1)];
    let text = std::str::from_utf8(bytes).expect("the receipt's texts are checked");
    (bit(&column.present) && bit(&column.validity) && !text.is_empty()).then_some(text)
}

/// The ids in a run's journal, asked for in ascending order within each phase.
pub(crate) struct RemoteIds {
    store: Store,
    key: Arc<DataKey>,
    of: (WorkspaceId, RunId),
    runtime: Handle,
    /// Per phase and entry of the journal that has ids: its number, and the rows that they are of, from the first to the last.
    entries: Vec<(u8, u64, Range<u64>)>,
    /// Per phase.
    windows: BTreeMap<u8, Window>,
    failed: Option<RunError>,
}

#[derive(Default)]
struct Window {
    rows: Range<u64>,
    ids: BTreeMap<u64, Box<str>>,
}

impl RemoteIds {
    /// Looks where the journal of a run has ids.
    pub(crate) async fn open(store: &Store, key: Arc<DataKey>, of: (WorkspaceId, RunId)) -> Result<Self, RunError> {
        let mut entries = Vec::new();
        journal::each(store, &key, of, |seq, events| {
            for event in events {
                if let Event::RemoteIds { phase, ids } = event {
                    let rows = ids.iter().map(|(row, _)| *row);
                    let (first, last) = (rows.clone().min().unwrap_or(0), rows.max().map_or(0, |last| last + 1));
                    entries.push((phase, seq, first..last));
                }
            }
        })
        .await?;
        let (store, runtime) = (store.clone(), Handle::current());
        Ok(Self { store, key, of, runtime, entries, windows: BTreeMap::new(), failed: None })
    }

    /// The id of a row. To be called on a thread that may block. After a failure there is none; [`RemoteIds::failed`] says why.
    pub(crate) fn of(&mut self, phase: u8, row: u64) -> Option<Box<str>> {
        if !self.windows.get(&phase).is_some_and(|window| window.rows.contains(&row)) {
            let window = self.load(phase, row..row.saturating_add(REMOTE_ID_WINDOW_ROWS));
            let window = window.map_err(|error| self.failed = Some(error)).unwrap_or_default();
            self.windows.insert(phase, window);
        }
        self.windows[&phase].ids.get(&row).cloned()
    }

    /// Why ids are missing, when they are.
    pub(crate) fn failed(self) -> Option<RunError> {
        self.failed
    }

    fn load(&self, phase: u8, rows: Range<u64>) -> Result<Window, RunError> {
        let overlaps = |of: &Range<u64>| of.start < rows.end && rows.start < of.end;
        let mut ids = BTreeMap::new();
        let mut seen = None;
        for (_, seq, _) in self.entries.iter().filter(|(of, _, found)| *of == phase && overlaps(found)) {
            if seen == Some(*seq) {
                continue;
            }
            seen = Some(*seq);
            for event in self.runtime.block_on(journal::entry(&self.store, &self.key, self.of, *seq))? {
                if let Event::RemoteIds { phase: of, ids: some } = event
                    && of == phase
                {
                    ids.extend(some.into_iter().filter(|(row, _)| rows.contains(row)));
                }
            }
        }
        Ok(Window { rows, ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_catalog::contract::{Outcome, Receipt, Written};

    fn answer(ids: &[&str], validity: u8) -> Landed {
        let mut column = Column { validity: vec![validity], offsets: 0i32.to_le_bytes().to_vec(), ..Column::default() };
        for id in ids {
            column.data.extend_from_slice(id.as_bytes());
            column.offsets.extend_from_slice(&(column.data.len() as i32).to_le_bytes());
        }
        let all = Outcome::Accepted;
        let receipt = Receipt { all, except: vec![], notes: vec![], unnamed: 0, remote_ids: Some(column), attrs: vec![] };
        Ok(Ok(Written { receipt, later: None, stop: None }))
    }

    #[test]
    fn ids_are_of_the_rows_of_their_batch_and_only_those_that_are_some() {
        let cut = Cut { batch: 3, phase: 0, attempt: 1, ranges: vec![(10, 2), (20, 3)] };
        let long = "x".repeat(REMOTE_ID_BYTES_MAX + 1);
        let told = |ids: &[&str], validity| {
            let told = told(&cut, &answer(ids, validity));
            told.into_iter().map(|(row, id)| format!("{row} {id}")).collect::<Vec<_>>()
        };
        assert_eq!(told(&["a", "", "c", "d", &long], 0b11011), ["10 a", "21 d"]);
        assert_eq!(told(&["a", "b", "c", "d", &long[1..]], 0xFF).len(), 5);
        assert!(told(&["a"], 0xFF).is_empty(), "a receipt of another batch");
    }
}
