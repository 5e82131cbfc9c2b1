//! A run's journal: events gathered for a moment, sealed, and written together with the egress records of the same batches.
//!
//! What [`Journal::flush`] has returned for is durable. Nothing is sent before the event that announces it is, and no outcome counts
//! before the event that holds it is.

use std::sync::{Arc, Mutex, PoisonError};

use sluice_catalog::{
    ids::{RunId, WorkspaceId},
    record::EgressRecord,
    seal::DataKey,
};
use sluice_egress::Recorder;
use sluice_store::{Lease, Store, StoreError};

use crate::{error::RunError, progress::Event};

/// Entries read from the store at once.
const PAGE: u32 = 256;

/// Egress records of a run that are not written yet; the gate adds, the journal takes.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Vec<EgressRecord>>);

impl Recorder for Records {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

impl Records {
    /// Everything recorded since the last call.
    pub(crate) fn take(&self) -> Vec<EgressRecord> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The writing end, held by the one worker that has the lease.
pub(crate) struct Journal {
    store: Store,
    lease: Lease,
    key: Arc<DataKey>,
    records: Arc<Records>,
    next_seq: u64,
}

fn purpose(run: RunId) -> String {
    format!("journal/{run}")
}

impl Journal {
    /// Opens the journal of the leased run and reads what is in it.
    pub(crate) async fn open(
        store: &Store,
        lease: &Lease,
        key: Arc<DataKey>,
        records: Arc<Records>,
    ) -> Result<(Self, Vec<Event>), RunError> {
        let events = read(store, &key, lease.workspace, lease.run).await?;
        let next_seq = store.run(lease.workspace, lease.run).await?.journal_next;
        Ok((Self { store: store.clone(), lease: lease.clone(), key, records, next_seq }, events))
    }

    /// Writes events, in order, with all egress records gathered so far; durable when it returns.
    pub(crate) async fn append(&mut self, events: &[Event]) -> Result<(), RunError> {
        let records = self.records.take();
        if events.is_empty() && records.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::new();
        if !events.is_empty() {
            let plain = postcard::to_allocvec(events).expect("events are plain data");
            entries.push(self.store.entropy().with(|rng| self.key.seal(&purpose(self.lease.run), &plain, rng)));
        }
        self.store.append(&self.lease, self.next_seq, &entries, records).await?;
        self.next_seq += entries.len() as u64;
        Ok(())
    }
}

/// Every event of a run's journal that moves its progress, in order.
pub(crate) async fn read(store: &Store, key: &DataKey, ws: WorkspaceId, run: RunId) -> Result<Vec<Event>, RunError> {
    let mut events = Vec::new();
    let keeps = |event: &Event| !matches!(event, Event::RemoteIds { .. });
    each(store, key, (ws, run), |_, some| events.extend(some.into_iter().filter(keeps))).await?;
    Ok(events)
}

/// Hands on the events of every entry of a run's journal, with the entry's number, in order.
pub(crate) async fn each(
    store: &Store,
    key: &DataKey,
    (ws, run): (WorkspaceId, RunId),
    mut take: impl FnMut(u64, Vec<Event>),
) -> Result<(), RunError> {
    let mut from = 0;
    loop {
        let page = store.read_journal(ws, run, from, PAGE).await?;
        for entry in &page {
            take(entry.seq, opened(key, run, &entry.body)?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => from = last.seq + 1,
            _ => return Ok(()),
        }
    }
}

/// The events of one entry; none when there is no such entry.
pub(crate) async fn entry(store: &Store, key: &DataKey, (ws, run): (WorkspaceId, RunId), seq: u64) -> Result<Vec<Event>, RunError> {
    match store.read_journal(ws, run, seq, 1).await?.first() {
        Some(entry) => opened(key, run, &entry.body),
        None => Ok(Vec::new()),
    }
}

fn opened(key: &DataKey, run: RunId, body: &[u8]) -> Result<Vec<Event>, RunError> {
    let plain = key.open(&purpose(run), body).map_err(|_| StoreError::Unreadable { what: "a journal entry" })?;
    Ok(postcard::from_bytes(&plain).map_err(|_| StoreError::Unreadable { what: "a journal entry" })?)
}
