//! How much processor and wall time a call has used, against its budget.
//!
//! Processor time is the clock of the guest's own thread, so a busy neighbour does not use up a guest's budget; time on the host's
//! side of a host call that runs on this thread counts too, since the guest caused it. Wall time leaves out the waiting at the door,
//! which has the call's deadline.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::{fault::Stop, limits::Limits, session::Shared};

/// What is being timed, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    of_start: bool,
    cpu: Duration,
    wall: Duration,
}

impl Budget {
    pub(crate) fn of_start(limits: &Limits) -> Self {
        Self { of_start: true, ..Self::new(limits.cpu_per_instantiation, limits) }
    }

    pub(crate) fn of_call(limits: &Limits) -> Self {
        Self::new(limits.cpu_per_call, limits)
    }

    fn new(cpu: Duration, limits: &Limits) -> Self {
        Self { of_start: false, cpu, wall: cpu.saturating_mul(limits.wall_per_cpu).min(limits.wall_per_call) }
    }

    /// Whether so much processor time and so much wall time of the guest's own are within the budget.
    fn judge(self, cpu: Duration, wall: Duration) -> Result<(), Stop> {
        if cpu > self.cpu {
            let (used, allowed) = (cpu, self.cpu);
            Err(if self.of_start { Stop::CpuOfStart { used, allowed } } else { Stop::CpuOfCall { used, allowed } })
        } else if wall > self.wall {
            Err(Stop::Wall { used: wall, allowed: self.wall })
        } else {
            Ok(())
        }
    }
}

/// Started on the thread that it measures.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Budget,
    cpu_began: Duration,
    wall_began: Instant,
    /// Where the present budget began, on the scales of `cpu` and `wall`.
    cpu_before: Duration,
    wall_before: Duration,
    counted: Duration,
    in_door: Duration,
}

impl Meter {
    pub(crate) fn start(budget: Budget) -> Self {
        Self {
            budget,
            cpu_began: thread_cpu(),
            wall_began: Instant::now(),
            cpu_before: Duration::ZERO,
            wall_before: Duration::ZERO,
            counted: Duration::ZERO,
            in_door: Duration::ZERO,
        }
    }

    /// Gives what follows a budget of its own; the totals go on.
    pub(crate) fn rebudget(&mut self, budget: Budget) {
        self.budget = budget;
        self.cpu_before = self.cpu();
        self.wall_before = self.wall().saturating_sub(self.in_door);
    }

    fn cpu(&self) -> Duration {
        thread_cpu().saturating_sub(self.cpu_began)
    }

    /// Processor time by the last look: asking for it costs a call of the system.
    pub(crate) fn counted(&self) -> Duration {
        self.counted
    }

    pub(crate) fn wall(&self) -> Duration {
        self.wall_began.elapsed()
    }

    pub(crate) fn in_door(&self) -> Duration {
        self.in_door
    }

    pub(crate) fn was_in_door(&mut self, time: Duration) {
        self.in_door += time;
    }

    /// Counts what was used since the last look into the run, and judges this budget and the run's.
    pub(crate) fn look(&mut self, run: &Shared) -> Result<(), Stop> {
        let cpu = self.cpu();
        let of_run = run.spend_cpu(cpu.saturating_sub(self.counted));
        self.counted = cpu;
        let own_wall = self.wall().saturating_sub(self.in_door).saturating_sub(self.wall_before);
        self.budget.judge(cpu.saturating_sub(self.cpu_before), own_wall).and(of_run)
    }
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_allows_its_last_nanosecond_and_ten_times_that_of_wall_time() {
        let second = Duration::from_secs(1);
        let more = Duration::from_nanos(1);
        let limits = Limits { cpu_per_call: second, cpu_per_instantiation: second, ..Limits::default() };
        let (call, start) = (Budget::of_call(&limits), Budget::of_start(&limits));
        for (budget, cpu, wall, want) in [
            (call, second, second * 10, Ok(())),
            (call, second + more, second, Err(Stop::CpuOfCall { used: second + more, allowed: second })),
            (start, second + more, second, Err(Stop::CpuOfStart { used: second + more, allowed: second })),
            (call, second, second * 10 + more, Err(Stop::Wall { used: second * 10 + more, allowed: second * 10 })),
            (start, second, second * 10 + more, Err(Stop::Wall { used: second * 10 + more, allowed: second * 10 })),
        ] {
            assert_eq!(budget.judge(cpu, wall), want);
        }
    }
}
