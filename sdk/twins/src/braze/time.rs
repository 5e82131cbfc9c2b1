//! The shapes of time that the vendor reads: those of ISO 8601, and one of its own.

use jiff::Timestamp;

pub(super) use crate::time::day;
use crate::time::{instant, is_iso};

/// A time with a zone: RFC 3339, or the vendor's `yyyy-MM-ddTHH:mm:ss:SSSZ` with a colon before the milliseconds and an
/// offset without one (*Event object*, read 2026-11).
pub(super) fn zoned(text: &str) -> Option<Timestamp> {
    // "2026-03-02T08:15:00:123Z": the ninth place of the clock is a colon.
    match text.as_bytes().get(19) {
        Some(b':') if text.is_ascii() => {
            let (clock, rest) = text.split_at(19);
            instant(&format!("{clock}.{}", rest.get(1..)?))
        }
        _ => instant(text),
    }
}

/// Any ISO 8601 date or time that the vendor would read as one.
pub(super) fn is_any(text: &str) -> bool {
    is_iso(text) || zoned(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_the_shapes_of_the_page_alone() {
        for (text, with_zone, any) in [
            ("2026-03-02T08:15:00Z", true, true),
            ("2026-03-02T08:15:00.123Z", true, true),
            ("2026-03-02T08:15:00+01:00", true, true),
            ("2026-03-02T08:15:00:123Z", true, true),
            ("2026-03-02T08:15:00:123+0100", true, true),
            ("2026-03-02T08:15:00", false, true),
            ("2026-03-02", false, true),
            ("2026-02-30", false, false),
            ("2026-03-02T25:15:00Z", false, false),
            ("02/03/2026", false, false),
            ("2026-03-02 and more", false, false),
            ("2026-03-02é08:15:00Z", false, false),
            ("20260302", false, false),
            ("1772439300", false, false),
            ("", false, false),
        ] {
            assert_eq!((zoned(text).is_some(), is_any(text)), (with_zone, any), "{text}");
        }
    }

    #[test]
    fn the_colon_before_the_milliseconds_means_a_point() {
        assert_eq!(zoned("2026-03-02T08:15:00:123Z"), zoned("2026-03-02T08:15:00.123Z"));
    }
}
