//! When an event may have happened: platforms take none that is older than they say, and none of the future.

use crate::code;
use crate::contract::Reason;
use crate::limits::AHEAD_MS_MAX;

/// The events that a platform takes, by their time, and what is said of others.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Milliseconds that an event may be older than the run.
    pub age_ms_max: i64,
    /// Of an older one.
    pub older: &'static str,
    /// Of one of the future.
    pub later: &'static str,
}

impl Window {
    /// Nothing of an event of the instant `micros` (since 1970), in a run of the instant `now_ms`, that the platform takes; else its refusal:
    /// `too-old`, or `bad-format` where it is more than [`AHEAD_MS_MAX`] later than the run.
    pub fn check(self, now_ms: u64, micros: i64) -> Result<(), Reason> {
        let (now_ms, at_ms) = (i64::try_from(now_ms).unwrap_or(i64::MAX), micros.div_euclid(1000));
        if at_ms < now_ms.saturating_sub(self.age_ms_max) {
            return Err(Reason::new(code::TOO_OLD, self.older));
        }
        if at_ms > now_ms.saturating_add(AHEAD_MS_MAX) { Err(Reason::bad(self.later)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_both_ends() {
        let (now_ms, day_ms) = (1_760_000_000_000_u64, 86_400_000);
        let window = Window { age_ms_max: day_ms, older: "older", later: "later" };
        let told =
            |after_ms: i64| window.check(now_ms, (now_ms as i64 + after_ms) * 1000).map_err(|reason| (reason.code, reason.message));
        assert_eq!([-day_ms, 0, AHEAD_MS_MAX].map(told), [Ok(()), Ok(()), Ok(())]);
        assert_eq!(told(-day_ms - 1), Err((code::TOO_OLD.to_owned(), "older".to_owned())));
        assert_eq!(told(AHEAD_MS_MAX + 1), Err((code::BAD_FORMAT.to_owned(), "later".to_owned())));
        assert!(window.check(u64::MAX, i64::MIN).is_err() && window.check(0, i64::MAX).is_err());
    }
}
