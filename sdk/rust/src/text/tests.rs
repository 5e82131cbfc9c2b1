use proptest::prelude::*;

use super::*;

fn written(f: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    f(&mut out);
    String::from_utf8(out).expect("text")
}

#[test]
fn days_read_as_dates() {
    for (days, want) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (11_016, "2000-02-29"),
        (20_781, "2026-11-24"),
        (-719_528, "0000-01-01"),
        (2_932_896, "9999-12-31"),
        (2_932_897, "+10000-01-01"),
        (-719_529, "-0001-12-31"),
    ] {
        assert_eq!(written(|o| date(o, days)), want);
    }
    for extreme in [i32::MIN, i32::MAX] {
        assert!(written(|o| date(o, extreme)).len() > 10);
    }
}

#[test]
fn instants_are_utc_with_the_fraction_they_have() {
    for (micros, want) in [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_760_000_000_000_000, "2025-10-09T08:53:20Z"),
        (1_760_000_000_120_000, "2025-10-09T08:53:20.120Z"),
        (1_760_000_000_000_001, "2025-10-09T08:53:20.000001Z"),
    ] {
        assert_eq!(written(|o| timestamp(o, micros)), want);
    }
    for extreme in [i64::MIN, i64::MAX] {
        assert!(written(|o| timestamp(o, extreme)).ends_with('Z'));
    }
}

#[test]
fn decimals_keep_their_digits() {
    for (unscaled, scale, want) in [
        (1999_i128, 2, "19.99"),
        (-5, 2, "-0.05"),
        (0, 2, "0.00"),
        (7, 0, "7"),
        (7, -2, "700"),
        (0, -2, "0"),
        (100, 2, "1.00"),
        (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
    ] {
        assert_eq!(written(|o| decimal(o, unscaled, scale)), want);
    }
}

#[test]
fn base64_pads_and_percent_keeps_unreserved() {
    for (bytes, want) in [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe\xfd", "//79")] {
        assert_eq!(written(|o| base64(o, bytes)), want);
    }
    let mut out = String::new();
    percent(&mut out, "a b/é-._~?");
    assert_eq!(out, "a%20b%2F%C3%A9-._~%3F");
}

fn shortest(value: f64) -> String {
    ryu::Buffer::new().format_finite(value).to_owned()
}

#[test]
fn numbers_of_few_places_have_the_shortest_text_too() {
    for value in [0.0, -0.0, 1.0, -1.0, 0.1, 0.01, 0.001, -19.99, 100.0, 120.5, 999_999.999, 999_999_999.0, 1e9, 1e15, 1e16, 1e-4] {
        assert_eq!(written(|o| assert!(float(o, value))), shortest(value));
    }
}

proptest! {
    #[test]
    fn every_float_has_its_shortest_text(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
        prop_assert_eq!(written(|o| assert!(float(o, value))), shortest(value));
    }

    #[test]
    fn every_amount_has_its_shortest_text(digits in -2_000_000_000_i64..2_000_000_000, places in 0_i32..6, off in -2_i64..3) {
        let value = digits as f64 / 10_f64.powi(places);
        let near = f64::from_bits(value.to_bits().wrapping_add_signed(off));
        for value in [value, near].into_iter().filter(|v| v.is_finite()) {
            prop_assert_eq!(written(|o| assert!(float(o, value))), shortest(value));
        }
    }

    #[test]
    fn every_integer_has_its_digits(value in any::<i64>(), small in -70_000_i64..70_000) {
        prop_assert_eq!(written(|o| int(o, value)), value.to_string());
        prop_assert_eq!(written(|o| int(o, small)), small.to_string());
    }
}
