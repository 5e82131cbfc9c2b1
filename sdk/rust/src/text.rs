//! Values as the text that vendors expect: ISO 8601 dates and instants, decimals, numbers. Straight into a buffer, without
//! allocation and without a clock.

use crate::put::put;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Appends `YYYY-MM-DD` of a day counted from 1970-01-01. Years outside 0..=9999 are signed and at least four digits.
pub fn date(out: &mut Vec<u8>, days: i32) {
    civil(out, i64::from(days));
}

/// Appends `YYYY-MM-DDTHH:MM:SSZ` of microseconds since 1970-01-01T00:00:00Z; with a fraction of 3 or 6 digits where there is one.
pub fn timestamp(out: &mut Vec<u8>, micros: i64) {
    let days = micros.div_euclid(MICROS_PER_DAY);
    civil(out, days);
    // Wraps on the first day of all, whose beginning does not fit, and comes out right.
    let of_day = micros.wrapping_sub(days.wrapping_mul(MICROS_PER_DAY));
    // Below a day's 86,400: everything from here on is 32-bit arithmetic, which WebAssembly divides quickly.
    let seconds = (of_day / 1_000_000) as u32;
    let fraction = (of_day - i64::from(seconds) * 1_000_000) as u32;
    let ([h, i], [m, n], [s, t]) = (pair(seconds / 3600), pair(seconds / 60 % 60), pair(seconds % 60));
    out.extend_from_slice(&[b'T', h, i, b':', m, n, b':', s, t]);
    if fraction != 0 {
        let ([a, b], [c, d], [e, f]) = (pair(fraction / 10_000), pair(fraction / 100 % 100), pair(fraction % 100));
        out.extend_from_slice(&[b'.', a, b, c]);
        if !fraction.is_multiple_of(1000) {
            out.extend_from_slice(&[d, e, f]);
        }
    }
    out.push(b'Z');
}

/// Appends a decimal number: `unscaled / 10^scale`, all `scale` digits kept. A negative scale appends zeros.
pub fn decimal(out: &mut Vec<u8>, unscaled: i128, scale: i8) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(unscaled.unsigned_abs()).as_bytes();
    if unscaled < 0 {
        out.push(b'-');
    }
    let Ok(scale) = usize::try_from(scale) else {
        put(out, text);
        if unscaled != 0 {
            out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
        }
        return;
    };
    if text.len() > scale {
        let (whole, fraction) = text.split_at(text.len() - scale);
        put(out, whole);
        if scale > 0 {
            out.push(b'.');
            put(out, fraction);
        }
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - text.len()));
        put(out, text);
    }
}

/// Appends an integer.
pub fn int(out: &mut Vec<u8>, value: i64) {
    match u32::try_from(value) {
        Ok(small) => put(out, itoa::Buffer::new().format(small).as_bytes()),
        Err(_) => put(out, itoa::Buffer::new().format(value).as_bytes()),
    }
}

/// Appends the shortest text that reads back as `value`; `false`, and nothing appended, when it is not finite.
pub fn float(out: &mut Vec<u8>, value: f64) -> bool {
    if value.is_finite() && !few_places(out, value) {
        put(out, ryu::Buffer::new().format_finite(value).as_bytes());
    }
    value.is_finite()
}

/// Numbers with at most three decimal places, as amounts, rates and scores are: no search for the shortest text is needed.
///
/// Up to fifteen digits are all kept by a double, so no two such numbers have the same double; and n / 10^p, both exact, is rounded
/// as reading the text is. So the first n / 10^p that is `value`, with the fewest places, is the shortest text.
fn few_places(out: &mut Vec<u8>, value: f64) -> bool {
    const DIGITS_MAX: f64 = 1e9;
    let absolute = value.abs();
    for (places, scale) in [1_u32, 10, 100, 1000].into_iter().enumerate() {
        let digits = (absolute * f64::from(scale)).round_ties_even();
        if digits >= DIGITS_MAX {
            return false;
        }
        if digits / f64::from(scale) != absolute {
            continue;
        }
        if value.is_sign_negative() {
            out.push(b'-');
        }
        let digits = digits as u32;
        put(out, itoa::Buffer::new().format(digits / scale).as_bytes());
        let fraction = digits % scale;
        let tens = pair(fraction % 100);
        match places {
            0 => out.extend_from_slice(b".0"),
            1 => out.extend_from_slice(&[b'.', tens[1]]),
            2 => out.extend_from_slice(&[b'.', tens[0], tens[1]]),
            _ => out.extend_from_slice(&[b'.', b'0' + (fraction / 100) as u8, tens[0], tens[1]]),
        }
        return true;
    }
    false
}

/// Appends `bytes` as standard base 64 with padding.
pub fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() { ALPHABET[(word >> (18 - 6 * i) & 63) as usize] } else { b'=' });
        }
    }
}

/// Appends `text` percent-encoded for one path segment or query value: everything but letters, digits and `-._~`.
pub fn percent(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
        }
    }
}

/// Proleptic Gregorian date of a day number: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn civil(out: &mut Vec<u8>, days: i64) {
    const ERA: u32 = 146_097;
    let z = days + 719_468;
    // From the year 0 on in 32 bits, which WebAssembly divides quickly.
    let (era, doe) = match u32::try_from(z) {
        Ok(z) => (i64::from(z / ERA), z % ERA),
        Err(_) => (z.div_euclid(ERA.into()), z.rem_euclid(ERA.into()) as u32),
    };
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = i64::from(yoe) + era * 400 + i64::from(month <= 2);
    match u32::try_from(year) {
        Ok(year @ 0..=9999) => {
            let ([a, b], [c, d]) = (pair(year / 100), pair(year % 100));
            out.extend_from_slice(&[a, b, c, d]);
        }
        _ => {
            out.push(if year < 0 { b'-' } else { b'+' });
            let mut text = itoa::Buffer::new();
            let text = text.format(year.unsigned_abs());
            out.extend(std::iter::repeat_n(b'0', 4_usize.saturating_sub(text.len())));
            put(out, text.as_bytes());
        }
    }
    let ([m, n], [d, e]) = (pair(month), pair(day));
    out.extend_from_slice(&[b'-', m, n, b'-', d, e]);
}

/// The two digits of a number below 100.
#[inline]
fn pair(value: u32) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

#[cfg(test)]
mod tests;
