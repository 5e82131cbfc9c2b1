//! Ways out: gates for guest threads, which wait for their answers and have nothing else to do meanwhile.
//!
//! A way is a gate with a runtime of its own, used by one thread at a time: the thread that asks also drives the connection, so a
//! request costs no hand-over between threads. As many ways are made as threads ask at once, and kept, with their connections, as long
//! as the run or the question lasts.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use sluice_egress::{Gate, Options};
use tokio::runtime::{Builder, Runtime};

/// The ways of one run or question.
#[derive(Default)]
pub(crate) struct Ways {
    free: Mutex<Vec<Way>>,
}

struct Way {
    gate: Gate,
    /// Taken when the way is dropped.
    runtime: Option<Runtime>,
}

impl Ways {
    /// Waits on this thread for what `work` does with a gate. Must not be called within a runtime.
    pub(crate) fn wait<T>(&self, work: impl AsyncFnOnce(&Gate) -> T) -> Result<T, String> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let way = match free {
            Some(way) => way,
            None => Way::new()?,
        };
        let done = way.wait(async {
            // A connection that the platform has closed meanwhile is noticed now, and not by the request that would go into it.
            tokio::task::yield_now().await;
            work(&way.gate).await
        });
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(way);
        Ok(done)
    }
}

impl Way {
    fn new() -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| format!("no way out can be made: {e}"))?;
        let gate = {
            let _within = runtime.enter();
            Gate::new(Options::default()).map_err(|e| e.to_string())?
        };
        Ok(Self { gate, runtime: Some(runtime) })
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("taken by drop alone").block_on(work)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        // The last owner may be a task of the host's runtime, where waiting for another one is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
