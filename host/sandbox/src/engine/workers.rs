//! The guest threads: calls into guests run here and nowhere else, so a guest that computes or waits never holds up the host's own
//! threads.
//!
//! Threads come on demand up to a limit and go when idle. A call that finds none free waits in order. Whoever owns the pool ends it:
//! dropping it waits for the calls under way, which therefore must have deadlines.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use crate::limits::{CALLS_WAITING_MAX, THREAD_IDLE, THREAD_STACK_BYTES};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closing: bool,
    handles: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // jobs run outside of the lock
    }
}

pub(crate) struct Workers {
    shared: Arc<Shared>,
    threads_max: usize,
}

/// No thread could take the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoThread {
    #[error("{CALLS_WAITING_MAX} calls wait for a guest thread already")]
    Queue,
    #[error("the system gives no thread: {0}")]
    System(String),
}

impl Workers {
    /// At most `threads_max` (1 or more) threads.
    pub(crate) fn new(threads_max: usize) -> Self {
        Self { shared: Arc::default(), threads_max: threads_max.max(1) }
    }

    /// Runs the job on a guest thread as soon as one is free. A panic in it ends the job, not the thread.
    pub(crate) fn run(&self, job: Job) -> Result<(), NoThread> {
        let mut state = self.shared.lock();
        if state.queue.len() >= CALLS_WAITING_MAX {
            return Err(NoThread::Queue);
        }
        if state.idle <= state.queue.len() && state.threads < self.threads_max {
            let shared = self.shared.clone();
            let spawned =
                thread::Builder::new().name("sluice-guest".to_owned()).stack_size(THREAD_STACK_BYTES).spawn(move || work(&shared));
            match spawned {
                Ok(handle) => {
                    state.threads += 1;
                    state.handles.retain(|handle| !handle.is_finished());
                    state.handles.push(handle);
                }
                Err(error) if state.threads == 0 => return Err(NoThread::System(error.to_string())),
                Err(_) => {} // the threads that are there take it in turn
            }
        }
        state.queue.push_back(job);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Threads that run or wait to run a job now.
    pub(crate) fn busy(&self) -> usize {
        let state = self.shared.lock();
        state.threads - state.idle + state.queue.len()
    }
}

fn work(shared: &Shared) {
    let mut state = shared.lock();
    loop {
        if let Some(job) = state.queue.pop_front() {
            drop(state);
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("a call into a connector ended in a defect of the host; see the panic above");
            }
            state = shared.lock();
        } else if state.closing {
            break;
        } else {
            state.idle += 1;
            let (woken, timeout) = shared.work.wait_timeout(state, THREAD_IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if timeout.timed_out() && state.queue.is_empty() {
                break;
            }
        }
    }
    state.threads -= 1;
}

impl Drop for Workers {
    fn drop(&mut self) {
        let handles = {
            let mut state = self.shared.lock();
            state.closing = true;
            std::mem::take(&mut state.handles)
        };
        self.shared.work.notify_all();
        for handle in handles {
            // The last owner may be a job itself (a reply that nobody took any more); a thread cannot wait for its own end.
            if handle.thread().id() != thread::current().id() {
                let _ = handle.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn more_jobs_than_threads_all_run_in_order_and_a_panic_harms_no_other() {
        let workers = Workers::new(1);
        let (sender, seen) = mpsc::channel();
        for number in 0..100 {
            let sender = sender.clone();
            let job = move || {
                assert_ne!(number, 7, "on purpose");
                sender.send(number).expect("the test listens");
            };
            workers.run(Box::new(job)).expect("room");
        }
        drop(sender);
        assert_eq!(seen.iter().collect::<Vec<_>>(), (0..100).filter(|n| *n != 7).collect::<Vec<_>>());
    }

    #[test]
    fn the_queue_has_an_end() {
        let workers = Workers::new(1);
        let (release, gate) = mpsc::channel::<()>();
        let (started, running) = mpsc::channel();
        let first = move || {
            started.send(()).expect("the test listens");
            let _ = gate.recv();
        };
        workers.run(Box::new(first)).expect("room");
        running.recv().expect("started");
        for _ in 0..CALLS_WAITING_MAX {
            workers.run(Box::new(|| {})).expect("room");
        }
        assert_eq!(workers.run(Box::new(|| {})), Err(NoThread::Queue));
        drop(release);
    }
}
