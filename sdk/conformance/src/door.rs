//! The gate and a run's spool behind the door, as the host has them. The log of a component is not looked at.

use std::sync::{Arc, Mutex, PoisonError};

use sluice_catalog::record::EgressRecord;
use sluice_egress::{Deadline, Gate, Pass, Recorder, Spool};
use sluice_sandbox::{Answer, Ask, Door, Until};
use tokio::runtime::Handle;

/// What left through the gate.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<EgressRecord>>);

impl Lines {
    pub(crate) fn all(&self) -> Vec<EgressRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Recorder for Lines {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

pub(crate) struct GateDoor {
    pub(crate) gate: Gate,
    pub(crate) pass: Pass,
    pub(crate) spool: Arc<Spool>,
    pub(crate) runtime: Handle,
}

impl Door for GateDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        // A little before the call's own end, as in the host, so that the component hears of a wait that was in vain.
        let deadline = Deadline::at(tokio::time::Instant::from_std(until.deadline() - until.left() / 10));
        match ask {
            Ask::Send(request) => Answer::Sent(self.runtime.block_on(self.gate.send(&self.pass, request, deadline))),
            Ask::SendAll { requests, in_flight_max } => {
                Answer::SentAll(self.runtime.block_on(self.gate.send_all(&self.pass, requests, in_flight_max, deadline)))
            }
            Ask::SpoolCreate => match self.spool.create() {
                Ok(id) => Answer::Spool(id),
                Err(error) => Answer::Refused { code: sluice_catalog::Code::StateIo, cause: error.to_string() },
            },
            Ask::SpoolAppend { id, chunk } => Answer::Appended(self.spool.append(id, &chunk).map_err(|error| error.to_string())),
            Ask::SpoolSize { id } => Answer::Size(self.spool.size(id).unwrap_or(0)),
            Ask::SpoolRead { id, offset, bytes_max } => {
                Answer::Read(self.spool.read(id, offset, bytes_max).map_err(|error| error.to_string()))
            }
            Ask::Log { .. } => Answer::Noted,
            other => Answer::Refused {
                code: sluice_catalog::Code::ConnectorProtocol,
                cause: format!("a destination has no use for {other:?}"),
            },
        }
    }
}
