//! Days, instants and time zones.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Flaw;

/// `YYYY-MM-DD`, from that, from `YYYY/MM/DD` and from `YYYYMMDD`. Other orders mean different days to different people.
pub(super) fn birth_date(text: &str) -> Result<String, Flaw> {
    let date = day(text).ok_or(Flaw::Date)?;
    if date.year() < 1900 { Err(Flaw::DateRange) } else { Ok(date.to_string()) }
}

/// A part of a birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Month,
    Day,
}

/// `YYYY`, `MM` or `DD`: of a date as [`birth_date`] reads it, or from the part's own number.
pub(super) fn part(text: &str, part: Part) -> Result<String, Flaw> {
    let text = text.trim();
    let number = text.parse::<u16>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    match (part, text.len(), number) {
        (Part::Year, 4, Some(year)) => return if year < 1900 { Err(Flaw::DateRange) } else { Ok(text.to_owned()) },
        (Part::Month, 1 | 2, Some(month @ 1..=12)) => return Ok(format!("{month:02}")),
        (Part::Day, 1 | 2, Some(day @ 1..=31)) => return Ok(format!("{day:02}")),
        _ => {}
    }
    let date = birth_date(text)?;
    Ok(date[match part {
        Part::Year => 0..4,
        Part::Month => 5..7,
        Part::Day => 8..10,
    }]
    .to_owned())
}

/// RFC 3339 in UTC: from that with any offset, from a date (its first instant in UTC), and from Unix time in ten digits (seconds) or
/// thirteen (milliseconds).
pub(super) fn instant(text: &str) -> Result<String, Flaw> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let at = match text.len() {
        10 if digits => text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        13 if digits => text.parse().ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        _ => match day(text) {
            Some(date) => date.to_zoned_datetime(TimeZone::UTC).ok().map(|start| start.timestamp()),
            None => text.parse().ok(),
        },
    };
    at.map(|at: Timestamp| at.to_string()).ok_or(Flaw::Time)
}

/// IANA's spelling of the name.
pub(super) fn time_zone(text: &str) -> Result<String, Flaw> {
    let zone = TimeZone::get(text).map_err(|_| Flaw::TimeZone)?;
    zone.iana_name().map(str::to_owned).ok_or(Flaw::TimeZone)
}

fn day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let [year, month, day] = match bytes.len() {
        10 if matches!((bytes[4], bytes[7]), (b'-', b'-') | (b'/', b'/')) => [&bytes[..4], &bytes[5..7], &bytes[8..]],
        8 => [&bytes[..4], &bytes[4..6], &bytes[6..]],
        _ => return None,
    };
    let number = |digits: &[u8]| -> Option<i16> {
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
    };
    Date::new(number(year)?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?).ok()
}
