//! Which form of a value is hashed: SHA-256 in 64 lower-case hexadecimal digits.
//!
//! The form is what most advertising platforms agree on, so that a digest made here is the one that they made of the same person. A
//! platform with another rule says so in its manifest's steps. Nothing is hashed twice, and nothing that is empty is hashed.

use sha2::{Digest, Sha256};
use unicode_general_category::{GeneralCategory, get_general_category};

use super::{Country, Flaw, Semantic, words};

/// Whether it is a SHA-256 digest in hexadecimal digits, of either case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// SHA-256 of the text's UTF-8, as 64 lower-case hexadecimal digits.
pub fn sha256(text: &str) -> String {
    let mut digits = [0; 64];
    hex::encode_to_slice(Sha256::digest(text.as_bytes()), &mut digits).expect("two digits a byte");
    String::from_utf8(digits.to_vec()).expect("digits are ASCII")
}

impl Semantic {
    /// The digest under which platforms know the value; none of what is never hashed. What is a digest already stays one, in lower
    /// case.
    ///
    /// | meaning | what is hashed |
    /// |---|---|
    /// | e-mail address, phone, gender, ids of people, mobile advertising id | the normal form |
    /// | names | the normal form in lower case, without punctuation |
    /// | birth date | `YYYYMMDD` |
    /// | zip code | lower case, without blanks; of ZIP+4 the five digits |
    /// | city, state | lower case, letters alone; of a code of ISO 3166-2 what stands behind the country |
    /// | country | the two letters in lower case |
    /// | everything else | never: platforms take it plain, or it is about no person |
    pub fn hashed(&self, value: &str, country: Option<Country>) -> Result<Option<String>, Flaw> {
        let already = value.trim();
        if matches!(self, Self::Email | Self::Phone) && is_sha256(already) {
            return Ok(Some(already.to_ascii_lowercase()));
        }
        let normal = self.normal(value, country)?;
        let form = match self {
            Self::Email
            | Self::Phone
            | Self::Gender
            | Self::ExternalId
            | Self::UserId
            | Self::AnonymousId
            | Self::DeviceId
            | Self::MobileAdId => normal,
            Self::FirstName | Self::LastName | Self::FullName => without(&normal.to_lowercase(), is_punctuation),
            Self::BirthDate => without(&normal, |c| c == '-'),
            Self::ZipCode => without(&words::five_of_zip(&normal).unwrap_or(&normal).to_lowercase(), char::is_whitespace),
            Self::City => letters(&normal),
            Self::State => letters(words::subdivision(&normal).unwrap_or(&normal)),
            Self::Country => normal.to_lowercase(),
            Self::EmailSha256 | Self::PhoneSha256 => return Ok(Some(normal)),
            Self::ClickId(_)
            | Self::EventName
            | Self::EventTime
            | Self::EventId
            | Self::Value
            | Self::Currency
            | Self::Quantity
            | Self::ProductId
            | Self::OrderId
            | Self::Consent(_)
            | Self::Locale
            | Self::TimeZone
            | Self::Latitude
            | Self::Longitude
            | Self::Ip
            | Self::UserAgent
            | Self::CompanyDomain => return Ok(None),
        };
        if form.is_empty() { Err(Flaw::Empty) } else { Ok(Some(sha256(&form))) }
    }
}

/// Lower case without blanks, punctuation and digits. Marks stay: they are parts of letters.
fn letters(text: &str) -> String {
    without(&text.to_lowercase(), |c| c.is_whitespace() || c.is_numeric() || is_punctuation(c))
}

pub(super) fn without(text: &str, gone: impl Fn(char) -> bool) -> String {
    text.chars().filter(|c| !gone(*c)).collect()
}

pub(super) fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        // The others of ASCII are symbols.
        return c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
    }
    matches!(
        get_general_category(c),
        GeneralCategory::ConnectorPunctuation
            | GeneralCategory::DashPunctuation
            | GeneralCategory::OpenPunctuation
            | GeneralCategory::ClosePunctuation
            | GeneralCategory::InitialPunctuation
            | GeneralCategory::FinalPunctuation
            | GeneralCategory::OtherPunctuation
    )
}
