//! Known meanings of fields: set once at the model, so that no activation has to map them again (features 3.4).

use serde::{Deserialize, Serialize};

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
