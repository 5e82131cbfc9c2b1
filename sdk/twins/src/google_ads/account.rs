//! What an account has before anything is sent: customers and who reaches them, conversion actions, clicks. All of them can be seeded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that a customer has not done, for which the vendor refuses (the notes, *Errors*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// The account is enabled at all: `PERMISSION_DENIED`, of Google Ads `CUSTOMER_NOT_ENABLED`.
    Enabled,
    /// Data Manager is open to it: `NOT_ALLOWLISTED`.
    Allowlist,
    /// The terms of Customer Match are signed: `TERMS_AND_CONDITIONS_NOT_SIGNED`.
    CustomerMatchTerms,
    /// The terms of enhanced conversions are signed: `DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED`, of Google Ads
    /// `CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS`.
    EnhancedConversionsTerms,
    /// Enhanced conversions for leads are on: `DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS`.
    EnhancedConversionsForLeads,
    /// The policies for customer data allow them: `DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS`.
    DataPolicy,
    /// The declaration on political advertising is there: `EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED`.
    PoliticalDeclaration,
}

/// A custom variable of conversions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomVariable {
    /// Its name.
    pub name: String,
    /// Without it a value is accepted with a warning.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// A customer: an advertising account, or a manager of some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Ten digits.
    pub id: String,
    /// The managers above it.
    #[serde(default)]
    pub managers: Vec<String>,
    /// The account of the token is a user of it; without it the way leads through a manager.
    #[serde(default = "yes")]
    pub direct: bool,
    /// What it has not done.
    #[serde(default)]
    pub lacks: Vec<Lack>,
    /// The customer that owns its conversion actions; itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion_customer: Option<String>,
    /// Its custom variables.
    #[serde(default)]
    pub custom_variables: Vec<CustomVariable>,
    /// Its people are of the EEA, so that a record without `adUserData` fails with `UNKNOWN_CONSENT`.
    #[serde(default)]
    pub consent_needed: bool,
}

impl Customer {
    /// A customer that the token reaches directly and that lacks nothing.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            managers: Vec::new(),
            direct: true,
            lacks: Vec::new(),
            conversion_customer: None,
            custom_variables: Vec::new(),
            consent_needed: false,
        }
    }

    /// Whether it lacks this.
    pub(super) fn lacks(&self, what: Lack) -> bool {
        self.lacks.contains(&what)
    }
}

/// How conversions of an action come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionType {
    /// A tag on a page.
    Webpage,
    /// Uploaded for clicks, or for hashed people.
    UploadClicks,
    /// Uploaded for calls.
    UploadCalls,
    /// Uploaded sales of a store.
    StoreSalesDirectUpload,
}

impl ActionType {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Webpage => "WEBPAGE",
            Self::UploadClicks => "UPLOAD_CLICKS",
            Self::UploadCalls => "UPLOAD_CALLS",
            Self::StoreSalesDirectUpload => "STORE_SALES_DIRECT_UPLOAD",
        }
    }
}

/// A conversion action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversionAction {
    /// Its id, digits.
    pub id: String,
    /// The customer that owns it.
    pub customer_id: String,
    /// How its conversions come about.
    pub r#type: ActionType,
    /// When it was made.
    #[serde(default)]
    pub created_at: Timestamp,
    /// Counts one conversion a click.
    #[serde(default)]
    pub one_per_click: bool,
    /// Days after a click in which a conversion counts.
    #[serde(default = "window")]
    pub click_window_days: u16,
    /// Always has its default value, so that no value is restated.
    #[serde(default)]
    pub always_default_value: bool,
}

fn window() -> u16 {
    90
}

impl ConversionAction {
    /// An old action of a customer.
    pub fn new(customer_id: &str, id: &str, r#type: ActionType) -> Self {
        Self {
            id: id.to_owned(),
            customer_id: customer_id.to_owned(),
            r#type,
            created_at: Timestamp::UNIX_EPOCH,
            one_per_click: false,
            click_window_days: window(),
            always_default_value: false,
        }
    }
}

/// A click on an advertisement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Click {
    /// Its `gclid`, `gbraid` or `wbraid`.
    pub id: String,
    /// When.
    pub at: Timestamp,
}

/// Which key a user list has; one list has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyType {
    /// E-mail addresses, phone numbers, postal addresses.
    ContactId,
    /// Advertising ids of phones.
    MobileId,
    /// Ids of the advertiser's own.
    UserId,
}

impl KeyType {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ContactId => "CONTACT_ID",
            Self::MobileId => "MOBILE_ID",
            Self::UserId => "USER_ID",
        }
    }
}

/// A user list that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUserList {
    /// Its id, digits.
    pub id: String,
    /// The customer that owns it.
    pub customer_id: String,
    /// Its name, of which the customer has one list.
    pub display_name: String,
    /// Its key.
    #[serde(default = "contact")]
    pub key_type: KeyType,
}

fn contact() -> KeyType {
    KeyType::ContactId
}

/// What becomes of the next request that Data Manager takes: so many of its records (all when absent) fail for this reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// One of the vendor's, without its prefix: `INTERNAL_ERROR`, `EVENT_TOO_OLD`.
    pub reason: String,
    /// How many, from the last one back.
    #[serde(default)]
    pub records: Option<usize>,
}

/// A refusal of the next call to a path, for codes that nothing else of the twin brings about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The path, or its start.
    pub path: String,
    /// 400, unless said.
    #[serde(default = "bad_request")]
    pub status: u16,
    /// A reason of Data Manager, a code of Google Ads, an error of the token endpoint.
    pub code: String,
    /// Of Google Ads: the category of the code, `databaseError`.
    #[serde(default)]
    pub category: Option<String>,
    /// Of Data Manager: the field that is named.
    #[serde(default)]
    pub field: Option<String>,
}

fn bad_request() -> u16 {
    400
}
