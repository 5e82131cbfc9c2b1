//! Quotas (*Rate limiting*): calls to the custom audiences of an ad account in an hour, more of them the more audiences it has, and the
//! headers that say how much is used, in per cent. No header says when to come back but `estimated_time_to_regain_access`, in minutes
//! (inferred). Events are not counted. A refused call counts as the others do (inferred); the app's usage is the account's (inferred).

use jiff::Timestamp;
use serde_json::json;

use super::{
    limits,
    options::{Access, AdAccount},
};
use crate::{
    rates::{Rates, Standing},
    vendor::Reply,
};

#[derive(Debug, Default)]
pub(super) struct Usage(Rates<String>);

impl Usage {
    /// Counts a call to an account that has such a quota.
    pub(super) fn count(&mut self, account: &str, quota: u64, now: Timestamp) -> Standing {
        self.0.count(account.to_owned(), (quota, limits::QUOTA_S), now)
    }
}

/// Calls of an hour to the audiences of an account that has so many of them.
pub(super) fn quota(access: Access, audiences: usize) -> u64 {
    let more = limits::QUOTA_OF_AUDIENCE.saturating_mul(u64::try_from(audiences).unwrap_or(u64::MAX));
    match access {
        Access::Limited => limits::QUOTA_LIMITED.0.saturating_add(more).min(limits::QUOTA_LIMITED.1),
        Access::Full => limits::QUOTA_FULL.saturating_add(more),
    }
}

/// How an account stands, as headers say it.
#[derive(Debug, Clone)]
pub(super) struct Stands {
    business: String,
    per_cent: u64,
    seconds: i64,
    pub(super) exceeded: bool,
}

impl Stands {
    pub(super) fn of(account: &AdAccount, standing: Standing, now: Timestamp) -> Self {
        let used = standing.limit - standing.remaining;
        Self {
            business: account.business.clone(),
            per_cent: if standing.exceeded { 100 } else { used * 100 / standing.limit.max(1) },
            seconds: (standing.reset - now.as_second()).max(0),
            exceeded: standing.exceeded,
        }
    }

    /// All is used, until so many seconds have gone.
    pub(super) fn used_up(business: &str, seconds: i64) -> Self {
        Self { business: business.to_owned(), per_cent: 100, seconds, exceeded: true }
    }

    /// Writes the headers.
    pub(super) fn onto(&self, reply: Reply) -> Reply {
        let minutes = if self.exceeded { (self.seconds + 59) / 60 } else { 0 };
        let counts = json!({ "call_count": self.per_cent, "total_cputime": 0, "total_time": 0 });
        let mut of_business = counts.clone();
        of_business["type"] = "custom_audience".into();
        of_business["estimated_time_to_regain_access"] = minutes.into();
        reply
            .header("x-app-usage", counts)
            .header("x-business-use-case-usage", json!({ (self.business.as_str()): [of_business] }))
            .header("x-ad-account-usage", json!({ "acc_id_util_pct": self.per_cent, "reset_time_duration": self.seconds }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "5,000 + 40 x active custom audiences with limited (standard) access, capped 700,000; 190,000 + 40 x active with full (advanced)".
    #[test]
    fn the_quota_grows_with_the_audiences() {
        for (access, audiences, want) in [
            (Access::Limited, 0, 5_000),
            (Access::Limited, 3, 5_120),
            (Access::Limited, 17_375, 700_000),
            (Access::Limited, 17_376, 700_000),
            (Access::Full, 0, 190_000),
            (Access::Full, 17_376, 885_040),
        ] {
            assert_eq!(quota(access, audiences), want, "{access:?} {audiences}");
        }
    }
}
