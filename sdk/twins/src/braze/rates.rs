//! Rate limits and their headers: clock windows, as the vendor's reset header ("UTC epoch seconds, end of the current clock
//! window", *API rate limits*, read 2026-11) implies.

use super::limits;
use crate::{
    rates::{Rate, Standing},
    vendor::Reply,
};

/// The buckets of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Track,
    Subscription,
    Others,
}

impl Bucket {
    pub(super) fn rate(self) -> Rate {
        match self {
            Self::Track => limits::TRACK_RATE,
            Self::Subscription => limits::SUBSCRIPTION_RATE,
            Self::Others => limits::OTHERS_RATE,
        }
    }
}

/// Writes the three headers into an answer.
pub(super) fn onto(standing: Standing, reply: Reply) -> Reply {
    reply
        .header("x-ratelimit-limit", standing.limit)
        .header("x-ratelimit-remaining", standing.remaining)
        .header("x-ratelimit-reset", standing.reset)
}
