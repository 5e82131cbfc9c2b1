//! Rates by the clock: so many requests in each window of so many seconds, by bucket. Which buckets there are, what they
//! allow and how an answer speaks of it are the vendor's.

use std::{collections::HashMap, hash::Hash};

use jiff::Timestamp;

/// Requests in a window of so many seconds.
pub(crate) type Rate = (u64, u64);

/// What was counted, by bucket.
#[derive(Debug)]
pub(crate) struct Rates<B>(HashMap<B, Window>);

#[derive(Debug, Default, Clone, Copy)]
struct Window {
    number: i64,
    used: u64,
}

/// Where a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Second of the epoch at which the window ends.
    pub(crate) reset: i64,
    /// This request was one too many.
    pub(crate) exceeded: bool,
}

impl<B> Default for Rates<B> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<B: Eq + Hash> Rates<B> {
    /// Counts a request.
    pub(crate) fn count(&mut self, bucket: B, (limit, seconds): Rate, now: Timestamp) -> Standing {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let number = now.as_second().div_euclid(seconds);
        let window = self.0.entry(bucket).or_default();
        if window.number != number {
            *window = Window { number, used: 0 };
        }
        window.used += 1;
        Standing {
            limit,
            remaining: limit.saturating_sub(window.used),
            reset: (number + 1).saturating_mul(seconds),
            exceeded: window.used > limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_last_request_of_a_window_passes_and_the_next_is_too_many() {
        let mut rates = Rates::default();
        let three = (3_000, 3);
        for used in 1..=3_000 {
            let standing = rates.count("a", three, at(301));
            assert_eq!((standing.remaining, standing.exceeded), (3_000 - used, false));
            assert_eq!((standing.limit, standing.reset), (3_000, 303));
        }
        assert!(rates.count("a", three, at(302)).exceeded, "the same window");
        assert!(!rates.count("b", three, at(302)).exceeded, "another bucket");
        assert!(!rates.count("a", three, at(303)).exceeded, "the next window");
    }
}
