//! Known meanings of fields: set once at the model, so that no activation has to map them again (features 3.4).
//!
//! Each meaning has four rules, all of them pure functions over text:
//!
//! * a **normal form** ([`Semantic::normal`], `normal`): the one spelling of a value that every connector is given;
//! * a **check** ([`Semantic::check`], `check`): whether a value has a normal form, and else which [`Flaw`] it has;
//! * a **hash** ([`Semantic::hashed`], `hash`): which form of it is hashed, or that it never is;
//! * a **mask** ([`Semantic::mask`], `mask`): what people see of it where the field is personal data.
//!
//! [`Survey`] counts over rows how many values pass.
//!
//! Whose numbers, countries, currencies, languages and addresses there are is not decided here: the tables are those of the ITU, ISO,
//! the IETF and IANA, in crates that follow them. What a platform wants beyond the normal form (digits without `+`, upper case) its
//! manifest asks for in steps ([`form`]).

mod check;
mod country;
mod dates;
pub mod form;
mod hash;
mod mask;
mod network;
mod normal;
mod numbers;
mod phone;
mod survey;
mod us_states;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use check::Flaw;
pub use country::Country;
pub use hash::{is_sha256, sha256};
pub use mask::HIDDEN;
pub use survey::{FlawCount, FlawedSample, SemanticReport, Survey};

/// What a field means, whatever it is called. JSON: `"email"`, or `{"consent": "marketing"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the definition
pub enum Semantic {
    Email,
    EmailSha256,
    Phone,
    PhoneSha256,
    FirstName,
    LastName,
    FullName,
    Gender,
    BirthDate,
    ZipCode,
    City,
    State,
    Country,
    ExternalId,
    UserId,
    AnonymousId,
    DeviceId,
    MobileAdId,
    /// Whose click id: for example `gclid`.
    ClickId(String),
    EventName,
    EventTime,
    EventId,
    Value,
    Currency,
    Quantity,
    ProductId,
    OrderId,
    /// Consent to what: for example `marketing`.
    Consent(String),
    Locale,
    TimeZone,
    Latitude,
    Longitude,
    Ip,
    UserAgent,
    CompanyDomain,
}

/// `email`, or `consent(marketing)`.
impl fmt::Display for Semantic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => f.write_str(&name),
            Ok(serde_json::Value::Object(one)) => {
                let (name, of) = one.iter().next().ok_or(fmt::Error)?;
                write!(f, "{name}({})", of.as_str().unwrap_or_default())
            }
            _ => Err(fmt::Error),
        }
    }
}

#[cfg(test)]
mod tests;
