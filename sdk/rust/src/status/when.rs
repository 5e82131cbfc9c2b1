//! When to come back: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3, read 2026-11-24), and the vendors' own headers.

use super::{Reset, Vendor};
use crate::contract::Reason;
use crate::response::Response;

pub(super) fn come_back(vendor: &Vendor, answer: &Response, reason: Reason) -> Reason {
    if let Some(text) = answer.header("retry-after") {
        if let Some(ms) = decimal_seconds_ms(text) {
            return reason.after_ms(ms);
        }
        if let Some(at) = http_date_ms(text) {
            return reason.at_ms(at);
        }
    }
    let number = |name: &str| answer.header(name).and_then(|t| t.parse::<f64>().ok()).filter(|v| v.is_finite() && *v >= 0.0);
    let ms = |v: f64, factor: f64| (v * factor).ceil() as u64;
    match vendor.reset {
        Reset::None => reason,
        Reset::EpochSeconds(name) => number(name).map_or(reason.clone(), |v| reason.at_ms(ms(v, 1000.0))),
        Reset::EpochMillis(name) => number(name).map_or(reason.clone(), |v| reason.at_ms(ms(v, 1.0))),
        Reset::Seconds(name) => number(name).map_or(reason.clone(), |v| reason.after_ms(ms(v, 1000.0))),
        Reset::Millis(name) => number(name).map_or(reason.clone(), |v| reason.after_ms(ms(v, 1.0))),
    }
}

fn decimal_seconds_ms(text: &str) -> Option<u64> {
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1000.0).ceil() as u64)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as milliseconds since 1970; the obsolete forms are not read.
fn http_date_ms(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.strip_suffix(" GMT")?.split(", ").nth(1)?.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|m| *m == name)? as i64 + 1;
    let year: i64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':').map(|p| p.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let sound = (1..=31).contains(&day) && (1970..=9999).contains(&year) && hour < 24 && minute < 60 && second < 61;
    if !sound || hour < 0 || minute < 0 || second < 0 {
        return None;
    }
    // Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
    let y = year - i64::from(month <= 2);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = y.div_euclid(400) * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    u64::try_from((days * 86_400 + hour * 3600 + minute * 60 + second) * 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::testing::answer;

    #[test]
    fn the_wait_is_read_from_the_header_that_is_there() {
        let reset = Vendor { name: "Acme", reset: Reset::EpochSeconds("X-RateLimit-Reset") };
        for (header, value, want) in [
            ("Retry-After", "7", (Some(7000), None)),
            ("retry-after", "0.5", (Some(500), None)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", (None, Some(784_111_777_000))),
            ("x-ratelimit-reset", "1760000000", (None, Some(1_760_000_000_000))),
            ("retry-after", "soon", (None, None)),
            ("retry-after", "-1", (None, None)),
            ("retry-after", "Sun, 99 Nov 1994 08:49:37 GMT", (None, None)),
            ("x-other", "3", (None, None)),
        ] {
            let reason =
                come_back(&reset, &answer(429, "").with_header(header, value).response(), Reason::new(code::DEST_RATE_LIMITED, ""));
            assert_eq!((reason.after_ms, reason.at_ms), want, "{header}: {value}");
        }
    }
}
