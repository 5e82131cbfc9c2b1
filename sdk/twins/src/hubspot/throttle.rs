//! Rates (*Global rate limits*): so many requests of the account in any ten seconds, of private apps together and of each OAuth app by
//! itself; so many in a day of the account's time zone, of private apps alone; so many searches in a second. A refused request does not
//! count, and searches say nothing of the limits (both inferred).

use std::collections::VecDeque;

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{
    limits,
    options::{Options, Policy},
};
use crate::{rates::Rate, vendor::Reply};

/// What came within a window that rolls.
#[derive(Debug, Default)]
struct Rolling(VecDeque<Timestamp>);

impl Rolling {
    /// Requests within the window that ends now.
    fn used(&mut self, (_, seconds): Rate, now: Timestamp) -> u64 {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let over = |at: &Timestamp| now.as_millisecond() - at.as_millisecond() >= seconds.saturating_mul(1_000);
        while self.0.front().is_some_and(over) {
            self.0.pop_front();
        }
        self.0.len() as u64
    }
}

#[derive(Debug, Default)]
pub(super) struct Throttle {
    private: Rolling,
    oauth: Rolling,
    searches: Rolling,
    day: Option<civil::Date>,
    today: u64,
}

/// How a call stands with the limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stands {
    burst: u64,
    burst_left: u64,
    daily: Option<(u64, u64)>,
    search: bool,
    /// The limit that this call is above of.
    pub(super) exceeded: Option<Policy>,
}

impl Throttle {
    /// Counts a call.
    pub(super) fn count(&mut self, options: &Options, oauth: bool, search: bool, now: Timestamp) -> Stands {
        let (burst, daily) = options.plan.rates(options.capacity_packs);
        let burst = if oauth { limits::OAUTH_BURST } else { burst };
        let zone = TimeZone::get(&options.time_zone).unwrap_or(TimeZone::UTC);
        let day = zone.to_datetime(now).date();
        if self.day != Some(day) {
            self.day = Some(day);
            self.today = 0;
        }
        let rolling = if oauth { &mut self.oauth } else { &mut self.private };
        let used = rolling.used(burst, now);
        let searches = if search { self.searches.used(limits::SEARCHES, now) } else { 0 };
        let exceeded = if !oauth && self.today >= daily {
            Some(Policy::Daily)
        } else if used >= burst.0 {
            Some(Policy::TenSecondly)
        } else if searches >= limits::SEARCHES.0 {
            Some(Policy::Search)
        } else {
            None
        };
        let counts = u64::from(exceeded.is_none());
        if exceeded.is_none() {
            let rolling = if oauth { &mut self.oauth } else { &mut self.private };
            rolling.0.push_back(now);
            if search {
                self.searches.0.push_back(now);
            }
            if !oauth {
                self.today += 1;
            }
        }
        Stands {
            burst: burst.0,
            burst_left: burst.0.saturating_sub(used + counts),
            daily: (!oauth).then(|| (daily, daily.saturating_sub(self.today))),
            search,
            exceeded,
        }
    }
}

impl Stands {
    /// Writes the headers, of refusals too (inferred).
    pub(super) fn onto(&self, reply: Reply) -> Reply {
        if self.search {
            return reply;
        }
        let reply = reply
            .header("x-hubspot-ratelimit-interval-milliseconds", limits::BURST_S * 1_000)
            .header("x-hubspot-ratelimit-max", self.burst)
            .header("x-hubspot-ratelimit-remaining", self.burst_left)
            // A tenth of the burst, which nobody is held to any more (inferred).
            .header("x-hubspot-ratelimit-secondly", self.burst / limits::BURST_S)
            .header("x-hubspot-ratelimit-secondly-remaining", self.burst_left.min(self.burst / limits::BURST_S));
        match self.daily {
            Some((daily, left)) => {
                reply.header("x-hubspot-ratelimit-daily", daily).header("x-hubspot-ratelimit-daily-remaining", left)
            }
            None => reply,
        }
    }
}
