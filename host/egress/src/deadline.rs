//! When a wait ends, as a value that travels.

use std::time::Duration;

use tokio::time::Instant;

/// An instant of the monotonic clock after which nobody waits any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(wait: Duration) -> Self {
        Self(Instant::now() + wait)
    }

    /// At this instant.
    pub fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// The instant.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// This one, or the one `wait` from now, whichever comes first.
    pub fn within(self, wait: Duration) -> Self {
        self.min(Self::after(wait))
    }
}
