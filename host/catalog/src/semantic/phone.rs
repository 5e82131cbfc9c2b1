//! Phone numbers: E.164 by the ITU's numbering plans, as Google's libphonenumber keeps them.

use rlibphonenumber::{PHONE_NUMBER_UTIL as PLANS, PhoneNumber, PhoneNumberFormat, enums::Region};

use super::{Country, Flaw, hash};

/// Digits of the shortest number that is dialled from abroad, and of the longest (E.164, section 6.2.1) with a prefix before it.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=19;

/// `+` and at most 15 digits. `text` is a national number of `country`, or begins with `+` or `00` and its country's code; between
/// digits may stand blanks, hyphens, points, slashes and brackets, and a national `(0)`, which goes.
pub(super) fn e164(text: &str, country: Option<Country>) -> Result<String, Flaw> {
    if hash::is_sha256(text) {
        return Err(Flaw::Digest);
    }
    let mut dialled = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => dialled.push(c),
            '+' | '\u{ff0b}' if dialled.is_empty() => dialled.push('+'),
            '(' | ')' | '-' | '.' | '/' | '\u{2010}'..='\u{2015}' => {}
            blank if blank.is_whitespace() => {}
            _ => return Err(Flaw::Phone),
        }
    }
    if let Some(abroad) = dialled.strip_prefix("00") {
        dialled = format!("+{abroad}");
    }
    if !DIGITS.contains(&dialled.trim_start_matches('+').len()) {
        return Err(Flaw::Phone);
    }
    if dialled.starts_with('+') {
        return planned(None, &dialled).ok_or(Flaw::PhonePlan);
    }
    let country = country.ok_or(Flaw::PhoneCountry)?;
    let region: Region = country.code().parse().map_err(|_| Flaw::PhonePlan)?;
    planned(Some(region), &dialled).ok_or(Flaw::PhonePlan)
}

/// The number's E.164 form, where a numbering plan has it.
///
/// The parser takes a national prefix away wherever digits look like one, also where they are the number's own. A number that came with
/// its country's code may have lost a trunk zero, as in `+33 (0)6 …`, and nothing else; and what is read differently the second time was
/// misread the first time. A wrong number is worse than none.
fn planned(region: Option<Region>, dialled: &str) -> Option<String> {
    let parsed = PLANS.parse(dialled, region).ok().filter(PhoneNumber::is_valid)?;
    let text = e164_of(&parsed);
    if text == dialled {
        return Some(text);
    }
    let with_zero = || format!("+{}0{}", parsed.country_code, parsed.get_national_significant_number());
    if dialled.starts_with('+') && dialled != with_zero() {
        return None;
    }
    let again = PLANS.parse(&text, None).ok()?;
    (e164_of(&again) == text).then_some(text)
}

fn e164_of(number: &PhoneNumber) -> String {
    number.format_as(PhoneNumberFormat::E164).into_owned()
}
