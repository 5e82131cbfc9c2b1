//! Instants as the database keeps them: microseconds since 1970-01-01T00:00:00Z.

use jiff::Timestamp;

/// To the database.
pub(crate) fn us(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// From the database; a value outside jiff's range (year ±9999) can only be damage and reads as the nearest end.
pub(crate) fn at(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(if us < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// Milliseconds for ids; before 1970 reads as 0.
pub(crate) fn id_ms(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// `at - by`, stopping at the earliest instant.
pub(crate) fn before(at: Timestamp, by: std::time::Duration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// `at + by`, stopping at the latest instant.
pub(crate) fn after(at: Timestamp, by: std::time::Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
