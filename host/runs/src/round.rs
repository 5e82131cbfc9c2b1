//! A phase is sent in rounds: `prepare`, writes, `finish`, polls. Mostly there is one.
//!
//! `finish` comes when every batch has its answer, and not when every batch is settled: some platforms judge rows only after it. Rows
//! that the polls leave to be sent again are one more round, with a `prepare` of its own: what the first one opened is closed.

use sluice_catalog::{Code, contract::Outcome};

use crate::{
    call,
    deliver::{Delivery, End, cancelled},
    error::RunError,
    limits::{ATTEMPTS_MAX, BACKOFF_FIRST},
    progress::{Cut, Event, Progress, Waiting},
    settle_batch,
    verdict::Why,
};

impl Delivery {
    /// Delivers every phase in order; a phase starts when every batch of the one before is settled.
    pub(crate) async fn run(mut self) -> Result<(Progress, End), RunError> {
        for phase in 0..self.progress.phases.len() as u8 {
            while self.is_to_do(phase) {
                let end = match self.round(phase).await {
                    Ok(end) => end,
                    Err(RunError::Cancelled) => End::Stopped(cancelled()),
                    Err(error @ (RunError::Said(_) | RunError::Fault(_))) => End::Stopped(why(error)),
                    Err(other) => return Err(other),
                };
                if end != End::Done {
                    return Ok((self.progress, end));
                }
            }
        }
        Ok((self.progress, End::Done))
    }

    fn is_to_do(&self, phase: u8) -> bool {
        let p = &self.progress.phases[usize::from(phase)];
        let rows = p.rows > 0 && !self.progress.phase_done(phase);
        rows || self.progress.in_round(phase) || (self.terms.cargo.empties(phase) && !p.emptied)
    }

    /// One round of a phase, from wherever the journal says that it stands.
    async fn round(&mut self, phase: u8) -> Result<End, RunError> {
        if !self.progress.in_round(phase) {
            self.prepare(phase).await?;
        }
        if !self.progress.phases[usize::from(phase)].finished {
            let end = match self.terms.cargo.empties(phase) {
                true => self.empty(phase).await?,
                false => self.phase(phase).await?,
            };
            if end != End::Done {
                return Ok(end);
            }
            self.finish(phase).await?;
        }
        self.ask_after(phase).await
    }

    async fn prepare(&mut self, phase: u8) -> Result<(), RunError> {
        let terms = &self.terms;
        let (operation, schema) = (terms.cargo.operation(phase), terms.cargo.schema(phase));
        let state = call::prepare(&terms.session, &terms.cancel, &terms.task, operation, &schema).await?;
        self.note(&[Event::Prepared { phase, state }]).await
    }

    /// Sends a session of nobody: one part without rows, which takes the place of everybody. It may be sent again after a crash, since the
    /// second takes the place of the first.
    async fn empty(&mut self, phase: u8) -> Result<End, RunError> {
        let terms = &self.terms;
        let state = self.progress.phases[usize::from(phase)].state.clone().unwrap_or_default();
        let (operation, schema) = (terms.cargo.operation(phase), terms.cargo.schema(phase));
        let load = terms.cargo.nobody(phase)?;
        let written = call::write_one(&terms.session, &terms.task, state, operation, schema, load).await?;
        match written {
            Ok(written) if written.receipt.all == Outcome::Accepted && written.stop.is_none() => {
                self.note(&[Event::Emptied { phase }]).await?;
                Ok(End::Done)
            }
            Ok(written) => Ok(End::Stopped(match (written.stop, written.receipt.all) {
                (Some(halt), _) => call::why(halt),
                (
                    None,
                    Outcome::Rejected(reason) | Outcome::Retry(reason) | Outcome::Unknown(reason) | Outcome::Skipped(reason),
                ) => reason.into(),
                (None, Outcome::Accepted | Outcome::Pending) => {
                    Why::ours(Code::ConnectorProtocol, "a session of nobody has no rows that could be pending")
                }
            })),
            Err(halt) => Ok(End::Stopped(call::why(halt))),
        }
    }

    /// Closes the round. Where no batch waits, a failure is logged and the rows stay as they are judged: what is left open at the
    /// platform costs nothing of ours. Where some do, it is tried again, since their job may start with it; at last they are in doubt.
    async fn finish(&mut self, phase: u8) -> Result<(), RunError> {
        let terms = &self.terms;
        let state = self.progress.phases[usize::from(phase)].state.clone().unwrap_or_default();
        let operation = terms.cargo.operation(phase);
        let waiting: Vec<Cut> = self.waiting(phase).map(|w| w.cut.clone()).collect();
        let mut events = Vec::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match call::finish(&terms.session, &terms.cancel, &terms.task, &state, operation).await {
                Ok(_) => break,
                Err(RunError::Cancelled) => return Err(RunError::Cancelled),
                Err(error) => error,
            };
            if waiting.is_empty() {
                tracing::warn!(%error, "the connector's `finish` failed; every row of the phase is settled");
                break;
            }
            if tries == ATTEMPTS_MAX {
                let why = why(error);
                events.extend(waiting.iter().map(|cut| settle_batch::in_doubt(cut, why.clone())));
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(BACKOFF_FIRST * 2u32.pow(tries - 1)) => {}
                () = terms.cancel.cancelled() => return Err(RunError::Cancelled),
            }
        }
        events.push(Event::Finished { phase, at_ms: terms.store.now().as_millisecond() });
        self.note(&events).await
    }

    /// Writes events down and acts on them. Only while no other write is under way.
    pub(crate) async fn note(&mut self, events: &[Event]) -> Result<(), RunError> {
        self.journal.as_mut().expect("no write is under way").append(events).await?;
        events.iter().for_each(|event| self.progress.apply(event));
        self.told.send_replace(self.progress.clone());
        Ok(())
    }

    /// The batches of a phase that wait for the platform.
    pub(crate) fn waiting(&self, phase: u8) -> impl Iterator<Item = &Waiting> {
        self.progress.waiting.values().filter(move |w| w.cut.phase == phase)
    }
}

/// Why a call was not carried out, as a row says it.
fn why(error: RunError) -> Why {
    match error {
        RunError::Said(why) => why,
        RunError::Fault(fault) => Why::ours(fault.code, fault.cause),
        other => Why::ours(other.code(), other.to_string()),
    }
}
