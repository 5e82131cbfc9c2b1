//! The form of a value that a manifest asks for: its steps in their order, then its hash.
//!
//! Every value that leaves for a platform goes through here, and so does every identifier that is compared with a platform's.

use std::borrow::Cow;

use super::{
    Country, Flaw, Semantic, dates,
    hash::{is_punctuation, without},
    is_sha256, sha256, us_states, words,
};
use crate::manifest::{Hash, Normalise};

/// The value in this form.
///
/// * `country`: where phone numbers are from that do not say it.
/// * Text that is empty after the steps is never hashed. Text that is a digest already is kept, in lower case, and not hashed again.
/// * Errors: a step that reads the value (`e164`, `iso-country`, `gender`, dates and their parts) and cannot. The other steps take every
///   text.
pub fn formed<'v>(value: &'v str, steps: &[Normalise], hash: Hash, country: Option<Country>) -> Result<Cow<'v, str>, Flaw> {
    if hash == Hash::Sha256 && is_sha256(value) {
        return Ok(value.to_ascii_lowercase().into());
    }
    let mut text = Cow::Borrowed(value);
    for step in steps {
        text = stepped(*step, text, country)?;
    }
    Ok(match hash {
        Hash::Sha256 if !text.is_empty() => sha256(&text).into(),
        Hash::Sha256 | Hash::None => text,
    })
}

fn stepped<'v>(step: Normalise, text: Cow<'v, str>, country: Option<Country>) -> Result<Cow<'v, str>, Flaw> {
    Ok(match step {
        Normalise::Trim if text.trim().len() == text.len() => text,
        Normalise::Trim => text.trim().to_owned().into(),
        Normalise::Lower if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) => text,
        Normalise::Lower => text.to_lowercase().into(),
        Normalise::Upper => text.to_uppercase().into(),
        Normalise::Digits => text.chars().filter(char::is_ascii_digit).collect::<String>().into(),
        Normalise::PlusPrefix if text.starts_with('+') || text.is_empty() => text,
        Normalise::PlusPrefix => format!("+{text}").into(),
        Normalise::GmailDots => match text.rsplit_once('@') {
            Some((name, host @ ("gmail.com" | "googlemail.com"))) if name.contains('.') => {
                format!("{}@{host}", name.replace('.', "")).into()
            }
            _ => text,
        },
        Normalise::RemovePunctuation => without(&text, is_punctuation).into(),
        Normalise::RemoveSpaces => without(&text, char::is_whitespace).into(),
        Normalise::RemoveDigits => without(&text, char::is_numeric).into(),
        Normalise::FirstLetter => text.chars().take(1).collect::<String>().into(),
        Normalise::Zip5 => words::five_of_zip(&text).map(str::to_owned).map_or(text, Cow::Owned),
        Normalise::UsState => match us_states::code(&text) {
            Some(code) => code.into(),
            None => words::subdivision(&text).map(str::to_owned).map_or(text, Cow::Owned),
        },
        _ if text.trim().is_empty() => String::new().into(),
        Normalise::E164 => Semantic::Phone.normal(&text, country)?.into(),
        Normalise::IsoCountry => Semantic::Country.normal(&text, country)?.into(),
        Normalise::Gender => {
            Some(Semantic::Gender.normal(&text, country)?).filter(|letter| letter != "x").unwrap_or_default().into()
        }
        Normalise::BirthDate => Semantic::BirthDate.normal(&text, country)?.into(),
        Normalise::Year => dates::part(&text, dates::Part::Year)?.into(),
        Normalise::Month => dates::part(&text, dates::Part::Month)?.into(),
        Normalise::Day => dates::part(&text, dates::Part::Day)?.into(),
    })
}
