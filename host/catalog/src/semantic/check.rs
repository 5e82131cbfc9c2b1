//! Whether a value is what its field says that it is, and what is wrong with it if not.
//!
//! A value passes when it has a normal form: what the host could send, it could also send right. So ` Jo@Shop.example ` passes as an
//! address although its normal form is spelt otherwise.

use super::{Country, Semantic};

/// What is wrong with a value. Says nothing of the value itself, so it may be shown and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Flaw {
    /// White space and nothing else.
    #[error("is empty")]
    Empty,
    /// More than [`crate::limits::SEMANTIC_BYTES_MAX`] bytes.
    #[error("is longer than any value of this semantic type")]
    TooLong,
    /// A tabulator or a line break inside a value, for example.
    #[error("contains control characters")]
    Control,
    /// Not of RFC 5322's form, or without a dot in its domain.
    #[error("is not an e-mail address")]
    Email,
    /// A digest where the value itself is expected.
    #[error("is a SHA-256 digest already")]
    Digest,
    /// Not 64 hexadecimal digits.
    #[error("is not a SHA-256 digest")]
    NotDigest,
    /// Letters, several numbers, too few or too many digits.
    #[error("is not written as a phone number")]
    Phone,
    /// Neither `+` at its start nor a default country of the field.
    #[error("is a phone number without its country")]
    PhoneCountry,
    /// No number of its country has this length and these first digits.
    #[error("is in no country's numbering plan")]
    PhonePlan,
    /// No letter in it, or an `@`.
    #[error("is not a name")]
    Name,
    /// None of the words for f, m or x.
    #[error("is not one of the words for f, m or x")]
    Gender,
    /// Not `YYYY-MM-DD` or `YYYYMMDD`, or not in the calendar.
    #[error("is not a date of the form YYYY-MM-DD")]
    Date,
    /// A birth before 1900.
    #[error("is a date before 1900")]
    DateRange,
    /// Other characters than letters, digits, blanks and hyphens.
    #[error("is not a postal code")]
    ZipCode,
    /// Neither a code nor an English name of ISO 3166-1.
    #[error("is not a country of ISO 3166-1")]
    Country,
    /// White space inside an id.
    #[error("contains white space")]
    Blank,
    /// Not a UUID.
    #[error("is not an advertising id")]
    AdId,
    /// The id of those who do not want to have one.
    #[error("is the advertising id of all who limit tracking")]
    NoAdId,
    /// Neither RFC 3339 with its offset, nor a date, nor Unix time in seconds or milliseconds.
    #[error("is not an instant")]
    Time,
    /// Not a decimal number with a point.
    #[error("is not a decimal number")]
    Number,
    /// Below what the meaning allows, or above.
    #[error("is a number outside of its range")]
    NumberRange,
    /// Not a code of ISO 4217.
    #[error("is not a currency of ISO 4217")]
    Currency,
    /// None of the words for yes and no.
    #[error("is neither yes nor no")]
    Consent,
    /// Not a language tag of BCP 47.
    #[error("is not a language tag")]
    Locale,
    /// Not a name of IANA's time zone database.
    #[error("is not the name of a time zone")]
    TimeZone,
    /// Neither IPv4 nor IPv6.
    #[error("is not an IP address")]
    Ip,
    /// Not a name with a dot, or an address.
    #[error("is not a domain")]
    Domain,
}

impl Flaw {
    /// What to do where many values of a field have it. A sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Empty => "Let the query give null where there is no value: NULLIF(TRIM(column), '').",
            Self::TooLong | Self::Control => "Look whether the column holds something else than the field's semantic type says.",
            Self::Email => "Look whether the column holds several addresses in one value, or names.",
            Self::Digest => "Give the field the semantic type of the digest: email-sha256 or phone-sha256.",
            Self::NotDigest => {
                "Give the field the semantic type of the plain value, email or phone: the host hashes it where a platform wants that."
            }
            Self::Phone => "One number per value, without words or extensions.",
            Self::PhoneCountry => {
                "Set the field's default country, or let the query put + and the country code before the numbers."
            }
            Self::PhonePlan => {
                "Look whether the default country is right, and whether digits are lost: a leading 0 that became a number."
            }
            Self::Name => "Look whether the column holds ids or addresses.",
            Self::Gender => "Let the query translate the column's codes into f, m and x.",
            Self::Date => "Let the query give a date, or text as YYYY-MM-DD; 03/04/2001 means two different days.",
            Self::DateRange => "Let the query give null in the place of dates that stand for no date.",
            Self::ZipCode => "Look whether the column holds whole addresses.",
            Self::Country => "Let the query give the two letters of ISO 3166-1, for example FR.",
            Self::Blank => "Look whether the column holds several ids in one value.",
            Self::AdId => "An advertising id has 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.",
            Self::NoAdId => "Let the query give null in the place of zeros.",
            Self::Time => "Let the query give a timestamp, or text as RFC 3339 with its offset: 2026-01-31T10:00:00+01:00.",
            Self::Number => "Let the query give a number, with a point before its decimals.",
            Self::NumberRange => "Look at the smallest and the largest values of the column.",
            Self::Currency => "Let the query give the three letters of ISO 4217, for example EUR.",
            Self::Consent => "Let the query give true or false.",
            Self::Locale => "Let the query give a language tag, for example fr-FR.",
            Self::TimeZone => "Let the query give a name of IANA's database, for example Europe/Paris.",
            Self::Ip => "Look whether the column holds ports or several addresses in one value.",
            Self::Domain => "Let the query give the domain alone, for example shop.example.",
        }
    }
}

impl Semantic {
    /// Whether the value is one of this meaning. `country`: where phone numbers are from that do not say it.
    pub fn check(&self, value: &str, country: Option<Country>) -> Result<(), Flaw> {
        self.normal(value, country).map(drop)
    }
}
