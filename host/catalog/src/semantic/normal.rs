//! The normal form of a value: the one spelling in which values that mean the same are the same.
//!
//! A normal form is its own normal form, so it does not matter how often the host or a source has normalised before. Values without
//! one are refused with what is wrong with them, never guessed at.

use super::{Country, Flaw, Semantic, dates, hash, network, numbers, phone, words};
use crate::limits::SEMANTIC_BYTES_MAX;

impl Semantic {
    /// The value's normal form. `country`: where phone numbers are from that do not say it.
    ///
    /// | meaning | normal form |
    /// |---|---|
    /// | e-mail address | without white space around it, lower case; dots and `+tags` stay, whose meaning only the mail server knows |
    /// | digest | 64 hexadecimal digits, lower case |
    /// | phone | E.164: `+` and digits |
    /// | names, city, state | Unicode's NFC, one blank between words; a subdivision's code of ISO 3166-2 in upper case |
    /// | gender | `f`, `m` or `x` |
    /// | birth date | `YYYY-MM-DD` |
    /// | zip code | upper case, one blank between parts |
    /// | country | two letters of ISO 3166-1, upper case |
    /// | ids, event name, user agent | without white space around it |
    /// | mobile advertising id | UUID, lower case |
    /// | event time | RFC 3339 in UTC |
    /// | value, quantity, coordinates | decimal digits with a point, without leading or trailing zeros |
    /// | currency | three letters of ISO 4217, upper case |
    /// | consent | `true` or `false` |
    /// | locale | BCP 47 in its usual case: `fr-FR` |
    /// | time zone | IANA's name |
    /// | IP | RFC 5952; IPv4 in IPv6 as IPv4 |
    /// | company domain | lower case, in ASCII (IDNA), without scheme, `www.`, port and path |
    pub fn normal(&self, value: &str, country: Option<Country>) -> Result<String, Flaw> {
        let text = value.trim();
        if text.is_empty() {
            return Err(Flaw::Empty);
        }
        if text.len() > SEMANTIC_BYTES_MAX {
            return Err(Flaw::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(Flaw::Control);
        }
        match self {
            Self::Email => network::email(text),
            Self::EmailSha256 | Self::PhoneSha256 => {
                if hash::is_sha256(text) {
                    Ok(text.to_ascii_lowercase())
                } else {
                    Err(Flaw::NotDigest)
                }
            }
            Self::Phone => phone::e164(text, country),
            Self::FirstName | Self::LastName | Self::FullName => words::name(text),
            Self::Gender => words::gender(text),
            Self::BirthDate => dates::birth_date(text),
            Self::ZipCode => words::zip_code(text),
            Self::City => words::name(text),
            Self::State => words::state(text),
            Self::Country => Country::read(text).map(|country| country.code().to_owned()),
            Self::ExternalId
            | Self::UserId
            | Self::AnonymousId
            | Self::DeviceId
            | Self::EventId
            | Self::ProductId
            | Self::OrderId
            | Self::EventName
            | Self::UserAgent => Ok(text.to_owned()),
            Self::MobileAdId => network::ad_id(text),
            Self::ClickId(_) => {
                if text.contains(char::is_whitespace) {
                    Err(Flaw::Blank)
                } else {
                    Ok(text.to_owned())
                }
            }
            Self::EventTime => dates::instant(text),
            Self::Value => numbers::decimal(text),
            Self::Quantity => numbers::within(text, 0.0, f64::INFINITY),
            Self::Latitude => numbers::within(text, -90.0, 90.0),
            Self::Longitude => numbers::within(text, -180.0, 180.0),
            Self::Currency => words::currency(text),
            Self::Consent(_) => words::consent(text),
            Self::Locale => words::locale(text),
            Self::TimeZone => dates::time_zone(text),
            Self::Ip => network::ip(text),
            Self::CompanyDomain => network::domain(text),
        }
    }
}
