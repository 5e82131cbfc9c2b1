//! Values as the text that vendors expect: ISO 8601 dates and instants, decimals, numbers. Straight into a buffer, without
//! allocation and without a clock.

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Appends `YYYY-MM-DD` of a day counted from 1970-01-01. Years outside 0..=9999 are signed and at least four digits.
pub fn date(out: &mut Vec<u8>, days: i32) {
    civil(out, i64::from(days));
}

/// Appends `YYYY-MM-DDTHH:MM:SSZ` of microseconds since 1970-01-01T00:00:00Z; with a fraction of 3 or 6 digits where there is one.
pub fn timestamp(out: &mut Vec<u8>, micros: i64) {
    civil(out, micros.div_euclid(MICROS_PER_DAY));
    let of_day = micros.rem_euclid(MICROS_PER_DAY);
    let seconds = of_day / 1_000_000;
    out.push(b'T');
    digits(out, seconds / 3600, 2);
    out.push(b':');
    digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    digits(out, seconds % 60, 2);
    let fraction = of_day % 1_000_000;
    if fraction != 0 {
        out.push(b'.');
        if fraction % 1000 == 0 { digits(out, fraction / 1000, 3) } else { digits(out, fraction, 6) }
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
        out.extend_from_slice(text);
        if unscaled != 0 {
            out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
        }
        return;
    };
    if text.len() > scale {
        let (whole, fraction) = text.split_at(text.len() - scale);
        out.extend_from_slice(whole);
        if scale > 0 {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - text.len()));
        out.extend_from_slice(text);
    }
}

/// Appends an integer.
pub fn int(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the shortest text that reads back as `value`; `false`, and nothing appended, when it is not finite.
pub fn float(out: &mut Vec<u8>, value: f64) -> bool {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    }
    value.is_finite()
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
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    if (0..=9999).contains(&year) {
        digits(out, year, 4);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        let absolute = year.abs();
        let width = itoa::Buffer::new().format(absolute).len().max(4);
        digits(out, absolute, width);
    }
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
}

fn digits(out: &mut Vec<u8>, mut value: i64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for slot in out[start..].iter_mut().rev() {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests;
