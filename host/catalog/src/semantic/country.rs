//! Countries and territories, by ISO 3166-1.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Flaw;

/// A country or territory of ISO 3166-1. In JSON and in text: its two letters, in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(&'static str);

impl Country {
    /// From exactly two upper-case letters that ISO 3166-1 assigns.
    pub fn from_code(code: &str) -> Option<Self> {
        let known = celes::Country::from_alpha2(code).ok()?;
        (known.alpha2 == code).then_some(Self(known.alpha2))
    }

    /// From what is written in data: two or three letters, the three digits, or an English name, in any case. `UK` is not assigned but
    /// reserved by the standard's agency for the United Kingdom, at its own wish, and is read as that.
    pub(super) fn read(text: &str) -> Result<Self, Flaw> {
        let folded: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let found = match folded.as_str() {
            "uk" => celes::Country::from_alpha2("GB"),
            two if two.len() == 2 => celes::Country::from_alpha2(two),
            three if three.len() == 3 && three.bytes().all(|b| b.is_ascii_digit()) => celes::Country::from_code(three),
            three if three.len() == 3 => celes::Country::from_alpha3(three),
            name => celes::Country::from_alias(name)
                .or_else(|_| celes::Country::from_name(name))
                .or_else(|_| celes::Country::from_name(format!("the{name}"))),
        };
        found.map(|country| Self(country.alpha2)).map_err(|_| Flaw::Country)
    }

    /// Its two letters, in upper case.
    pub fn code(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let expected = "two upper-case letters of ISO 3166-1, for example FR";
        Self::from_code(&code).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&code), &expected))
    }
}
