//! Lanes: guest threads that carry a phase's batches to the platform, one after the other, each with an instance of its own.
//!
//! A lane takes the next batch from a common queue, reads its rows, calls the component, and lays the answer down. It hands nothing
//! over from thread to thread in between: a small batch costs less than waking another thread for it does. Lanes come when there is
//! work, at most as many as writes may be under way, and go when there is none. What an answer means is not asked here.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use sluice_catalog::{
    Code,
    columnar::Field,
    contract::{Call, Outcome, Part, Reply, Task},
};
use sluice_sandbox::{Fault, Instance, Session};
use tokio::sync::Notify;

use crate::{
    cargo::{Cargo, Load},
    error::RunError,
    limits::{CALL_DEADLINE, LANDED_TOGETHER, LANE_IDLE},
    progress::Cut,
    settle_batch::Landed,
};

/// What every write and every poll of a round is asked with.
pub(crate) struct Asked {
    /// The rows.
    pub(crate) cargo: Arc<Cargo>,
    /// Settings, options, frozen `now`.
    pub(crate) task: Task,
    /// What `prepare` returned.
    pub(crate) state: Vec<u8>,
    /// The columns of the phase.
    pub(crate) schema: Vec<Field>,
    /// The run's use of the component.
    pub(crate) session: Session,
}

/// A call to be made for a batch: its write, or its poll.
pub(crate) struct Errand {
    pub(crate) cut: Cut,
    pub(crate) question: Option<Question>,
    /// Where batches go one after the other: its number in the session, and whether it is the last.
    pub(crate) seal: Option<(u32, bool)>,
}

/// What a poll is asked with.
pub(crate) struct Question {
    /// A ticket's.
    pub(crate) token: Vec<u8>,
    /// Whether the batch's rows go with it.
    pub(crate) with_rows: bool,
}

/// A batch on its way back; an error when its rows could not be read.
pub(crate) struct Back {
    pub(crate) cut: Cut,
    pub(crate) landed: Result<Landed, RunError>,
}

/// The lanes of one phase. Dropped with batches under way (the run is given up), it stops the session.
pub(crate) struct Lanes {
    shared: Arc<Shared>,
    lanes_max: usize,
    under_way: usize,
}

struct Shared {
    asked: Asked,
    state: Mutex<State>,
    /// A batch waits, or it is over.
    work: Condvar,
    /// Enough has landed to be worth a look, or nothing more flies.
    landed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Errand>,
    landed: Vec<Back>,
    lanes: usize,
    idle: usize,
    /// An answer landed that may change what is to be sent: nothing more is begun until the delivery has looked at it.
    hold: bool,
    /// The delivery writes its journal and could give nothing: it looks by itself when it has.
    busy: bool,
    over: bool,
}

impl Lanes {
    /// No lane starts before the first batch.
    pub(crate) fn new(asked: Asked, lanes_max: usize) -> Self {
        let shared = Shared { asked, state: Mutex::default(), work: Condvar::new(), landed: Notify::new() };
        Self { shared: Arc::new(shared), lanes_max, under_way: 0 }
    }

    /// Batches given and not come back.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Gives a batch to whichever lane is free next; batches start in the order in which they are given.
    pub(crate) fn give(&mut self, errand: Errand) {
        let mut state = self.shared.lock();
        state.waiting.push_back(errand);
        self.under_way += 1;
        if state.idle < state.waiting.len() && state.lanes < self.lanes_max {
            let shared = self.shared.clone();
            match self.shared.asked.session.on_guest_thread(move || lane(&shared)) {
                Ok(()) => state.lanes += 1,
                // The lanes that are there take it in turn; without any, the batch comes back as it was.
                Err(fault) if state.lanes == 0 => {
                    let waiting = std::mem::take(&mut state.waiting);
                    state.landed.extend(waiting.into_iter().map(|errand| Back { cut: errand.cut, landed: Ok(Err(fault.clone())) }));
                    self.shared.landed.notify_one();
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.shared.work.notify_one();
    }

    /// Takes the batches back that no lane has begun.
    pub(crate) fn take_back(&mut self) -> VecDeque<Cut> {
        let waiting = std::mem::take(&mut self.shared.lock().waiting);
        self.under_way -= waiting.len();
        waiting.into_iter().map(|errand| errand.cut).collect()
    }

    /// Nothing that was taken speaks against sending more; what has landed since is looked at first.
    pub(crate) fn go_on(&mut self) {
        let mut state = self.shared.lock();
        let held = state.hold && state.landed.is_empty();
        state.hold &= !held;
        drop(state);
        if held {
            self.shared.work.notify_all();
        }
    }

    /// Whether the delivery is to be left alone by answers that change nothing of what is to be sent.
    pub(crate) fn leave_alone(&self, busy: bool) {
        self.shared.lock().busy = busy;
    }

    /// Waits until something worth a look has landed and takes everything that has. Cancel-safe.
    pub(crate) async fn landed(&mut self) -> Vec<Back> {
        loop {
            let backs = self.take_landed();
            if !backs.is_empty() {
                return backs;
            }
            self.shared.landed.notified().await;
        }
    }

    fn take_landed(&mut self) -> Vec<Back> {
        let backs = std::mem::take(&mut self.shared.lock().landed);
        self.under_way -= backs.len();
        backs
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.work.notify_all();
        if self.under_way > 0 {
            self.shared.asked.session.stop();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // calls run outside of the lock
    }

    /// The next batch; none when the lane is to go: its phase is over, or it had no batch for `LANE_IDLE`.
    fn next(&self) -> Option<Errand> {
        let mut state = self.lock();
        let until = Instant::now() + LANE_IDLE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.over || (state.waiting.is_empty() && left.is_zero()) {
                state.lanes -= 1;
                return None;
            }
            if !state.hold
                && let Some(errand) = state.waiting.pop_front()
            {
                return Some(errand);
            }
            state.idle += 1;
            let left = if state.hold { LANE_IDLE } else { left };
            state = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.idle -= 1;
        }
    }

    fn lay_down(&self, back: Back) {
        let plain =
            matches!(&back.landed, Ok(Ok(Ok(written))) if written.stop.is_none() && written.receipt.all == Outcome::Accepted);
        let mut state = self.lock();
        state.hold |= !plain;
        state.landed.push(back);
        // Waking the delivery costs as much as a small batch does, so it is not woken for each; but it is in time to give more.
        let worth = !plain || (!state.busy && (state.landed.len() >= LANDED_TOGETHER || state.waiting.len() <= state.lanes));
        drop(state);
        if worth {
            self.landed.notify_one();
        }
    }
}

/// A batch in a lane's hands; comes back as in doubt should the lane's code panic.
struct InHand<'a> {
    shared: &'a Shared,
    cut: Option<Cut>,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if let Some(cut) = self.cut.take() {
            let cause = "a defect of the host while the batch was under way".to_owned();
            let fault = Fault { code: Code::Internal, cause, requests_left: true };
            self.shared.lock().lanes -= 1;
            self.shared.lay_down(Back { cut, landed: Ok(Err(fault)) });
        }
    }
}

fn lane(shared: &Shared) {
    let mut instance = shared.asked.session.instance();
    while let Some(Errand { cut, question, seal }) = shared.next() {
        let mut in_hand = InHand { shared, cut: Some(cut) };
        let landed = in_hand.cut.as_ref().map(|cut| shared.asked.make(cut, question, seal, &mut instance));
        if instance.is_ended() {
            instance = shared.asked.session.instance();
        }
        if let (Some(cut), Some(landed)) = (in_hand.cut.take(), landed) {
            shared.lay_down(Back { cut, landed });
        }
    }
}

impl Asked {
    /// Makes one call, within its deadline.
    fn make(
        &self,
        cut: &Cut,
        question: Option<Question>,
        seal: Option<(u32, bool)>,
        instance: &mut Instance,
    ) -> Result<Landed, RunError> {
        Ok(written(instance.call_here(self.call(cut, question, seal)?, Instant::now() + CALL_DEADLINE)))
    }

    /// The write, or the poll of what it left: each reads its rows from the change set, so that nothing is kept for a poll that most
    /// services never need.
    fn call(&self, cut: &Cut, question: Option<Question>, seal: Option<(u32, bool)>) -> Result<Call, RunError> {
        let (task, state) = (self.task.clone(), self.state.clone());
        let operation = self.cargo.operation(cut.phase);
        let bare = question.as_ref().is_some_and(|question| !question.with_rows);
        let Load { key, last, rows_total, batch } = if bare { self.cargo.unread(cut) } else { self.cargo.load(cut)? };
        let schema = if bare { Vec::new() } else { self.schema.clone() };
        let (number, last) = seal.unwrap_or((cut.batch, last));
        let part = Part { key, number, last, rows_total: Some(rows_total), attempt: cut.attempt };
        Ok(match question {
            None => Call::Write { task, state, operation, part, schema, batch },
            Some(Question { token, .. }) => Call::Poll { task, state, operation, part, schema, batch, token },
        })
    }
}

fn written(reply: Result<Reply, Fault>) -> Landed {
    match reply? {
        Reply::Written(written) => Ok(written),
        _ => Err(Fault { code: Code::Internal, cause: "a reply of another call".into(), requests_left: true }),
    }
}
