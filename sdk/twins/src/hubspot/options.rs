//! How a HubSpot twin is set up: its tokens, its app, its plan, what its account has, and which reading of the unclear it takes.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{limits, lists::ProcessingType, property::Property};
use crate::{
    rates::Rate,
    server::{Clock, system_clock},
};

/// Every scope that the twin's endpoints ask for (*Auth*, "Scopes"; `tickets` is inferred).
pub const ALL_SCOPES: [&str; 19] = [
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.custom.read",
    "crm.objects.custom.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
    "crm.schemas.custom.read",
    "crm.schemas.custom.write",
    "crm.lists.read",
    "crm.lists.write",
    "tickets",
];

pub(super) fn all_scopes() -> Vec<String> {
    ALL_SCOPES.iter().map(|&scope| scope.to_owned()).collect()
}

/// A token that does not come from the token endpoint: of a private app, a service key, or one that a test wants an OAuth app to have.
/// It has no `Debug`: a token is not printed.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// The token itself; the vendor's static ones begin with `pat-`.
    pub token: String,
    /// What it may do, see [`ALL_SCOPES`]; all of it when absent.
    #[serde(default = "all_scopes")]
    pub scopes: Vec<String>,
    /// When it ends; never when absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// It is an OAuth app's, which has rates of its own.
    #[serde(default)]
    pub oauth: bool,
}

impl Token {
    /// A static token that may do all that the twin offers.
    pub fn with_all(token: impl Into<String>) -> Self {
        Self::with(token, &ALL_SCOPES)
    }

    /// A static token that may do this alone.
    pub fn with(token: impl Into<String>, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        Self { token: token.into(), scopes, expires_at: None, oauth: false }
    }
}

/// A refresh token that the account has given to the app already. It has no `Debug`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshToken {
    /// The token itself.
    pub token: String,
    /// What its access tokens may do; all when absent.
    #[serde(default = "all_scopes")]
    pub scopes: Vec<String>,
}

impl RefreshToken {
    /// A refresh token whose access tokens may do all that the twin offers.
    pub fn with_all(token: impl Into<String>) -> Self {
        Self { token: token.into(), scopes: all_scopes() }
    }
}

/// The OAuth app. It has no `Debug`.
#[derive(Clone)]
pub struct App {
    /// Its name with the vendor.
    pub client_id: String,
    /// What it proves itself with at the token endpoint.
    pub client_secret: String,
    /// Where the authorize page may lead back to; anywhere on this machine when empty.
    pub redirect_uris: Vec<String>,
}

/// What the person at the authorize page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// Reads the page and sends its form.
    #[default]
    Ask,
    /// Allows at once: the page leads back without a form.
    Allow,
    /// Refuses at once.
    Deny,
}

/// What the account pays for, which decides its rates (*Global rate limits*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Free and Starter: 100 in ten seconds, 250,000 a day.
    #[default]
    Starter,
    /// Professional: 190 in ten seconds, 650,000 a day.
    Professional,
    /// Enterprise: 190 in ten seconds, 1,000,000 a day.
    Enterprise,
}

impl Plan {
    /// Requests in ten seconds and in a day, with so many capacity packs.
    pub(super) fn rates(self, packs: u32) -> (Rate, u64) {
        let (burst, daily) = match self {
            Self::Starter => (100, 250_000),
            Self::Professional => (190, 650_000),
            Self::Enterprise => (190, 1_000_000),
        };
        let burst = if packs > 0 { 250 } else { burst };
        ((burst, limits::BURST_S), daily + u64::from(packs) * 1_000_000)
    }
}

/// What a 429 names as the limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// So many in a second.
    Secondly,
    /// So many in ten seconds.
    #[default]
    TenSecondly,
    /// So many in a day of the account's time zone.
    Daily,
    /// So many searches in a second, with a body of its own.
    Search,
}

impl Policy {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Secondly | Self::Search => "SECONDLY",
            Self::TenSecondly => "TEN_SECONDLY_ROLLING",
            Self::Daily => "DAILY",
        }
    }
}

/// What becomes of a batch that names one record twice (*Quirks*: "rejected or last wins (inferred)").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameKey {
    /// The whole call is refused (recorded).
    #[default]
    Refused,
    /// The last one stands, with a warning.
    LastWins,
}

/// A custom object's schema; they are made by people, so a twin must be told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schema {
    /// The number behind `2-`.
    pub id: u64,
    /// The name behind `p{portalId}_`.
    pub name: String,
    /// What people call one of them; the name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub singular: Option<String>,
    /// Its properties beside the vendor's own.
    #[serde(default)]
    pub properties: Vec<Property>,
    /// Properties that a new record must have.
    #[serde(default)]
    pub required_properties: Vec<String>,
}

/// A label of an association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Label {
    /// From records of this type.
    pub from: String,
    /// To records of this type.
    pub to: String,
    /// Whose label it is.
    pub category: Category,
    /// Its number.
    pub type_id: u32,
    /// Its number in the other direction; the same when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse_type_id: Option<u32>,
    /// What people read.
    pub label: String,
}

/// Whose an association's type is (*Associations*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// The vendor's.
    HubspotDefined,
    /// The account's.
    UserDefined,
    /// An app's.
    IntegratorDefined,
}

/// A list that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewList {
    /// The vendor's id of it: a number.
    pub list_id: u64,
    /// Its name, which no other list has.
    pub name: String,
    /// Of what it is a list; contacts when absent.
    #[serde(default = "contacts")]
    pub object_type_id: String,
    /// Whether people or a filter decide who is on it.
    pub processing_type: ProcessingType,
    /// Record ids of who is on it, in the order in which they joined.
    #[serde(default)]
    pub members: Vec<u64>,
}

fn contacts() -> String {
    "0-1".to_owned()
}

/// How a twin is set up. [`Options::with_token`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Tokens that did not come from the token endpoint.
    pub tokens: Vec<Token>,
    /// The OAuth app.
    pub app: App,
    /// Refresh tokens that the app has already.
    pub refresh_tokens: Vec<RefreshToken>,
    /// What the person at the authorize page does.
    pub consent: Consent,
    /// Seconds that an access token lives. Default [`limits::ACCESS_TOKEN_S`].
    pub access_token_s: i64,
    /// Whether a refresh gives another refresh token and ends the one that was used. The vendor's stays (default; inferred).
    pub rotate_refresh_tokens: bool,
    /// The account's number.
    pub portal_id: u64,
    /// The account's time zone, by whose days its daily limit counts: a name of the IANA table; another one is read as UTC.
    pub time_zone: String,
    /// What the account pays for.
    pub plan: Plan,
    /// Capacity packs on top.
    pub capacity_packs: u32,
    /// Answer 429 above the vendor's limits, by the clock. When false (default) the headers count and nothing is refused, so that
    /// a test's end does not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// What a throttling fault names as the limit.
    pub throttled_as: Policy,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// What becomes of a batch that names one record twice.
    pub same_key: SameKey,
    /// Whether a batch by `email` is written but for its bad records, as other batches are (*Identifiers*: "one bad record can fail the
    /// call (inferred …; test)", so false by default).
    pub partial_by_email: bool,
    /// Whether contacts are updated by `email` (*Request body*; true by default). A report of 2024 says that they are not.
    pub update_by_email: bool,
    /// Ids of owners.
    pub owners: Vec<u64>,
    /// Properties beside the vendor's own, by object type.
    pub properties: BTreeMap<String, Vec<Property>>,
    /// Custom objects.
    pub schemas: Vec<Schema>,
    /// Labels of associations beside the vendor's own.
    pub labels: Vec<Label>,
    /// Lists that exist. Who is on them has to be a record by then, which is a seed's business.
    pub lists: Vec<NewList>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, one static token that may do all, the app `client`/`secret`, an account without objects of its own.
    pub fn with_token(token: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: vec![Token::with_all(token)],
            app: App { client_id: "client".to_owned(), client_secret: "secret".to_owned(), redirect_uris: Vec::new() },
            refresh_tokens: Vec::new(),
            consent: Consent::default(),
            access_token_s: limits::ACCESS_TOKEN_S,
            rotate_refresh_tokens: false,
            portal_id: 62_515,
            time_zone: "UTC".to_owned(),
            plan: Plan::default(),
            capacity_packs: 0,
            enforce_rates: false,
            throttled_as: Policy::default(),
            body_bytes_max: limits::BODY_BYTES_MAX,
            same_key: SameKey::default(),
            partial_by_email: false,
            update_by_email: true,
            owners: vec![701],
            properties: BTreeMap::new(),
            schemas: Vec::new(),
            labels: Vec::new(),
            lists: Vec::new(),
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
