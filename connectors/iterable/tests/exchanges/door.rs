//! The gate and the run's spool behind the door, as the host has them: members of a list come through the spool.

use std::sync::{Arc, Mutex};

use sluice_catalog::record::EgressRecord;
use sluice_egress::{Deadline, Gate, Pass, Recorder, Spool};
use sluice_sandbox::{Answer, Ask, Door, Until};
use tokio::runtime::Handle;

/// What left through the gate.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<EgressRecord>>);

impl Lines {
    /// So far.
    pub(crate) fn all(&self) -> Vec<EgressRecord> {
        self.0.lock().unwrap().clone()
    }
}

impl Recorder for Lines {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// The gate and the spool; the log is not looked at.
pub(crate) struct GateDoor {
    pub(crate) gate: Gate,
    pub(crate) pass: Pass,
    pub(crate) spool: Arc<Spool>,
    pub(crate) runtime: Handle,
}

impl Door for GateDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        let deadline = Deadline::at(tokio::time::Instant::from_std(until.deadline()));
        match ask {
            Ask::Send(request) => Answer::Sent(self.runtime.block_on(self.gate.send(&self.pass, request, deadline))),
            Ask::SendAll { requests, in_flight_max } => {
                Answer::SentAll(self.runtime.block_on(self.gate.send_all(&self.pass, requests, in_flight_max, deadline)))
            }
            Ask::SpoolRead { id, offset, bytes_max } => {
                Answer::Read(self.spool.read(id, offset, bytes_max).map_err(|error| error.to_string()))
            }
            Ask::SpoolSize { id } => Answer::Size(self.spool.size(id).unwrap_or(0)),
            Ask::Log { .. } => Answer::Noted,
            other => panic!("the connector asks for {other:?}"),
        }
    }
}
