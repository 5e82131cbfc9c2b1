//! Token buckets: so many tokens flow in each second, a burst of them stays (*Global rate limits*: "300 profile updates per
//! second, bucket burst 1,000"). A call takes as many as it has operations, or is refused and takes none (inferred).

use jiff::Timestamp;

/// One bucket, full at the start.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: u64,
    burst: u64,
    /// Millionths of tokens, and the time they were counted at; none before the first call.
    counted: Option<(u64, Timestamp)>,
}

const MILLION: u64 = 1_000_000;

impl Bucket {
    pub(super) fn new(per_second: u64, burst: u64) -> Self {
        Self { per_second, burst, counted: None }
    }

    /// Takes so many tokens when they are there. A clock that goes back brings none and takes none.
    pub(super) fn take(&mut self, tokens: u64, now: Timestamp) -> bool {
        let full = self.burst.saturating_mul(MILLION);
        let level = self.counted.map_or(full, |(level, at)| {
            let micros = u64::try_from(now.as_microsecond().saturating_sub(at.as_microsecond())).unwrap_or(0);
            // A token a second is a millionth of it a microsecond.
            level.saturating_add(micros.saturating_mul(self.per_second)).min(full)
        });
        let rest = level.checked_sub(tokens.saturating_mul(MILLION));
        let latest = self.counted.map_or(now, |(_, at)| at.max(now));
        self.counted = Some((rest.unwrap_or(level), latest));
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_then_as_many_as_flow_in() {
        let at = |millis: i64| Timestamp::from_millisecond(1_772_439_300_000 + millis).unwrap();
        let mut bucket = Bucket::new(300, 1_000);
        for (millis, tokens, passes) in [
            (0, 200, true),
            (0, 800, true),
            (0, 1, false),
            (1, 1, false),
            (4, 1, true),
            (4, 1, false),
            (1_004, 301, false),
            (1_004, 300, true),
            (500, 1, false),
            (1_004, 1, false),
            (60_000, 1_001, false),
            (60_000, 1_000, true),
        ] {
            assert_eq!(bucket.take(tokens, at(millis)), passes, "{tokens} at {millis} ms");
        }
    }
}
