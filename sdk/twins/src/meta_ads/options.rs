//! How a Meta Ads twin is set up: its app, its access tokens, how it throttles, and the accounts, audiences and datasets that are
//! there at the start.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::server::{Clock, system_clock};

/// The ad account that is there when nothing else is said, without `act_`.
pub const ACCOUNT: &str = "1234567890";
/// The dataset (pixel) that is there when nothing else is said.
pub const DATASET: &str = "987654321012345";

/// What has become of an access token (the notes: 460 password changed, 463 expired).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenState {
    /// It is good, until `expires_at` if that is said.
    #[default]
    Valid,
    /// 190/463.
    Expired,
    /// 190/460: the user changed the password.
    PasswordChanged,
    /// 190/458: the app is not authorised any more.
    Revoked,
}

/// An access token. It has no `Debug`: a token is not printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessToken {
    /// The token itself.
    pub token: String,
    /// `ads_management`, `ads_read`, `business_management`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// A Conversions-only token: it sends events to this dataset and does nothing else.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Accounts and datasets that it sees; all when absent.
    #[serde(default)]
    pub objects: Option<Vec<String>>,
    /// What has become of it.
    #[serde(default)]
    pub state: TokenState,
    /// When it expires; never when absent, as a system user's.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// A system user's token with `ads_management` for all that the twin holds; it does not expire.
    pub fn system_user(token: impl Into<String>) -> Self {
        Self::with(token, &["ads_management", "ads_read"])
    }

    /// A token that may do this alone.
    pub fn with(token: impl Into<String>, permissions: &[&str]) -> Self {
        Self {
            token: token.into(),
            permissions: permissions.iter().map(|&permission| permission.to_owned()).collect(),
            dataset: None,
            objects: None,
            state: TokenState::Valid,
            expires_at: None,
        }
    }

    /// A token made in the Events Manager for one dataset.
    pub fn conversions_only(token: impl Into<String>, dataset: impl Into<String>) -> Self {
        Self { dataset: Some(dataset.into()), ..Self::with(token, &[]) }
    }
}

/// The app that the tokens are of. It has no `Debug`: its secret is not printed.
#[derive(Clone)]
pub struct App {
    /// Its id, for the exchange of tokens.
    pub id: String,
    /// Its secret. A proof that is sent is always checked against it.
    pub secret: String,
    /// Calls without `appsecret_proof` are refused.
    pub requires_proof: bool,
}

/// How much the app may call (*Rate limiting*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Limited (standard) access.
    #[default]
    Limited,
    /// Full (advanced) access.
    Full,
}

/// The code with which the vendor says that it is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThrottledAs {
    /// 4: the app.
    App,
    /// 17/2446079: the user, or the ad account.
    User,
    /// 32: a page.
    Page,
    /// 341: the application's limit.
    Application,
    /// 613/1487742: this API.
    Calls,
    /// 80003: custom audiences.
    #[default]
    CustomAudience,
    /// 80004: ads management.
    AdsManagement,
}

/// What a second batch of number 1 does to a replacement that is under way. The notes do not decide: *Guide* says that a session starts
/// with it, and that it should not be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstBatchAgain {
    /// The session starts again: what it had received is gone.
    #[default]
    Restarts,
    /// 2650/1870145.
    Refused,
}

/// An ad account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdAccount {
    /// Its number, without `act_`.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// 1 when it is active.
    #[serde(default = "one")]
    pub account_status: u64,
    /// Its currency.
    #[serde(default = "euro")]
    pub currency: String,
    /// The business that owns it, by which usage is told.
    #[serde(default = "business")]
    pub business: String,
    /// Somebody has accepted the terms of custom audiences for it.
    #[serde(default = "yes")]
    pub terms_accepted: bool,
}

/// A dataset, which was called a pixel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// It takes offline events as well.
    #[serde(default = "yes")]
    pub is_consolidated_container: bool,
}

/// A customer-file audience that is put in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAudience {
    /// Its id.
    pub id: String,
    /// The account that has it, without `act_`.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// `CUSTOM` for a customer file; another one cannot be written to.
    #[serde(default = "custom")]
    pub subtype: String,
    /// People have a value.
    #[serde(default)]
    pub is_value_based: bool,
    /// It is blocked for integrity: `operation_status` 471.
    #[serde(default)]
    pub flagged: bool,
    /// Who is in it: identifiers by their key, as they are kept (hashed where they are hashed).
    #[serde(default)]
    pub people: Vec<BTreeMap<String, String>>,
}

fn one() -> u64 {
    1
}

fn euro() -> String {
    "EUR".to_owned()
}

fn business() -> String {
    "555000111222333".to_owned()
}

fn yes() -> bool {
    true
}

fn custom() -> String {
    "CUSTOM".to_owned()
}

/// How a twin is set up. [`Options::with_token`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The version of the API, `v25.0`; calls of another one are refused.
    pub api_version: String,
    /// The app that the tokens are of.
    pub app: App,
    /// Access tokens that it has issued.
    pub tokens: Vec<AccessToken>,
    /// The status of a refused token: 400 or 401 (the notes: both are seen).
    pub token_refused_as: u16,
    /// The subcode of terms that are not accepted: 1870090 (*Guide*, default), or the 1870034 that the notes infer.
    pub terms_subcode: u64,
    /// What a second first batch of a replacement does.
    pub first_batch_again: FirstBatchAgain,
    /// How much the app may call.
    pub access: Access,
    /// Calls of an hour to the audiences of one account; what [`Access`] gives when absent.
    pub quota: Option<u64>,
    /// The code of a throttled answer.
    pub throttled_as: ThrottledAs,
    /// Refuse calls above the quota of an hour, by the clock. When false (default) the headers count and nothing is refused, so that a
    /// test's end does not hang on the speed of a machine; use a throttling fault for a certain refusal.
    pub enforce_rates: bool,
    /// Ad accounts that exist.
    pub accounts: Vec<AdAccount>,
    /// Audiences that exist.
    pub audiences: Vec<NewAudience>,
    /// Datasets that exist.
    pub datasets: Vec<Dataset>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, a system user's token, [`ACCOUNT`] with its terms accepted, [`DATASET`], and no audience.
    pub fn with_token(token: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_version: "v25.0".to_owned(),
            app: App { id: "246810121416".to_owned(), secret: "the-secret-of-the-app".to_owned(), requires_proof: false },
            tokens: vec![AccessToken::system_user(token)],
            token_refused_as: 400,
            terms_subcode: 1_870_090,
            first_batch_again: FirstBatchAgain::default(),
            access: Access::default(),
            quota: None,
            throttled_as: ThrottledAs::default(),
            enforce_rates: false,
            accounts: vec![AdAccount {
                id: ACCOUNT.to_owned(),
                name: "Twin".to_owned(),
                account_status: 1,
                currency: euro(),
                business: business(),
                terms_accepted: true,
            }],
            audiences: Vec::new(),
            datasets: vec![Dataset { id: DATASET.to_owned(), name: "Twin".to_owned(), is_consolidated_container: true }],
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
