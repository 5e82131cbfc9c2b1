//! Rate limits and their headers: clock windows, as the vendor's reset header ("UTC epoch seconds, end of the current clock
//! window", *API rate limits*, read 2026-11) implies.

use jiff::Timestamp;

use super::limits;
use crate::vendor::Reply;

/// The buckets of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bucket {
    Track,
    Subscription,
    Others,
}

impl Bucket {
    fn rate(self) -> (u64, u64) {
        match self {
            Self::Track => limits::TRACK_RATE,
            Self::Subscription => limits::SUBSCRIPTION_RATE,
            Self::Others => limits::OTHERS_RATE,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Rates {
    windows: [Window; 3],
}

#[derive(Debug, Default, Clone, Copy)]
struct Window {
    number: i64,
    used: u64,
}

/// Where a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) reset: i64,
    /// This request was one too many.
    pub(super) exceeded: bool,
}

impl Rates {
    /// Counts a request.
    pub(super) fn count(&mut self, bucket: Bucket, now: Timestamp) -> Standing {
        let (limit, seconds) = bucket.rate();
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let number = now.as_second().div_euclid(seconds);
        let window = &mut self.windows[bucket as usize];
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

impl Standing {
    /// Writes the three headers into an answer.
    pub(super) fn onto(self, reply: Reply) -> Reply {
        reply
            .header("x-ratelimit-limit", self.limit)
            .header("x-ratelimit-remaining", self.remaining)
            .header("x-ratelimit-reset", self.reset)
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
        for used in 1..=3_000 {
            let standing = rates.count(Bucket::Track, at(301));
            assert_eq!((standing.remaining, standing.exceeded), (3_000 - used, false));
            assert_eq!((standing.limit, standing.reset), (3_000, 303));
        }
        assert!(rates.count(Bucket::Track, at(302)).exceeded, "the same window");
        assert!(!rates.count(Bucket::Others, at(302)).exceeded, "another bucket");
        assert!(!rates.count(Bucket::Track, at(303)).exceeded, "the next window");
    }
}
