//! The line of the egress ledger that each statement leaves.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sluice_catalog::{clock::Clock, record::EgressRecord};
use tokio::time::Instant;

use super::SqlError;
use crate::pass::Recorder;

/// Written when it is dropped, whatever became of the statement. The statement itself may hold values of rows, so that only the first
/// digits of its SHA-256 are kept: enough to see that two are the same.
pub(super) struct Line {
    recorder: Arc<dyn Recorder>,
    record: EgressRecord,
    began: Instant,
}

/// What the lines of one piece of work have in common.
pub(super) struct Lines {
    pub(super) recorder: Arc<dyn Recorder>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) component: String,
    pub(super) host: String,
    /// The origin that is dialled in the host's place.
    pub(super) bastion: Option<String>,
    pub(super) database: String,
    pub(super) credentials: Vec<String>,
}

impl Lines {
    pub(super) fn open(&self, statement: &str) -> Line {
        let digest = hex::encode(&Sha256::digest(statement.as_bytes())[..8]);
        let record = EgressRecord {
            at_ms: self.clock.now().as_millisecond(),
            component: self.component.clone(),
            host: self.host.clone(),
            stand_in: self.bastion.clone(),
            method: "SQL".into(),
            path: format!("/{}/{digest}", self.database),
            status: None,
            code: None,
            bytes_out: statement.len() as u64,
            bytes_in: 0,
            took_us: 0,
            credentials: self.credentials.clone(),
        };
        Line { recorder: Arc::clone(&self.recorder), record, began: Instant::now() }
    }
}

impl Line {
    pub(super) fn came_in(&mut self, bytes: usize) {
        self.record.bytes_in += bytes as u64;
    }

    pub(super) fn failed(&mut self, error: &SqlError) {
        self.record.code = Some(error.code.as_str().into());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.record.took_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.recorder.record(self.record.clone());
    }
}
