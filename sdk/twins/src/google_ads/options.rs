//! How a Google Ads twin is set up: who may come in, what the account has, when requests have been processed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use jiff::Timestamp;
use rsa::{RsaPublicKey, pkcs8::DecodePublicKey};
use serde::Deserialize;

use super::{
    account::{ActionType, Click, ConversionAction, Customer, KeyType, NewUserList},
    limits,
};
use crate::server::{Clock, system_clock};

/// The scope of Data Manager.
pub const DATA_MANAGER_SCOPE: &str = "https://www.googleapis.com/auth/datamanager";
/// The scope of the Google Ads API.
pub const ADWORDS_SCOPE: &str = "https://www.googleapis.com/auth/adwords";

fn both() -> Vec<String> {
    vec![DATA_MANAGER_SCOPE.to_owned(), ADWORDS_SCOPE.to_owned()]
}

/// An OAuth client of the project. It has no `Debug`: a secret is not printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where consent leads back to.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// A grant of a person. It has no `Debug`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// The token itself.
    pub token: String,
    /// The client that it was given to.
    pub client_id: String,
    /// What it allows; both scopes when absent.
    #[serde(default = "both")]
    pub scopes: Vec<String>,
    /// Each use answers another one in its place, and this one is over ("No new refresh token is returned" otherwise).
    #[serde(default)]
    pub rotates: bool,
}

/// An access token that was not asked for at the token endpoint. It has no `Debug`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessToken {
    /// The token itself.
    pub token: String,
    /// What it allows; both scopes when absent.
    #[serde(default = "both")]
    pub scopes: Vec<String>,
    /// Until when; for ever when absent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// A token for everything, for ever.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), scopes: both(), expires_at: None }
    }

    /// A token for this alone.
    pub fn with(token: impl Into<String>, scopes: &[&str]) -> Self {
        Self { token: token.into(), scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), expires_at: None }
    }
}

/// What a person's consent has left behind: a code, good once. It has no `Debug`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationCode {
    /// The code itself.
    pub code: String,
    /// The client that it was given to.
    pub client_id: String,
    /// Where consent led back to.
    pub redirect_uri: String,
    /// What the verifier is held against (RFC 7636).
    #[serde(default)]
    pub code_challenge: Option<String>,
    /// How: the challenge is the verifier itself, not its SHA-256.
    #[serde(default)]
    pub plain: bool,
    /// What was consented to; both scopes when absent.
    #[serde(default = "both")]
    pub scopes: Vec<String>,
}

/// A service account, and the key that its assertions are held against. It has no `Debug`.
#[derive(Clone)]
pub struct ServiceAccount {
    /// Its address, `iss` of its assertions.
    pub email: String,
    key: Option<RsaPublicKey>,
}

/// A public key that is none.
#[derive(Debug, thiserror::Error)]
#[error("not an RSA public key in PEM (BEGIN PUBLIC KEY): {0}")]
pub struct KeyError(String);

impl ServiceAccount {
    /// An account whose signatures are checked with this key, PEM of `BEGIN PUBLIC KEY`.
    ///
    /// # Errors
    /// When the text is no such key.
    pub fn signing(email: &str, public_key_pem: &str) -> Result<Self, KeyError> {
        let key = RsaPublicKey::from_public_key_pem(public_key_pem).map_err(|error| KeyError(error.to_string()))?;
        Ok(Self { email: email.to_owned(), key: Some(key) })
    }

    /// An account whose signatures are taken as they come; claims are checked all the same.
    pub fn unchecked(email: &str) -> Self {
        Self { email: email.to_owned(), key: None }
    }

    pub(super) fn key(&self) -> Option<&RsaPublicKey> {
        self.key.as_ref()
    }
}

/// A token of the Google Ads API center. It has no `Debug`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeveloperToken {
    /// The token itself; the vendor's have 22 characters.
    pub token: String,
    /// Production accounts may be reached, else `DEVELOPER_TOKEN_NOT_APPROVED`.
    #[serde(default = "yes")]
    pub approved: bool,
    /// It uploaded Customer Match members in time, so that it still may.
    #[serde(default)]
    pub customer_match: bool,
    /// The same of click conversions.
    #[serde(default)]
    pub click_conversions: bool,
}

fn yes() -> bool {
    true
}

impl DeveloperToken {
    /// A newcomer's: adjustments alone.
    pub fn newcomer(token: impl Into<String>) -> Self {
        Self { token: token.into(), approved: true, customer_match: false, click_conversions: false }
    }

    /// One that uploaded before the doors were closed.
    pub fn admitted(token: impl Into<String>) -> Self {
        Self { customer_match: true, click_conversions: true, ..Self::newcomer(token) }
    }
}

/// When the status of a request or a job is told. What it did is done when it was taken, or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// So many questions are answered with `PROCESSING` (or `RUNNING`), the next one with the end.
    AfterPolls(u32),
    /// Ended so many seconds of the twin's clock after it was taken.
    AfterSeconds(u32),
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// OAuth clients.
    pub clients: Vec<Client>,
    /// Grants of people.
    pub refresh_tokens: Vec<RefreshToken>,
    /// Access tokens that need not be asked for.
    pub access_tokens: Vec<AccessToken>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Seconds that an access token lives. Default [`limits::TOKEN_LIVES_S`].
    pub token_lives_s: u32,
    /// Developer tokens of the Google Ads API.
    pub developer_tokens: Vec<DeveloperToken>,
    /// Customers.
    pub customers: Vec<Customer>,
    /// User lists that exist.
    pub user_lists: Vec<NewUserList>,
    /// Conversion actions.
    pub conversion_actions: Vec<ConversionAction>,
    /// Clicks that are known. Their times are held against conversions.
    pub clicks: Vec<Click>,
    /// A click that is not among them did not happen. When false (default) it did, in time.
    pub clicks_must_be_known: bool,
    /// When the status of a request is told.
    pub processing: Processing,
    /// Answer 429 above the vendor's quotas, by the clock. When false (default) nothing is refused, so that a test's end does not
    /// hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// Calls of the Google Ads API in a day, which the level of a developer token sets. Default [`limits::ADS_OPERATIONS`], Basic; each
    /// call counts once, however many rows it has.
    pub ads_operations_a_day: u64,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// The customer of [`Options::with_key`], and its manager.
    pub const CUSTOMER: &str = "1234567890";
    /// See [`Options::CUSTOMER`].
    pub const MANAGER: &str = "9876543210";
    /// The client of [`Options::with_key`].
    pub const CLIENT: &str = "twin.apps.googleusercontent.com";
    /// The service account of [`Options::with_key`].
    pub const SERVICE_ACCOUNT: &str = "twin@twin.iam.gserviceaccount.com";

    /// A free port of 127.0.0.1. The key is an access token that never expires, the secret and the refresh token of
    /// [`Options::CLIENT`], and a newcomer's developer token; signatures of [`Options::SERVICE_ACCOUNT`] are not checked. Customer
    /// [`Options::CUSTOMER`] below [`Options::MANAGER`] has a user list of each key (8001234567, …68, …69) and the actions 7001112223
    /// (web page), 7001112224 (clicks) and 7001112225 (calls). The second question finds a request processed.
    pub fn with_key(key: impl Into<String>) -> Self {
        let key = key.into();
        let list = |id: &str, display_name: &str, key_type| NewUserList {
            id: id.to_owned(),
            customer_id: Self::CUSTOMER.to_owned(),
            display_name: display_name.to_owned(),
            key_type,
        };
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clients: vec![Client { client_id: Self::CLIENT.to_owned(), client_secret: key.clone(), redirect_uris: Vec::new() }],
            refresh_tokens: vec![RefreshToken {
                token: key.clone(),
                client_id: Self::CLIENT.to_owned(),
                scopes: both(),
                rotates: false,
            }],
            access_tokens: vec![AccessToken::new(&key)],
            service_accounts: vec![ServiceAccount::unchecked(Self::SERVICE_ACCOUNT)],
            token_lives_s: limits::TOKEN_LIVES_S,
            developer_tokens: vec![DeveloperToken::newcomer(key)],
            customers: vec![
                Customer { managers: vec![Self::MANAGER.to_owned()], ..Customer::new(Self::CUSTOMER) },
                Customer::new(Self::MANAGER),
            ],
            user_lists: vec![
                list("8001234567", "Customers", KeyType::ContactId),
                list("8001234568", "Phones", KeyType::MobileId),
                list("8001234569", "Ids", KeyType::UserId),
            ],
            conversion_actions: vec![
                ConversionAction::new(Self::CUSTOMER, "7001112223", ActionType::Webpage),
                ConversionAction::new(Self::CUSTOMER, "7001112224", ActionType::UploadClicks),
                ConversionAction::new(Self::CUSTOMER, "7001112225", ActionType::UploadCalls),
            ],
            clicks: Vec::new(),
            clicks_must_be_known: false,
            processing: Processing::AfterPolls(1),
            enforce_rates: false,
            ads_operations_a_day: limits::ADS_OPERATIONS.0,
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
