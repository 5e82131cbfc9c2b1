//! The shapes of time that the vendor reads: dates, times with a zone, and times without (taken as UTC).

use jiff::{Timestamp, civil};

/// A time with a zone: RFC 3339, or the vendor's `yyyy-MM-ddTHH:mm:ss:SSSZ` with a colon before the milliseconds and an
/// offset without one (*Event object*, read 2026-11).
pub(super) fn zoned(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() || !starts_as_date(text) || !matches!(text.as_bytes().get(10), Some(b'T' | b' ')) {
        return None;
    }
    // "2026-03-02T08:15:00:123Z": the ninth place of the clock is a colon.
    match text.as_bytes().get(19) {
        Some(b':') => {
            let (clock, rest) = text.split_at(19);
            format!("{clock}.{}", rest.get(1..)?).parse().ok()
        }
        _ => text.parse().ok(),
    }
}

/// A calendar day `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Option<civil::Date> {
    if text.len() == 10 && starts_as_date(text) { text.parse().ok() } else { None }
}

/// Any ISO 8601 date or time that the vendor would read as one.
pub(super) fn is_any(text: &str) -> bool {
    if !starts_as_date(text) {
        return false;
    }
    if text.len() == 10 {
        return day(text).is_some();
    }
    zoned(text).is_some() || (matches!(text.as_bytes().get(10), Some(b'T' | b' ')) && text.parse::<civil::DateTime>().is_ok())
}

fn starts_as_date(text: &str) -> bool {
    let shape = b"dddd-dd-dd";
    let bytes = text.as_bytes();
    bytes.len() >= shape.len()
        && bytes.iter().zip(shape).all(|(byte, shape)| if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape })
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

    #[test]
    fn a_day_has_ten_places() {
        assert!(day("1990-03-21").is_some());
        assert!(day("1990-3-21").is_none());
        assert!(day("1990-03-21T00:00:00Z").is_none());
        assert!(day("1990-02-29").is_none());
    }
}
