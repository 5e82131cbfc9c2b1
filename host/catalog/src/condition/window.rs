//! Relative time made constant: given now and a zone, every time test is one interval of microseconds or of days.
//!
//! `in the last N` days and larger means the present calendar unit and the N - 1 before it, up to now. A distance in calendar units
//! is the number of unit boundaries between: yesterday is one day ago at any hour. Hence `more than N ago` is a distance above N, and
//! `between N and M ago` a distance from N to M. Minutes, hours and `exact` windows are durations; exact months and larger keep the
//! time of day.

use std::{collections::BTreeSet, ops::Bound};

use jiff::{
    Span, Timestamp, ZonedDateTime,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    tree::WeekStart,
    typed::{Moment, Rolling, TimeTest, Unit},
};

/// A range of microseconds since 1970 in UTC (timestamps), or of days since 1970 (dates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Where it begins.
    pub from: Bound<i64>,
    /// Where it ends.
    pub to: Bound<i64>,
}

impl Interval {
    /// Whether it holds `value`.
    pub fn contains(&self, value: i64) -> bool {
        (self.from, self.to).contains_value(value)
    }
}

trait ContainsValue {
    fn contains_value(&self, value: i64) -> bool;
}

impl ContainsValue for (Bound<i64>, Bound<i64>) {
    fn contains_value(&self, value: i64) -> bool {
        std::ops::RangeBounds::contains(self, &value)
    }
}

/// The frozen present: now, and the workspace's zone.
#[derive(Debug, Clone)]
pub struct At {
    now: ZonedDateTime,
}

impl At {
    /// Now, seen in `zone`.
    pub fn new(now: Timestamp, zone: &TimeZone) -> Self {
        Self { now: now.to_zoned_datetime(zone.clone()) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        self.now.time_zone()
    }

    /// The calendar day in the zone.
    pub fn today(&self) -> Date {
        self.now.date()
    }

    /// What `test` means for timestamps: microseconds since 1970 in UTC.
    pub fn instants(&self, test: &TimeTest) -> Interval {
        use Bound::{Excluded, Included, Unbounded};
        let start = |day: Date| Point::Before(self.day_start(day));
        let (from, to) = match *test {
            TimeTest::On(Moment::Day(day)) => (start(day), start(next(day))),
            TimeTest::On(Moment::Instant(at)) => (Point::Before(at), Point::After(at)),
            TimeTest::Before(moment) => (Point::Never, self.before(moment)),
            TimeTest::After(moment) => (self.after(moment), Point::Never),
            TimeTest::OnOrBefore(moment) => (Point::Never, self.after(moment)),
            TimeTest::OnOrAfter(moment) => (self.before(moment), Point::Never),
            TimeTest::Between(low, high) => (self.before(low), self.after(high)),
            TimeTest::Last(by) if by.is_duration() => (Point::Before(self.shifted(by, -1)), Point::After(self.now())),
            TimeTest::Last(by) => (start(self.unit_start(by, 1 - i64::from(by.amount))), Point::After(self.now())),
            TimeTest::Next(by) if by.is_duration() => (Point::After(self.now()), Point::After(self.shifted(by, 1))),
            TimeTest::Next(by) => (Point::After(self.now()), start(self.unit_start(by, i64::from(by.amount)))),
            TimeTest::MoreThanAgo(by) if by.is_duration() => (Point::Never, Point::Before(self.shifted(by, -1))),
            TimeTest::MoreThanAgo(by) => (Point::Never, start(self.unit_start(by, -i64::from(by.amount)))),
            TimeTest::MoreThanFromNow(by) if by.is_duration() => (Point::After(self.shifted(by, 1)), Point::Never),
            TimeTest::MoreThanFromNow(by) => (start(self.unit_start(by, i64::from(by.amount) + 1)), Point::Never),
            TimeTest::BetweenAgo(near, far) if near.is_duration() => {
                let far = Rolling { amount: far, ..near };
                (Point::Before(self.shifted(far, -1)), Point::After(self.shifted(near, -1)))
            }
            TimeTest::BetweenAgo(near, far) => {
                let to = if near.amount == 0 {
                    Point::After(self.now())
                } else {
                    start(self.unit_start(near, 1 - i64::from(near.amount)))
                };
                (start(self.unit_start(near, -i64::from(far))), to)
            }
            TimeTest::Past => (Point::Never, Point::Before(self.now())),
            TimeTest::Future => (Point::After(self.now()), Point::Never),
        };
        Interval {
            from: match from {
                Point::Never => Unbounded,
                Point::Before(at) => Included(micros_up(at)),
                Point::After(at) => Excluded(micros_down(at)),
            },
            to: match to {
                Point::Never => Unbounded,
                Point::Before(at) => Excluded(micros_up(at)),
                Point::After(at) => Included(micros_down(at)),
            },
        }
    }

    /// What `test` means for dates: days since 1970. No zone is applied to the dates; "today" is that of the zone.
    pub fn days(&self, test: &TimeTest) -> Interval {
        use Bound::{Excluded, Included, Unbounded};
        let today = days(self.today());
        let unit = |by: Rolling, away: i64| days(self.unit_start(by, away));
        let (from, to) = match *test {
            TimeTest::On(at) => (Included(day_of(at)), Included(day_of(at))),
            TimeTest::Before(at) => (Unbounded, Excluded(day_of(at))),
            TimeTest::After(at) => (Excluded(day_of(at)), Unbounded),
            TimeTest::OnOrBefore(at) => (Unbounded, Included(day_of(at))),
            TimeTest::OnOrAfter(at) => (Included(day_of(at)), Unbounded),
            TimeTest::Between(low, high) => (Included(day_of(low)), Included(day_of(high))),
            TimeTest::Last(by) => (Included(unit(by, 1 - i64::from(by.amount))), Included(today)),
            TimeTest::Next(by) => (Included(today), Excluded(unit(by, i64::from(by.amount)))),
            TimeTest::MoreThanAgo(by) => (Unbounded, Excluded(unit(by, -i64::from(by.amount)))),
            TimeTest::MoreThanFromNow(by) => (Included(unit(by, i64::from(by.amount) + 1)), Unbounded),
            TimeTest::BetweenAgo(near, far) => {
                let to = if near.amount == 0 { Included(today) } else { Excluded(unit(near, 1 - i64::from(near.amount))) };
                (Included(unit(near, -i64::from(far))), to)
            }
            TimeTest::Past => (Unbounded, Excluded(today)),
            TimeTest::Future => (Excluded(today), Unbounded),
        };
        Interval { from, to }
    }

    /// The first instant of a day in the zone; in a gap, the first after it.
    fn day_start(&self, day: Date) -> Timestamp {
        match day.to_zoned_datetime(self.zone().clone()) {
            Ok(start) => start.timestamp(),
            Err(_) if day.year() > 0 => Timestamp::MAX,
            Err(_) => Timestamp::MIN,
        }
    }

    fn before(&self, moment: Moment) -> Point {
        Point::Before(match moment {
            Moment::Day(day) => self.day_start(day),
            Moment::Instant(at) => at,
        })
    }

    fn after(&self, moment: Moment) -> Point {
        match moment {
            Moment::Day(day) => Point::Before(self.day_start(next(day))),
            Moment::Instant(at) => Point::After(at),
        }
    }

    /// The first day of the calendar unit that lies `away` units from the present one.
    fn unit_start(&self, by: Rolling, away: i64) -> Date {
        let today = self.today();
        let (first, months, days) = match by.unit {
            Unit::Minutes | Unit::Hours | Unit::Days => (today, 0, away),
            Unit::Weeks => (week_start(today, by.week), 0, 7 * away),
            Unit::Months => (today.first_of_month(), away, 0),
            Unit::Quarters => (quarter_start(today), 3 * away, 0),
            Unit::Years => (today.first_of_year(), 12 * away, 0),
        };
        first.saturating_add(Span::new().months(months).days(days))
    }

    /// Now, moved by a duration; `sign` is 1 or -1.
    fn shifted(&self, by: Rolling, sign: i64) -> Timestamp {
        let amount = sign * i64::from(by.amount);
        let span = match by.unit {
            Unit::Minutes => Span::new().minutes(amount),
            Unit::Hours => Span::new().hours(amount),
            Unit::Days => Span::new().hours(24 * amount),
            Unit::Weeks => Span::new().hours(168 * amount),
            Unit::Months => Span::new().months(amount),
            Unit::Quarters => Span::new().months(3 * amount),
            Unit::Years => Span::new().months(12 * amount),
        };
        self.now.saturating_add(span).timestamp()
    }
}

impl Rolling {
    /// Whether it is a length of time rather than a number of calendar units.
    pub fn is_duration(&self) -> bool {
        self.exact || matches!(self.unit, Unit::Minutes | Unit::Hours)
    }
}

/// A cut in time, on either side of an instant.
enum Point {
    Never,
    Before(Timestamp),
    After(Timestamp),
}

fn micros_down(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond().div_euclid(1_000)).expect("jiff's years -9999 to 9999 fit microseconds of 64 bits")
}

fn micros_up(at: Timestamp) -> i64 {
    let down = micros_down(at);
    if at.as_nanosecond().rem_euclid(1_000) == 0 { down } else { down + 1 }
}

fn next(day: Date) -> Date {
    day.saturating_add(Span::new().days(1))
}

fn day_of(moment: Moment) -> i64 {
    match moment {
        Moment::Day(day) => days(day),
        Moment::Instant(at) => days(at.to_zoned_datetime(TimeZone::UTC).date()),
    }
}

/// Days since 1970-01-01.
fn days(day: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from(epoch.until(day).expect("days between two dates always exist").get_days())
}

fn week_start(day: Date, week: WeekStart) -> Date {
    let first = match week {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Saturday => Weekday::Saturday,
        WeekStart::Sunday => Weekday::Sunday,
    };
    day.saturating_sub(Span::new().days(i64::from(day.weekday().since(first))))
}

fn quarter_start(day: Date) -> Date {
    Date::constant(day.year(), (day.month() - 1) / 3 * 3 + 1, 1)
}

/// The days of a year that begins in March (0 = 1 March, 365 = 29 February) that lie at most `days` from `today`. In a year without
/// one, 29 February is kept on the 28th, so that nobody is left out.
pub fn anniversary_days(today: Date, days: u16) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    for away in -i64::from(days)..=i64::from(days) {
        let day = today.saturating_add(Span::new().days(away));
        let (month, of_month) = (u16::from(day.month().unsigned_abs()), u16::from(day.day().unsigned_abs()));
        found.insert((153 * ((month + 9) % 12) + 2) / 5 + of_month - 1);
        if (month, of_month) == (2, 28) && !day.in_leap_year() {
            found.insert(365);
        }
    }
    found
}
