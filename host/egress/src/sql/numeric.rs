//! `numeric` in its binary form: digits of base 10,000 with a weight, to a decimal of 128 bits or to text.
//!
//! Layout (`src/backend/utils/adt/numeric.c`, `numeric_send`): number of digits, weight of the first, sign, digits after the point,
//! then the digits, each of 16 bits.

use super::copy::Bad;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITE: u16 = 0xd000;
const MINUS_INFINITE: u16 = 0xf000;

struct Numeric<'a> {
    weight: i32,
    negative: bool,
    /// Digits after the point, for text.
    shown: usize,
    digits: &'a [u8],
}

impl<'a> Numeric<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Bad> {
        let half = |at: usize| bytes.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]])).ok_or(Bad::Form);
        let (count, weight, sign, shown) = (half(0)?, half(2)?, half(4)?, half(6)?);
        match sign {
            0 | NEGATIVE => {}
            NAN => return Err(Bad::NotANumber),
            INFINITE | MINUS_INFINITE => return Err(Bad::Infinite),
            _ => return Err(Bad::Form),
        }
        let digits = &bytes[8..];
        if digits.len() != usize::from(count) * 2 {
            return Err(Bad::Form);
        }
        let weight = i32::from(weight.cast_signed());
        Ok(Self { weight, negative: sign == NEGATIVE, shown: usize::from(shown), digits })
    }

    /// The digit that stands for 10,000 to the power of `weight`.
    fn at(&self, weight: i32) -> u16 {
        let place = self.weight - weight;
        match usize::try_from(place).ok().and_then(|p| self.digits.get(p * 2..p * 2 + 2)) {
            Some(b) => u16::from_be_bytes([b[0], b[1]]),
            None => 0,
        }
    }
}

/// The number in units of 10 to the power of `-scale`. A number with more digits is an error and never cut.
pub(super) fn to_decimal(bytes: &[u8], scale: u8) -> Result<i128, Bad> {
    let number = Numeric::read(bytes)?;
    let mut value: i128 = 0;
    for (place, digit) in number.digits.chunks_exact(2).enumerate() {
        let digit = i128::from(u16::from_be_bytes([digit[0], digit[1]]));
        // Decimal places that this digit's last figure has beyond the scale; a digit has four figures.
        let beyond = 4 * (place as i32 - number.weight) - i32::from(scale);
        let (keep, cut) = if beyond <= 0 { (4, 0) } else { (4 - beyond.min(4), beyond.min(4)) };
        let cut = 10_i128.pow(cut as u32);
        if digit % cut != 0 {
            return Err(Bad::Range);
        }
        let shifted = value.checked_mul(10_i128.pow(keep as u32)).ok_or(Bad::Range)?;
        value = shifted.checked_add(digit / cut).ok_or(Bad::Range)?;
    }
    // Zeros that the server leaves out at the end.
    let count = (number.digits.len() / 2) as i32;
    let missing = i32::from(scale) - 4 * (count - 1 - number.weight);
    if count > 0 && missing > 0 {
        let factor = 10_i128.checked_pow(missing as u32).ok_or(Bad::Range)?;
        value = value.checked_mul(factor).ok_or(Bad::Range)?;
    }
    Ok(if number.negative { -value } else { value })
}

/// The number as the server prints it.
pub(super) fn to_text(bytes: &[u8]) -> Result<String, Bad> {
    use std::fmt::Write as _;
    let number = Numeric::read(bytes)?;
    let mut text = String::with_capacity(number.digits.len() * 2 + number.shown + 2);
    if number.negative {
        text.push('-');
    }
    let whole = text.len();
    for weight in (0..=number.weight).rev() {
        let digit = number.at(weight);
        let _ = if text.len() == whole { write!(text, "{digit}") } else { write!(text, "{digit:04}") };
    }
    if text.len() == whole {
        text.push('0');
    }
    if number.shown > 0 {
        text.push('.');
        let point = text.len();
        let mut weight = -1;
        while text.len() - point < number.shown {
            let _ = write!(text, "{:04}", number.at(weight));
            weight -= 1;
        }
        text.truncate(point + number.shown);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(weight: i16, sign: u16, shown: u16, digits: &[u16]) -> Vec<u8> {
        let head = [digits.len() as u16, weight.cast_unsigned(), sign, shown];
        head.iter().chain(digits).flat_map(|half| half.to_be_bytes()).collect()
    }

    #[test]
    fn a_numeric_becomes_a_decimal_and_a_text_without_a_loss() {
        for (bytes, scale, decimal, text) in [
            (numeric(0, 0, 2, &[12, 5000]), 2, Ok(1250), "12.50"),
            (numeric(0, 0, 2, &[12, 5000]), 4, Ok(125_000), "12.50"),
            (numeric(0, 0, 2, &[12, 5000]), 0, Err(Bad::Range), "12.50"),
            (numeric(0, NEGATIVE, 2, &[0, 100]), 2, Ok(-1), "-0.01"),
            (numeric(-1, NEGATIVE, 2, &[100]), 2, Ok(-1), "-0.01"),
            (numeric(-2, 0, 8, &[1]), 8, Ok(1), "0.00000001"),
            (numeric(0, 0, 0, &[]), 3, Ok(0), "0"),
            (numeric(0, 0, 3, &[]), 3, Ok(0), "0.000"),
            (numeric(2, 0, 0, &[1]), 0, Ok(100_000_000), "100000000"),
            (numeric(2, 0, 1, &[1, 0, 7]), 1, Ok(1_000_000_070), "100000007.0"),
            (
                numeric(9, 0, 0, &[99, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999]),
                0,
                Ok(10_i128.pow(38) - 1),
                &"9".repeat(38),
            ),
            (
                numeric(8, 0, 2, &[1000, 0, 0, 0, 0, 0, 0, 0, 0, 5000]),
                2,
                Ok(10_i128.pow(37) + 50),
                "100000000000000000000000000000000000.50",
            ),
        ] {
            assert_eq!(to_decimal(&bytes, scale), decimal, "{text} at {scale}");
            assert_eq!(to_text(&bytes).as_deref(), Ok(text));
        }
        assert_eq!(to_decimal(&numeric(0, NAN, 0, &[]), 2), Err(Bad::NotANumber));
        assert_eq!(to_text(&numeric(0, INFINITE, 0, &[])), Err(Bad::Infinite));
        assert_eq!(to_decimal(&[0, 1, 0, 0], 2), Err(Bad::Form));
    }
}
