//! The shapes of time that vendors share: calendar days, instants with an offset, times without one (taken as UTC), zones.

use jiff::{Timestamp, civil};

/// A calendar day `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<civil::Date> {
    if text.len() == 10 && starts_as_date(text) { text.parse().ok() } else { None }
}

/// An instant: date, `T` or a blank, time, and `Z` or an offset.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if text.is_ascii() && is_split(text) { text.parse().ok() } else { None }
}

/// Any of the three.
pub(crate) fn is_iso(text: &str) -> bool {
    match text.len() {
        10 => day(text).is_some(),
        _ => instant(text).is_some() || (is_split(text) && text.parse::<civil::DateTime>().is_ok()),
    }
}

/// A name of the IANA table, in its own spelling.
pub(crate) fn is_zone(name: &str) -> bool {
    jiff::tz::db().get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}

/// Whether a date and a `T` or a blank come first.
fn is_split(text: &str) -> bool {
    starts_as_date(text) && matches!(text.as_bytes().get(10), Some(b'T' | b' '))
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
    fn a_time_is_read_in_the_shapes_of_iso_8601_alone() {
        for (text, with_zone, any) in [
            ("2026-03-02T08:15:00Z", true, true),
            ("2026-03-02T08:15:00.123Z", true, true),
            ("2026-03-02 08:15:00+01:00", true, true),
            ("2026-03-02T08:15:00:123Z", false, false),
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
            assert_eq!((instant(text).is_some(), is_iso(text)), (with_zone, any), "{text}");
        }
    }

    #[test]
    fn a_day_has_ten_places() {
        assert!(day("1990-03-21").is_some());
        assert!(day("1990-3-21").is_none());
        assert!(day("1990-03-21T00:00:00Z").is_none());
        assert!(day("1990-02-29").is_none());
    }
}
