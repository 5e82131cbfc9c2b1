//! What stands beside a guest while it runs: its budgets, its place at the door, and the contract's host functions.
//!
//! Host functions do the same few things each: count, convert, ask the door, look whether the call is over. What the questions mean
//! is the door's matter.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sluice_catalog::contract::{Effect, Failure, Reply, Response};
use tokio_util::sync::CancellationToken;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use crate::{
    bindings::{
        sluice::connector::{http, log, spool, types},
        source::sluice::connector::sql,
    },
    convert::Convert,
    door::{Answer, Ask, Until},
    fault::Stop,
    limits::{HANDLES_MAX, MEMORY_SLOT_BYTES, TABLE_SLOT_ELEMENTS},
    reply,
    session::{Line, Shared},
    text::one_line,
};

mod meter;

pub(crate) use meter::{Budget, Meter};

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallUse {
    /// CPU time of the guest thread, starting the instance included.
    pub cpu: Duration,
    /// Time from start to end on the guest thread.
    pub wall: Duration,
    /// The part of `wall` that the guest waited for the door.
    pub in_door: Duration,
    /// Calls to the host.
    pub host_calls: u32,
    /// Requests asked for.
    pub requests: u32,
    /// Whether a request that can change something left, or may have left.
    pub requests_left: bool,
}

/// A store's data.
pub(crate) struct Guest {
    shared: Arc<Shared>,
    pub(crate) meter: Meter,
    until: Until,
    pub(crate) used: CallUse,
    /// Set once, by whatever ends the guest first.
    pub(crate) stopped: Option<Stop>,
}

impl Guest {
    pub(crate) fn store(engine: &wasmtime::Engine, shared: Arc<Shared>, until: Until) -> Store<Guest> {
        let budget = Budget::of_start(&shared.limits);
        let crossing = shared.limits.copied_bytes_per_crossing;
        let guest = Guest { shared, meter: Meter::start(budget), until, used: CallUse::default(), stopped: None };
        let mut store = Store::new(engine, guest);
        store.set_hostcall_fuel(crossing);
        store.set_max_component_handles(HANDLES_MAX);
        store.limiter(|guest| guest);
        store.epoch_deadline_callback(|mut store| match store.data_mut().look() {
            Ok(()) => Ok(UpdateDeadline::Continue(1)),
            Err(stop) => Err(store.data_mut().end(stop)),
        });
        store.set_epoch_deadline(1);
        store
    }

    /// Begins a call on this thread: what counts per call counts anew.
    pub(crate) fn begin(&mut self, until: Until) {
        self.until = until;
        self.used = CallUse::default();
        self.meter = Meter::start(Budget::of_call(&self.shared.limits));
    }

    /// Begins the call after the start of the instance on the same thread: a budget of its own, but one report.
    pub(crate) fn begin_started(&mut self) {
        self.meter.rebudget(Budget::of_call(&self.shared.limits));
    }

    /// Counts what was used since the last look, and says whether anything is over.
    pub(crate) fn look(&mut self) -> Result<(), Stop> {
        let within = self.meter.look(&self.shared);
        if self.until.is_stopped() {
            return Err(Stop::Cancelled);
        }
        within?;
        if self.until.left().is_zero() { Err(Stop::Deadline) } else { Ok(()) }
    }

    /// Ends the call on this thread.
    pub(crate) fn finish(&mut self) {
        let _ = self.meter.look(&self.shared); // counted; a guest that has come back is not ended for its last tick
        self.used.cpu = self.meter.counted();
        self.used.wall = self.meter.wall();
        self.used.in_door = self.meter.in_door();
    }

    /// Remembers why the guest ends; the error only carries it out through the guest's frames.
    fn end(&mut self, stop: Stop) -> wasmtime::Error {
        let says = wasmtime::Error::msg(stop.to_string());
        self.stopped.get_or_insert(stop);
        says
    }

    fn enter(&mut self, copied_bytes: usize) -> wasmtime::Result<()> {
        let allowed = self.shared.limits.host_calls_per_call;
        self.used.host_calls = self.used.host_calls.saturating_add(1);
        let counted = if self.used.host_calls > allowed { Err(Stop::HostCalls { allowed }) } else { Ok(()) };
        counted
            .and_then(|()| self.shared.spend_host_call())
            .and_then(|()| self.shared.spend_copied(copied_bytes))
            .map_err(|stop| self.end(stop))
    }

    fn enter_requests(&mut self, requests: usize) -> wasmtime::Result<()> {
        let allowed = self.shared.limits.requests_per_call;
        self.used.requests = self.used.requests.saturating_add(u32::try_from(requests).unwrap_or(u32::MAX));
        if self.used.requests > allowed { Err(self.end(Stop::Requests { allowed })) } else { Ok(()) }
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        let began = Instant::now();
        let answer = self.shared.door.ask(ask, &self.until);
        self.meter.was_in_door(began.elapsed());
        answer
    }

    /// Counts a reply before anybody gets it.
    pub(crate) fn took(&mut self, reply: &Reply) -> wasmtime::Result<()> {
        self.shared.spend_copied(reply::bytes(reply)).map_err(|stop| self.end(stop))
    }

    /// What the door said, unless the call is over by now or the host cannot go on.
    fn after<T>(&mut self, answer: Answer, right: impl FnOnce(Answer) -> Option<T>) -> wasmtime::Result<T> {
        if let Answer::Refused { code, cause } = answer {
            return Err(self.end(Stop::Refused { code, cause: one_line(&cause) }));
        }
        if self.until.is_stopped() {
            return Err(self.end(Stop::Cancelled));
        }
        if self.until.left().is_zero() {
            return Err(self.end(Stop::DeadlineInDoor));
        }
        right(answer).ok_or_else(|| self.end(Stop::Mismatch))
    }

    /// Asks for requests. What may change something counts as left unless the answer says that nothing was sent.
    fn send(&mut self, ask: Ask, effects: &[Effect]) -> Answer {
        let answer = self.ask(ask);
        let kept = |result: &Result<Response, Failure>| matches!(result, Err(failure) if !failure.sent);
        let left = |at: usize| match &answer {
            Answer::Sent(result) => !kept(result),
            Answer::SentAll(results) => !results.get(at).is_some_and(kept),
            _ => true,
        };
        self.used.requests_left |= effects.iter().enumerate().any(|(at, effect)| *effect != Effect::Read && left(at));
        answer
    }
}

impl types::Host for Guest {}

impl http::Host for Guest {
    fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, http::Failure>> {
        let request: sluice_catalog::contract::Request = request.convert();
        self.enter(request_bytes(&request))?;
        self.enter_requests(1)?;
        let effect = request.effect;
        let answer = self.send(Ask::Send(request), &[effect]);
        self.after(answer, |answer| match answer {
            Answer::Sent(result) => Some(result.convert()),
            _ => None,
        })
    }

    fn send_all(
        &mut self,
        requests: Vec<http::Request>,
        in_flight_max: u32,
    ) -> wasmtime::Result<Vec<Result<http::Response, http::Failure>>> {
        let requests: Vec<sluice_catalog::contract::Request> = requests.convert();
        self.enter(requests.iter().map(request_bytes).sum())?;
        self.enter_requests(requests.len())?;
        let in_flight_max = in_flight_max.clamp(1, self.shared.limits.requests_in_flight.max(1));
        let effects: Vec<_> = requests.iter().map(|request| request.effect).collect();
        let answer = self.send(Ask::SendAll { requests, in_flight_max }, &effects);
        self.after(answer, |answer| match answer {
            Answer::SentAll(results) if results.len() == effects.len() => Some(results.convert()),
            _ => None,
        })
    }
}

/// Bytes that a request brings with it, close enough for a budget.
fn request_bytes(request: &sluice_catalog::contract::Request) -> usize {
    let body = match &request.body {
        sluice_catalog::contract::Body::Bytes(bytes) => bytes.len(),
        sluice_catalog::contract::Body::None | sluice_catalog::contract::Body::Spooled(_) => 0,
    };
    let pairs = request.headers.iter().chain(&request.attrs).map(|(name, value)| name.len() + value.len()).sum::<usize>();
    body + pairs + request.url.len() + request.method.len()
}

impl spool::Host for Guest {
    fn create(&mut self) -> wasmtime::Result<u64> {
        self.enter(0)?;
        let answer = self.ask(Ask::SpoolCreate);
        self.after(answer, |answer| if let Answer::Spool(id) = answer { Some(id) } else { None })
    }

    fn append(&mut self, id: u64, chunk: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        self.enter(chunk.len())?;
        let answer = self.ask(Ask::SpoolAppend { id, chunk });
        self.after(answer, |answer| if let Answer::Appended(result) = answer { Some(result) } else { None })
    }

    fn size(&mut self, id: u64) -> wasmtime::Result<u64> {
        self.enter(0)?;
        let answer = self.ask(Ask::SpoolSize { id });
        self.after(answer, |answer| if let Answer::Size(bytes) = answer { Some(bytes) } else { None })
    }

    fn read(&mut self, id: u64, offset: u64, bytes_max: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.enter(0)?;
        // A piece that the guest's memory cannot take would only be made to be refused.
        let bytes_max = bytes_max.min(u32::try_from(self.shared.limits.copied_bytes_per_crossing).unwrap_or(u32::MAX));
        let answer = self.ask(Ask::SpoolRead { id, offset, bytes_max });
        self.after(answer, |answer| if let Answer::Read(result) = answer { Some(result) } else { None })
    }
}

impl sql::Host for Guest {
    fn query(&mut self, connection: String, statement: String) -> wasmtime::Result<Result<sql::Rows, sql::Failure>> {
        self.enter(connection.len() + statement.len())?;
        self.enter_requests(1)?;
        let answer = self.ask(Ask::SqlQuery { connection, statement });
        self.after(answer, |answer| if let Answer::SqlRows(result) = answer { Some(result.convert()) } else { None })
    }

    fn fetch(&mut self, id: u64, rows_max: u32) -> wasmtime::Result<Result<Option<types::Batch>, sql::Failure>> {
        self.enter(0)?;
        let answer = self.ask(Ask::SqlFetch { id, rows_max: rows_max.max(1) });
        self.after(answer, |answer| if let Answer::SqlBatch(result) = answer { Some(result.convert()) } else { None })
    }

    fn close(&mut self, id: u64) -> wasmtime::Result<()> {
        self.enter(0)?;
        let answer = self.ask(Ask::SqlClose { id });
        self.after(answer, |answer| (answer == Answer::SqlClosed).then_some(()))
    }
}

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.enter(0)?;
        let ask = match self.shared.spend_line(message.len()) {
            Line::Pass => Ask::Log { level: level.convert(), message: one_line(&message) },
            Line::SayDropped => Ask::Log {
                level: sluice_catalog::contract::Level::Warn,
                message: "The log budget of this run is spent; further lines are dropped and counted.".to_owned(),
            },
            Line::Drop => return Ok(()),
        };
        let answer = self.ask(ask);
        self.after(answer, |answer| (answer == Answer::Noted).then_some(()))
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A growth that the guest's own declared maximum forbids is its own affair: it sees -1, as the language says.
        let allowed = self.shared.limits.memory_bytes.min(MEMORY_SLOT_BYTES);
        if desired > allowed {
            Err(self.end(Stop::Memory { desired, allowed }))
        } else {
            Ok(maximum.is_none_or(|max| desired <= max))
        }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(%error, "a connector's memory did not grow");
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.shared.limits.table_elements.min(TABLE_SLOT_ELEMENTS);
        if desired > allowed {
            Err(self.end(Stop::Table { desired, allowed }))
        } else {
            Ok(maximum.is_none_or(|max| desired <= max))
        }
    }
}

/// The stop of one call: the run's, and one of its own that fires when nobody waits for the reply any more.
pub(crate) fn stop_of_call(shared: &Shared) -> CancellationToken {
    shared.stop.child_token()
}
