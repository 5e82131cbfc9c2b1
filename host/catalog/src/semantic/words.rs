//! Names, places, codes and other words.

use icu_locale_core::Locale;
use iso_currency::Currency;
use unicode_normalization::UnicodeNormalization;

use super::Flaw;

/// NFC, one blank between words. A name has a letter and no `@`.
pub(super) fn name(text: &str) -> Result<String, Flaw> {
    if text.contains('@') || !text.chars().any(char::is_alphabetic) {
        return Err(Flaw::Name);
    }
    Ok(spaced(text))
}

/// As a name; a code of ISO 3166-2 (`us-ca`) in upper case.
pub(super) fn state(text: &str) -> Result<String, Flaw> {
    if subdivision(text).is_some() {
        return Ok(text.to_ascii_uppercase());
    }
    name(text)
}

/// What stands behind the country in a subdivision's code of ISO 3166-2: one to three letters or digits.
pub(super) fn subdivision(text: &str) -> Option<&str> {
    let (country, rest) = text.split_once('-')?;
    let is = country.len() == 2
        && country.bytes().all(|b| b.is_ascii_alphabetic())
        && (1..=3).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    is.then_some(rest)
}

/// `f`, `m` or `x`: from these letters and from English, French and German words. Numbers are refused, since what they mean differs
/// from one system to the next.
pub(super) fn gender(text: &str) -> Result<String, Flaw> {
    let letter = match text.to_lowercase().as_str() {
        "f" | "female" | "woman" | "femme" | "féminin" | "w" | "weiblich" | "frau" => "f",
        "m" | "male" | "man" | "homme" | "masculin" | "männlich" | "mann" => "m",
        "x" | "nonbinary" | "non-binary" | "non binary" | "nonbinaire" | "non-binaire" | "divers" | "diverse" | "other" => "x",
        _ => return Err(Flaw::Gender),
    };
    Ok(letter.to_owned())
}

/// Upper case, one blank between parts; letters, digits and hyphens, a digit among them, at most 12 characters.
pub(super) fn zip_code(text: &str) -> Result<String, Flaw> {
    let code = spaced(&text.to_uppercase());
    let known = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let is = code.len() <= 12 && code.chars().all(known) && code.bytes().any(|b| b.is_ascii_digit());
    if is { Ok(code) } else { Err(Flaw::ZipCode) }
}

/// The five digits of a ZIP+4 (`94043-1351`); nothing for another postal code, where a hyphen may mean something else.
pub(super) fn five_of_zip(text: &str) -> Option<&str> {
    let (five, four) = text.split_once('-')?;
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    (digits(five, 5) && digits(four, 4)).then_some(five)
}

pub(super) fn currency(text: &str) -> Result<String, Flaw> {
    Currency::from_code(&text.to_ascii_uppercase()).map(|known| known.code().to_owned()).ok_or(Flaw::Currency)
}

/// `true` or `false`.
pub(super) fn consent(text: &str) -> Result<String, Flaw> {
    let given = match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "on" | "granted" | "given" | "oui" | "ja" => "true",
        "false" | "f" | "no" | "n" | "0" | "off" | "denied" | "withdrawn" | "non" | "nein" => "false",
        _ => return Err(Flaw::Consent),
    };
    Ok(given.to_owned())
}

/// A language of two or three letters with what BCP 47 allows behind it; `_` and the encoding of POSIX (`fr_FR.UTF-8`) are understood.
pub(super) fn locale(text: &str) -> Result<String, Flaw> {
    let tag = text.split('.').next().unwrap_or_default().replace('_', "-");
    let locale = Locale::try_from_str(&tag).map_err(|_| Flaw::Locale)?;
    if locale.id.language.as_str().len() > 3 {
        return Err(Flaw::Locale);
    }
    Ok(locale.to_string())
}

/// NFC, one blank between words.
fn spaced(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let mut out = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
