//! How a Marketing Cloud twin is set up: whose tenant it is, which packages may ask for tokens, how jobs go, and the data extensions
//! that are there at the start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{field::Field, limits};
use crate::server::{Clock, system_clock};

/// The scope that reading asks for (*Auth*, "Package scopes").
pub const READ: &str = "data_extensions_read";
/// The scope that writing asks for.
pub const WRITE: &str = "data_extensions_write";

fn both() -> Vec<String> {
    vec![READ.to_owned(), WRITE.to_owned()]
}

/// An installed package's client. It has no `Debug`: a secret is not printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What its tokens may do; both scopes when absent.
    #[serde(default = "both")]
    pub scopes: Vec<String>,
    /// Business units (MIDs) that it may ask tokens for, the package's parent unit first; any when there are none.
    #[serde(default)]
    pub account_ids: Vec<String>,
}

impl Client {
    /// A client that may do all that the twin offers, in any unit.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into(), scopes: both(), account_ids: Vec::new() }
    }
}

/// What becomes of an asynchronous request with a column that is not there (*Attributes*: they "fail the request/row").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownColumns {
    /// The request is refused with 400 (*Errors*).
    #[default]
    FailTheRequest,
    /// The request is taken, and the row is one of its errors.
    FailTheRow,
}

/// How long a job stays in each state. What the numbers count is said by [`JobsGo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stages {
    /// Not picked up: the answer has no `status`.
    pub missing: u32,
    /// `Pending`.
    pub pending: u32,
    /// `Executing`.
    pub executing: u32,
}

/// When jobs end. They end in the order in which they were taken (inferred).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobsGo {
    /// So many questions about the job are answered with each state; at the next one it has ended, and every job before it.
    ByPolls(Stages),
    /// So many seconds of the twin's clock are spent in each.
    BySeconds(Stages),
}

/// Harm of this vendor's own, done once to whom it meets next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "harm", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Harm {
    /// The row of this primary key (values joined by `,`) loses a deadlock in the next job that has it.
    Deadlock {
        /// The key.
        key: String,
    },
    /// The next asynchronous request ends as `Error`, without a row of it.
    JobError {
        /// What its `resultMessages` say.
        message: String,
    },
    /// The next asynchronous request is never picked up.
    JobLost,
    /// The next synchronous one fails with 10006 and nothing more, without a row of it.
    SaveFailure,
}

/// A data extension that is there at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDataExtension {
    /// The vendor's id of it, a GUID; one is made when it is empty.
    #[serde(default)]
    pub id: String,
    /// Its external key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The business unit that sees it; each of them when absent.
    #[serde(default)]
    pub account_id: Option<String>,
    /// Its columns.
    pub fields: Vec<Field>,
    /// Rows that it has.
    #[serde(default)]
    pub rows: Vec<Map<String, Value>>,
}

impl NewDataExtension {
    /// One without rows, whose name is its key.
    pub fn of(key: impl Into<String>, fields: Vec<Field>) -> Self {
        let key = key.into();
        Self { id: String::new(), name: key.clone(), key, account_id: None, fields, rows: Vec::new() }
    }
}

/// How a twin is set up. [`Options::with_client`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The tenant's label of the vendor's hosts.
    pub subdomain: String,
    /// Where tokens say that the REST API is; `https://{subdomain}.rest.marketingcloudapis.com/` when absent.
    pub rest_instance_url: Option<String>,
    /// The same of SOAP, which the twin does not have.
    pub soap_instance_url: Option<String>,
    /// Clients that may ask for tokens.
    pub clients: Vec<Client>,
    /// An access token for everything that need not be asked for and does not end, for tests without the token endpoint.
    pub fixed_token: Option<String>,
    /// Seconds that a token lives. Default [`limits::TOKEN_LIVES_S`].
    pub token_lives_s: u32,
    /// Token requests of a client in each [`limits::TOKEN_WINDOW_S`] of the clock before 429. Absent (default) they are counted, see
    /// [`super::State::token_requests`], and not refused: the vendor's limit is a soft one.
    pub token_requests_max: Option<u64>,
    /// The status of a wrong client id or secret: 400 or 401 (*Connection check*). Default 400 (*Errors*).
    pub bad_client_status: u16,
    /// When jobs end.
    pub jobs_go: JobsGo,
    /// What becomes of a request with a column that is not there.
    pub unknown_columns: UnknownColumns,
    /// Rows of one asynchronous request. Default [`limits::ASYNC_ROWS_MAX`].
    pub async_rows_max: usize,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// Answer 429 above [`limits::CALLS_A_MINUTE`], by the clock. When false (default) nothing is refused, so that a test's end does
    /// not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// Harm of the vendor's own, from the start.
    pub harms: Vec<Harm>,
    /// Data extensions that exist.
    pub data_extensions: Vec<NewDataExtension>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// The tenant's label of [`Options::with_client`]: 28 characters that start with `mc`, as the vendor's.
    pub const SUBDOMAIN: &str = "mctw1n0000000000000000000000";

    /// A free port of 127.0.0.1, one client that may do all, jobs that end at the fourth question, no data extension.
    pub fn with_client(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            subdomain: Self::SUBDOMAIN.to_owned(),
            rest_instance_url: None,
            soap_instance_url: None,
            clients: vec![Client::new(client_id, client_secret)],
            fixed_token: None,
            token_lives_s: limits::TOKEN_LIVES_S,
            token_requests_max: None,
            bad_client_status: 400,
            jobs_go: JobsGo::ByPolls(Stages { missing: 1, pending: 1, executing: 1 }),
            unknown_columns: UnknownColumns::default(),
            async_rows_max: limits::ASYNC_ROWS_MAX,
            body_bytes_max: limits::BODY_BYTES_MAX,
            enforce_rates: false,
            harms: Vec::new(),
            data_extensions: Vec::new(),
            ledger_file: None,
            clock: system_clock(),
        }
    }

    /// Where the tenant's hosts of a kind are.
    pub(super) fn instance(&self, kind: &str) -> String {
        let set = if kind == "soap" { &self.soap_instance_url } else { &self.rest_instance_url };
        set.clone().unwrap_or_else(|| format!("https://{}.{kind}.marketingcloudapis.com/", self.subdomain))
    }
}
