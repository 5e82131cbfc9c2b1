//! The thread that moves the epoch while guests run, so that every running guest looks at its budgets every [`TICK`].
//!
//! An own OS thread, so that no busy runtime can starve it; it sleeps when no guest has run for a tick.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use crate::limits::TICK;

#[derive(Default)]
struct State {
    running: usize,
    /// The thread waits for a guest. It goes to sleep only after a tick without any, so that short calls need not wake it each.
    asleep: bool,
    closing: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // two plain numbers: whole between two statements
    }
}

/// Owns the thread; ends it when dropped.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Says that a guest runs; the epoch moves as long as one of these lives.
pub(crate) struct Running(Arc<Shared>);

impl Ticker {
    pub(crate) fn start(engine: &wasmtime::Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (engine, seen) = (engine.clone(), shared.clone());
        let thread = thread::Builder::new().name("sluice-epoch".to_owned()).spawn(move || {
            let mut state = seen.lock();
            while !state.closing {
                state.asleep = state.running == 0;
                if state.asleep {
                    state = seen.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                state.asleep = false;
                state = seen.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
                engine.increment_epoch();
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(crate) fn handle(&self) -> Handle {
        Handle(self.shared.clone())
    }
}

/// Lets a guest thread say that a guest runs, without owning the ticker.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Shared>);

impl Handle {
    pub(crate) fn running(&self) -> Running {
        let mut state = self.0.lock();
        state.running += 1;
        if state.asleep {
            self.0.changed.notify_all();
        }
        Running(self.0.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
