//! One bucket: governor's token bucket on tokio's clock, exchanged for a slower or faster one as the platform's answers ask.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use sluice_catalog::manifest::Pace;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};

use crate::limits::{PACE_BACKOFF, PACE_BACKOFF_MAX, PACE_HOLD_MAX, PACE_RAISE_EVERY};

/// The declared rate, in the steps by which it is lowered and raised.
const FULL: u32 = 16;

pub(super) struct Bucket {
    rate: u32,
    period: Duration,
    burst: u32,
    in_flight: Option<Arc<Semaphore>>,
    /// Held while waiting for tokens: the queue in which requests are served as they came.
    turnstile: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    limiter: Arc<Limiter>,
    /// Sixteenths of the declared rate.
    share: u32,
    hold_until: Option<Instant>,
    lowered_at: Option<Instant>,
    raised_at: Instant,
    strikes: u32,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Since>>;

impl Bucket {
    pub(super) fn new(declared: &Pace) -> Self {
        let (rate, burst) = (declared.rate.max(1), declared.burst.unwrap_or(declared.rate).max(1));
        let period = Duration::from_secs(u64::from(declared.per_seconds.max(1)));
        let in_flight = declared.in_flight.map(|n| Arc::new(Semaphore::new(n.max(1) as usize)));
        let limiter = Arc::new(limiter(rate, period, burst, FULL));
        let raised_at = Instant::now();
        let state = State { limiter, share: FULL, hold_until: None, lowered_at: None, raised_at, strikes: 0 };
        Self { rate, period, burst, in_flight, turnstile: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }

    /// Waits for a place and for tokens.
    pub(super) async fn enter(&self, tokens: u32) -> Option<OwnedSemaphorePermit> {
        let permit = match &self.in_flight {
            Some(places) => Some(Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed")),
            None => None,
        };
        let _turn = self.turnstile.lock().await;
        let mut left = tokens;
        while left > 0 {
            match self.attempt(left) {
                Ok(taken) => left -= taken,
                Err(Wait::Until(instant)) => sleep_until(instant).await,
                Err(Wait::For(time)) => sleep(time).await,
            }
        }
        permit
    }

    /// Takes tokens if there are any: as many as wanted, or as the bucket can hold at once.
    fn attempt(&self, wanted: u32) -> Result<u32, Wait> {
        let mut state = self.state();
        if let Some(until) = state.hold_until {
            if until > Instant::now() {
                return Err(Wait::Until(until));
            }
            state.hold_until = None;
        }
        self.raise(&mut state);
        let taken = wanted.min(scaled(self.burst, state.share));
        let some = NonZeroU32::new(taken).expect("at least one token is wanted, and a bucket holds at least one");
        let decided = state.limiter.check_n(some).expect("no more than the burst is asked for");
        decided.map(|()| taken).map_err(|not| Wait::For(not.wait_time_from(state.limiter.clock().now())))
    }

    /// Raises a lowered rate by a sixteenth for each quiet period.
    fn raise(&self, state: &mut State) {
        if state.share == FULL {
            return;
        }
        let quiet = state.raised_at.elapsed();
        let steps = (quiet.as_millis() / PACE_RAISE_EVERY.as_millis()) as u32;
        if steps > 0 {
            state.share = state.share.saturating_add(steps).min(FULL);
            state.raised_at = Instant::now();
            state.strikes = 0;
            state.limiter = self.emptied(state.share);
        }
    }

    /// A 429: halves the rate, and waits as long as the platform says, or longer each time when it says nothing. Answers to
    /// requests that left before the last lowering were caused by the old rate and do not lower it again.
    pub(super) fn lower(&self, began: Instant, named: Option<Duration>) {
        let mut state = self.state();
        let now = Instant::now();
        let news = state.lowered_at.is_none_or(|at| began > at);
        if news {
            state.share = (state.share / 2).max(1);
            state.strikes = state.strikes.saturating_add(1);
            state.lowered_at = Some(now);
        }
        let backoff = PACE_BACKOFF.saturating_mul(1 << (state.strikes.saturating_sub(1)).min(16)).min(PACE_BACKOFF_MAX);
        let until = now + named.unwrap_or(backoff).min(PACE_HOLD_MAX);
        if news || named.is_some() {
            state.hold_until = Some(state.hold_until.map_or(until, |held| held.max(until)));
        }
        state.raised_at = state.raised_at.max(state.hold_until.unwrap_or(now));
        if news {
            state.limiter = self.emptied(state.share);
        }
    }

    /// Nothing goes before `wait` is over; the rate stays.
    pub(super) fn hold(&self, wait: Duration) {
        let mut state = self.state();
        let until = Instant::now() + wait.min(PACE_HOLD_MAX);
        state.hold_until = Some(state.hold_until.map_or(until, |held| held.max(until)));
    }

    /// A new bucket at a share of the rate, without tokens: a change of rate is no reason for a burst.
    fn emptied(&self, share: u32) -> Arc<Limiter> {
        let fresh = limiter(self.rate, self.period, self.burst, share);
        let all = NonZeroU32::new(scaled(self.burst, share)).expect("a bucket holds at least one");
        let _ = fresh.check_n(all);
        Arc::new(fresh)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    #[cfg(test)]
    pub(super) fn share(&self) -> u32 {
        self.state().share
    }
}

enum Wait {
    Until(Instant),
    For(Duration),
}

fn scaled(burst: u32, share: u32) -> u32 {
    (u64::from(burst) * u64::from(share) / u64::from(FULL)).max(1) as u32
}

fn limiter(rate: u32, period: Duration, burst: u32, share: u32) -> Limiter {
    let each = (period / rate * FULL / share).max(Duration::from_nanos(1));
    let burst = NonZeroU32::new(scaled(burst, share)).expect("a bucket holds at least one");
    let quota = Quota::with_period(each).expect("the period is not zero").allow_burst(burst);
    RateLimiter::direct_with_clock(quota, TokioClock { origin: Instant::now() })
}

/// tokio's clock for governor, so that paused time pauses the buckets too.
#[derive(Debug, Clone)]
struct TokioClock {
    origin: Instant,
}

/// Time since the clock's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Since(Duration);

impl Clock for TokioClock {
    type Instant = Since;
    fn now(&self) -> Since {
        Since(self.origin.elapsed())
    }
}

impl std::ops::Add<Nanos> for Since {
    type Output = Self;
    fn add(self, more: Nanos) -> Self {
        Self(self.0 + Duration::from(more))
    }
}

impl Reference for Since {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }
    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}
