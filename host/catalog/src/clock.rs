//! Time and randomness as arguments, so that runs replay and simulations repeat.
//!
//! Rooms take `&dyn Clock`; only [`SystemClock`] reads the machine's.

use jiff::Timestamp;

/// A source of the present instant.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, with at least millisecond resolution; may step backwards when the machine's clock is set.
    fn now(&self) -> Timestamp;
}

/// The machine's clock. The one place in Sluice that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for tests and for replays.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
