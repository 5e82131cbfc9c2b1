//! Rates (*Rate limits*): each endpoint may be called so often in a second, in a minute and, one of them, in a day; windows are fixed,
//! and all keys of the account share them. A success says how the minute stands (`RateLimit-Limit`, `-Remaining`, `-Reset` in
//! seconds); a refusal says how long to wait (`Retry-After`) in their place. A refused call counts as the others do (inferred).

use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::{endpoint::Endpoint, limits};
use crate::{
    rates::{Rates, Standing},
    vendor::Reply,
};

/// What is counted by itself: an endpoint, with the fields that cost more or without, in windows of so many seconds.
type Bucket = (Discriminant<Endpoint>, bool, u64);

#[derive(Debug, Default)]
pub(super) struct Throttle(Rates<Bucket>);

/// How a call stands with its endpoint's rates.
pub(super) struct Stands {
    minute: Standing,
    now: i64,
    /// Seconds until the windows that are full have ended.
    wait_s: Option<i64>,
}

impl Throttle {
    /// Counts a call. `dear`: it asks for additional fields, which lowers its limit.
    pub(super) fn count(&mut self, endpoint: &Endpoint, dear: bool, now: Timestamp) -> Stands {
        let tier = if dear { limits::M } else { endpoint.tier() };
        let kind = discriminant(endpoint);
        let minute = self.0.count((kind, dear, 60), tier.steady_rate(), now);
        let mut windows = vec![minute, self.0.count((kind, dear, 1), tier.burst_rate(), now)];
        if let Some(daily) = tier.daily_rate() {
            windows.push(self.0.count((kind, dear, daily.1), daily, now));
        }
        let now = now.as_second();
        let wait_s = windows.iter().filter(|window| window.exceeded).map(|window| (window.reset - now).max(1)).max();
        Stands { minute, now, wait_s }
    }
}

impl Stands {
    pub(super) fn wait_s(&self) -> Option<i64> {
        self.wait_s
    }

    /// Writes the headers of a success.
    pub(super) fn onto(&self, reply: Reply) -> Reply {
        reply
            .header("ratelimit-limit", self.minute.limit)
            .header("ratelimit-remaining", self.minute.remaining)
            .header("ratelimit-reset", (self.minute.reset - self.now).max(0))
    }
}
