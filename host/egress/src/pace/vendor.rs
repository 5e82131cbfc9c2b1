//! What platforms say about their limits in headers.
//!
//! `Retry-After` is RFC 9110 section 10.2.3 (seconds or an HTTP date). `X-RateLimit-Remaining` and `X-RateLimit-Reset` have no
//! standard; the common reading, also that of our sheet on Braze, is requests left and the reset as epoch seconds. Numbers too small
//! to be an epoch are taken as seconds from now, since some platforms send those; no page was read for it.

use std::time::Duration;

use http::HeaderMap;
use jiff::{Timestamp, fmt::rfc2822};

/// Epoch seconds are larger than this (1980), waits are smaller.
const EPOCH_SECONDS_MIN: i64 = 315_532_800;

/// How long `Retry-After` asks to wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(until(at.as_second(), now))
}

/// How long the answer asks to wait: after 429 and 503 in any form, after others only when the allowance is used up.
pub(super) fn wait(status: u16, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let used_up = number(headers, "x-ratelimit-remaining").or_else(|| number(headers, "ratelimit-remaining")) == Some(0.0);
    if !matches!(status, 429 | 503) && !used_up {
        return None;
    }
    if matches!(status, 429 | 503)
        && let Some(wait) = retry_after(headers, now)
    {
        return Some(wait);
    }
    if status == 503 && !used_up {
        return None;
    }
    let reset = number(headers, "x-ratelimit-reset").or_else(|| number(headers, "ratelimit-reset"))?;
    let seconds = reset.ceil() as i64;
    if seconds >= EPOCH_SECONDS_MIN { Some(until(seconds, now)) } else { Duration::try_from_secs_f64(reset).ok() }
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Whole seconds are a platform's resolution: the wait ends when the named second has begun.
fn until(epoch_second: i64, now: Timestamp) -> Duration {
    let millis = epoch_second.saturating_mul(1000).saturating_sub(now.as_millisecond());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
