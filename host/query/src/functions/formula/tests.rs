//! The edges of the operations: halves, extremes, calendars' ends. What formulas mean as a whole is in `tests/formulas.rs`.

use std::borrow::Cow;

use jiff::{civil::Date, tz::TimeZone};
use sluice_catalog::{
    formula::{Arithmetic, Call, Period},
    types::DataType,
};

use super::{
    calendar, number, spell, text,
    value::{Builder, Value},
};

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

#[test]
fn halves_go_away_from_zero_at_every_place() {
    for (units, from, to, want) in [
        (15, 1, 0, 2),
        (-15, 1, 0, -2),
        (14, 1, 0, 1),
        (25, 1, 0, 3),
        (1, 0, 3, 1_000),
        (0, 5, 0, 0),
        (4_999, 4, 0, 0),
        (5_000, 4, 0, 1),
        (i128::MAX, 38, 0, 2),
    ] {
        assert_eq!(number::scaled(units, from, to).ok(), Some(want), "{units} from {from} to {to}");
    }
    assert!(number::scaled(i128::MAX, 0, 1).is_err());
}

#[test]
fn a_quotient_is_exact_to_its_last_digit_and_division_by_zero_is_no_value() {
    let divide = |a: (i128, u8), b: (i128, u8), scale| {
        let (a, b) = (Value::Exact(a.0, a.1), Value::Exact(b.0, b.1));
        number::arithmetic(Arithmetic::Divide, &a, &b, decimal(38, scale)).ok()
    };
    assert_eq!(divide((2, 0), (3, 0), 6), Some(Value::Exact(666_667, 6)));
    assert_eq!(divide((-2, 0), (3, 0), 6), Some(Value::Exact(-666_667, 6)));
    assert_eq!(divide((1, 0), (16_000_000, 0), 6), Some(Value::Exact(0, 6)));
    assert_eq!(divide((1, 0), (2_000_000, 0), 6), Some(Value::Exact(1, 6)), "half of the last digit");
    assert_eq!(divide((12_50, 2), (2_5, 1), 6), Some(Value::Exact(5_000_000, 6)));
    assert_eq!(divide((1, 0), (0, 3), 6), Some(Value::Null));
    // Numbers of 38 digits: an answer or an overflow, never a wrong number.
    let large = 10_i128.pow(38) - 1;
    assert_eq!(divide((large, 0), (large, 0), 6), Some(Value::Exact(1_000_000, 6)));
    assert_eq!(divide((large, 0), (1, 38), 38), None);
}

#[test]
fn a_type_holds_its_digits_and_not_one_more() {
    let push = |ty, value| Builder::new(ty, 1).push(value).is_ok();
    assert!(push(decimal(3, 1), Value::Exact(999, 1)) && !push(decimal(3, 1), Value::Exact(1_000, 1)));
    assert!(push(decimal(3, 1), Value::Exact(99, 0)) && !push(decimal(3, 1), Value::Exact(100, 0)));
    assert!(push(DataType::Integer, Value::Exact(i64::MAX.into(), 0)));
    assert!(!push(DataType::Integer, Value::Exact(i128::from(i64::MAX) + 1, 0)));
}

#[test]
fn texts_spell_numbers_or_nothing() {
    let zone = TimeZone::UTC;
    let read = |text: &str, ty| spell::convert(&Value::Text(Cow::Owned(text.to_owned())), ty, &zone).ok();
    for (text, ty, want) in [
        ("12", DataType::Integer, Value::Exact(12, 0)),
        (" -007 ", DataType::Integer, Value::Exact(-7, 0)),
        ("+1", DataType::Integer, Value::Exact(1, 0)),
        ("1.0", DataType::Integer, Value::Null),
        ("1e3", DataType::Integer, Value::Null),
        ("", DataType::Integer, Value::Null),
        ("12.345", decimal(10, 2), Value::Exact(1_235, 2)),
        (".5", decimal(10, 2), Value::Null),
        ("TRUE", DataType::Boolean, Value::Boolean(true)),
        ("yes", DataType::Boolean, Value::Null),
        ("2024-02-29", DataType::Date, Value::Day(19_782)),
        ("2023-02-29", DataType::Date, Value::Null),
        ("1970-01-01T00:00:01Z", DataType::Timestamp, Value::Instant(1_000_000)),
        ("1970-01-01T00:00:01", DataType::Timestamp, Value::Null),
    ] {
        assert_eq!(read(text, ty), Some(want), "{text:?} as {ty}");
    }
    let float = |x: f64, ty| spell::convert(&Value::Float(x), ty, &zone).ok();
    assert_eq!(float(1.005, decimal(10, 2)), Some(Value::Exact(101, 2)), "as people read it");
    assert_eq!(float(2.5, DataType::Integer), Some(Value::Exact(3, 0)));
    assert_eq!(float(1e-300, decimal(10, 2)), Some(Value::Exact(0, 2)));
    assert_eq!(float(f64::NAN, decimal(10, 2)), Some(Value::Null));
    assert_eq!(float(f64::INFINITY, decimal(10, 2)), None);
}

#[test]
fn a_month_later_than_the_31st_is_the_last_day_and_dates_end_with_an_overflow() {
    let day = |text: &str| calendar::day(text.parse::<Date>().unwrap());
    let add = |from: &str, n, period| calendar::call(&Call::Add(period), &[Value::Day(day(from)), Value::Exact(n, 0)]).ok();
    assert_eq!(add("2026-01-31", 1, Period::Month), Some(Value::Day(day("2026-02-28"))));
    assert_eq!(add("2024-02-29", 1, Period::Year), Some(Value::Day(day("2025-02-28"))));
    assert_eq!(add("2026-03-31", -1, Period::Quarter), Some(Value::Day(day("2025-12-31"))));
    assert_eq!(add("9999-12-31", 1, Period::Day), None);
    assert_eq!(add("2026-01-01", i128::MAX, Period::Day), None);
}

#[test]
fn a_substring_is_the_window_that_lies_inside_of_the_text() {
    let part = |from, length: Option<i128>| {
        let mut args = vec![Value::Text("naïve".into()), Value::Exact(from, 0)];
        args.extend(length.map(|length| Value::Exact(length, 0)));
        match text::call(&Call::Substring, &args, None) {
            Value::Text(text) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(part(3, None), "ïve");
    assert_eq!(part(3, Some(2)), "ïv");
    assert_eq!(part(0, Some(2)), "n", "the window begins before the text");
    assert_eq!((part(2, Some(0)), part(9, Some(1)), part(-5, Some(3))), (String::new(), String::new(), String::new()));
    assert_eq!(part(i128::from(i64::MIN), Some(i128::from(i64::MAX))), "");
}
