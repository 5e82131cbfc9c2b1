//! An instance: one guest with its memory, called one call at a time, thrown away with its first fault.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use sluice_catalog::{
    Code,
    contract::{Call, Reply},
};
use tokio::sync::oneshot;
use wasmtime::Store;

use crate::{
    call,
    door::Until,
    engine::ticker,
    fault::{self, Fault},
    guest::{self, CallUse, Guest},
    program::{Compiled, Exports},
    session::{Session, Shared},
    text::one_line,
};

/// One guest. Made by [`Session::instance`]; dropped, its slot of the pool is free again.
pub struct Instance {
    session: Session,
    state: State,
    last: CallUse,
}

enum State {
    /// Not started: takes no room in the pool.
    Cold,
    Live(Box<Live>),
    /// After a fault, or while a call is under way (a call whose future was dropped never comes back).
    Ended(Fault),
}

struct Live {
    store: Store<Guest>,
    exports: Exports,
}

/// What comes back from the guest thread.
struct Done {
    result: Result<Option<Reply>, Fault>,
    live: Option<Box<Live>>,
    used: CallUse,
}

impl Instance {
    pub(crate) fn new(session: Session) -> Self {
        Self { session, state: State::Cold, last: CallUse::default() }
    }

    /// Starts the instance now instead of with its first call, within `Limits::cpu_per_instantiation`. Nothing to do when it runs.
    pub async fn start(&mut self, deadline: Instant) -> Result<(), Fault> {
        match self.state {
            State::Live(_) => Ok(()),
            State::Cold | State::Ended(_) => self.on_guest_thread(None, deadline).await.map(drop),
        }
    }

    /// Do not drop the future half-way: the guest is then ended and its reply lost, and what it had sent is unknown.
    ///
    /// Calls one function of the connector, on a guest thread. The guest is ended, and the call answered with a fault, when it uses
    /// up a limit, when `deadline` passes (also while it waits for the door) or when the session is stopped. After a fault the
    /// instance refuses further calls; take a new one from the session.
    pub async fn call(&mut self, call: Call, deadline: Instant) -> Result<Reply, Fault> {
        let reply = self.on_guest_thread(Some(call), deadline).await?;
        Ok(reply.expect("a call that ends without a fault has a reply"))
    }

    /// What the last call used (or the start, when there was no call yet).
    pub fn last_use(&self) -> CallUse {
        self.last
    }

    /// Whether a fault has ended it.
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// [`Instance::call`] on the thread of the caller, who has it from [`Session::on_guest_thread`] or can wait as long as a call takes:
    /// no hand-over from thread to thread, which costs more than a small call itself.
    pub fn call_here(&mut self, call: Call, deadline: Instant) -> Result<Reply, Fault> {
        let job = self.job(Some(call), Until::new(deadline, self.session.shared.stop.clone()))?;
        let reply = self.done(job.run())?;
        Ok(reply.expect("a call that ends without a fault has a reply"))
    }

    async fn on_guest_thread(&mut self, call: Option<Call>, deadline: Instant) -> Result<Option<Reply>, Fault> {
        let stop = guest::stop_of_call(&self.session.shared);
        let stop_when_dropped = stop.clone().drop_guard();
        let job = self.job(call, Until::new(deadline, stop))?;
        let (sender, receiver) = oneshot::channel();
        let queued = self.session.on_guest_thread(move || {
            let _ = sender.send(job.run()); // nobody waits any more: what came back is dropped, here and now
        });
        let done = match queued {
            Ok(()) => receiver.await.unwrap_or_else(|_| Done::fault(lost(true))),
            Err(fault) => Done::fault(fault),
        };
        stop_when_dropped.disarm();
        self.done(done)
    }

    /// Takes what is live for a call; until [`Instance::done`] the instance counts as ended.
    fn job(&mut self, call: Option<Call>, until: Until) -> Result<Job, Fault> {
        let live = match std::mem::replace(&mut self.state, State::Ended(lost(true))) {
            State::Ended(before) => {
                let cause = format!("the instance was ended before this call ({})", before.cause);
                let refusal = Fault { code: before.code, cause, requests_left: false };
                self.state = State::Ended(before);
                return Err(refusal);
            }
            State::Cold => None,
            State::Live(live) => Some(live),
        };
        let (shared, program) = (self.session.shared.clone(), &self.session.program);
        Ok(Job { shared, compiled: program.compiled.clone(), ticker: program.engine.0.ticker.handle(), live, call, until })
    }

    fn done(&mut self, done: Done) -> Result<Option<Reply>, Fault> {
        self.last = done.used;
        self.state = match (&done.result, done.live) {
            (Ok(_), Some(live)) => State::Live(live),
            (Err(fault), _) => State::Ended(fault.clone()),
            (Ok(_), None) => State::Ended(lost(false)),
        };
        done.result
    }
}

impl Done {
    fn fault(fault: Fault) -> Self {
        Self { result: Err(fault), live: None, used: CallUse::default() }
    }
}

/// The guest thread did not come back with an answer: a defect of ours, or a call whose future was dropped.
fn lost(requests_left: bool) -> Fault {
    Fault { code: Code::Internal, cause: "an earlier call was given up before its end".to_owned(), requests_left }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Cold => "cold",
            State::Live(_) => "live",
            State::Ended(_) => "ended",
        };
        f.debug_struct("Instance").field("session", &self.session).field("state", &state).finish_non_exhaustive()
    }
}

/// A call on its way to a guest thread. Holds no engine: the engine waits for its guest threads, so they must not keep it alive.
struct Job {
    shared: Arc<Shared>,
    compiled: Arc<Compiled>,
    ticker: ticker::Handle,
    live: Option<Box<Live>>,
    call: Option<Call>,
    until: Until,
}

impl Job {
    fn run(mut self) -> Done {
        if self.until.left() == Duration::ZERO {
            let stop = if self.until.is_stopped() { fault::Stop::Cancelled } else { fault::Stop::Deadline };
            return Done::fault(stop.fault(false));
        }
        let running = self.ticker.running();
        let started = match self.live.take() {
            Some(mut live) => {
                live.store.data_mut().begin(self.until.clone());
                live.store.set_epoch_deadline(1);
                Ok(live)
            }
            None => start(&self.compiled, self.shared.clone(), self.until.clone()),
        };
        let done = match (started, self.call.take()) {
            (Ok(mut live), Some(call)) => {
                let made = call::make(&live.exports, &mut live.store, call);
                let result = made.and_then(|reply| live.store.data_mut().took(&reply).map(|()| reply));
                finish(live, result.map(Some))
            }
            (Ok(live), None) => finish(live, Ok(None)),
            (Err((store, error)), _) => ended(*store, &error),
        };
        drop(running);
        done
    }
}

type Failed = (Box<Store<Guest>>, wasmtime::Error);

/// A new store and instance, within the budget of a start.
fn start(compiled: &Compiled, shared: Arc<Shared>, until: Until) -> Result<Box<Live>, Failed> {
    let mut store = Guest::store(compiled.pre.engine(), shared, until);
    match compiled.pre.instantiate(&mut store) {
        Ok(exports) => {
            // A start may not have met a tick; what it used is judged here before the call's own budget begins.
            if let Err(stop) = store.data_mut().look() {
                let says = wasmtime::Error::msg(stop.to_string());
                store.data_mut().stopped = Some(stop);
                return Err((Box::new(store), says));
            }
            store.data_mut().begin_started();
            Ok(Box::new(Live { store, exports }))
        }
        Err(error) => Err((Box::new(store), error)),
    }
}

fn finish(mut live: Box<Live>, result: Result<Option<Reply>, wasmtime::Error>) -> Done {
    match result {
        Ok(reply) => {
            live.store.data_mut().finish();
            let used = live.store.data().used;
            Done { result: Ok(reply), live: Some(live), used }
        }
        Err(error) => ended(live.store, &error),
    }
}

/// The store is dropped here, on the guest thread: whatever the guest held is gone before anybody hears of the fault.
fn ended(mut store: Store<Guest>, error: &wasmtime::Error) -> Done {
    store.data_mut().finish();
    let guest = store.data_mut();
    let used = guest.used;
    let fault = match guest.stopped.take() {
        Some(stop) => stop.fault(used.requests_left),
        None => fault::from_wasmtime(error, used.requests_left),
    };
    drop(store);
    Done { result: Err(Fault { cause: one_line(&fault.cause), ..fault }), live: None, used }
}
