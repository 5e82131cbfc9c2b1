//! The Salesforce Marketing Cloud twin (Marketing Cloud Engagement): tokens, data extensions, and their rows written by jobs, at once,
//! and read back, with the vendor's rules, limits and words.
//!
//! Written from notes about the vendor's REST API (developer.salesforce.com, help.salesforce.com, and what the destinations of Segment
//! (970a17e) and RudderStack (c98d160) met; read 2026-11-27) without a look at any client. Italics name the part of the notes that a
//! rule stands in. What none of them says is marked "(inferred)" where it is decided; the twin then takes the stricter reading.
//!
//! | held | from |
//! |---|---|
//! | `POST /v2/token`, JSON or a form; `account_id`, `scope`; tokens that end, and the tenant's hosts in the answer | *Auth* |
//! | a wrong client id, secret or unit 400 (or 401) with `error` | *Connection check*, *Errors* |
//! | the tenant's own hosts, one for tokens and one for the rest | *Hosts* |
//! | only tokens that were issued, else 401; `data_extensions_read` and `…_write`, else 403 with 20002 | *Auth*, *Errors* |
//! | 429 with 50100 and `Retry-After`, or 50200 without; no other headers | *Global rate limits* |
//! | asynchronous rows by id or `key:`, 32,000, 5 MB; 202 with `requestId`; `resultMessages` on 400 | *Endpoint A* |
//! | `PUT` upserts and keeps what is left out; `POST` inserts, a key that is there is an error of the row | *Sync modes*, *Endpoint A* |
//! | no `status` at first, then `Pending`, `Executing`, and `Complete` (`OK`, `Has Errors`) or `Error` | *Endpoint A*, "Poll" |
//! | results in the order of the rows, pages of 50; deadlocks that end with `Rerun the transaction.` | *Endpoint A*, "Results" |
//! | a rowset saves what comes before its first bad row; 10006, with or without `additionalErrors` | *Endpoint B* |
//! | one row by `pk1:v1,pk2:v2` | *Endpoint B* |
//! | columns' types, lengths, nulls, keys; unknown ones fail the request or the row | *Attributes*, *Identifiers* |
//! | times become US Central without daylight saving | *Attributes* (inferred there) |
//! | found by `$search`, columns, made, given columns, emptied | *Setup objects*, *Removal* |
//! | rows read back in pages of at most 2,500 | *Remote segment* (inferred there) |
//!
//! Not here: SOAP (deletion of rows, folders), Bulk Data Ingest (its fields are not known), file imports, updating or deleting a data
//! extension, `$filter`, the yearly and daily allotments. They are refused, or nothing is said of them.
//!
//! | warning | the client … |
//! |---|---|
//! | `same-row-twice` | named one row several times in one asynchronous request |
//! | `value-of-another-type` | sent a number or a truth to a text column, or the text of one to a column of that type |
//! | `large-rowset` | sent more than 50 rows, or rows of more than 50 columns, at once |
//! | `long-key` | made a data extension whose external key has more than 36 characters |
//! | `date-in-key` | made one with a `Date` in its primary key |
//! | `unknown-key`, `unknown-parameter` | sent something that means nothing |
//! | `secret-in-query` | put a secret or a token into the query |
//!
//! Seeds (`PUT /__twin/{kind}`): `data-extensions` (a list of [`NewDataExtension`]; one of the same key or id is replaced), `harms` (of
//! [`Harm`]), `clients` (of [`Client`]; another secret of a known one is a rotated one), `revoked` (tokens that are over; `"*"` is every
//! one).

mod extension;
mod field;
mod jobs;
pub mod limits;
mod oauth;
mod objects;
mod options;
mod page;
mod route;
mod rowset;
mod service;
mod state;
mod submit;
mod value;
mod words;

pub use extension::{DataExtension, Row};
pub use field::{Field, FieldType};
pub use jobs::{Job, Status};
pub use options::{Client, Harm, JobsGo, NewDataExtension, Options, READ, Stages, UnknownColumns, WRITE};
pub use state::State;

use std::{collections::BTreeMap, sync::Arc};

use crate::{running::Place, server::StartError};
use service::Service;

/// The Marketing Cloud twin.
#[derive(Debug, Clone, Copy)]
pub struct Twin;

/// A running Marketing Cloud twin.
pub type Running = crate::running::Running<State>;

impl Twin {
    /// Starts a twin on the current tokio runtime; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`].
    ///
    /// # Panics
    /// When a data extension of the options does not hold together, or does not take one of its rows.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let place = Place {
            listen: options.listen,
            files_listen: None,
            ledger_file: options.ledger_file.clone(),
            clock: options.clock.clone(),
        };
        Running::start(place, |ledger, _| Service::new(options, ledger)).await
    }
}

impl Running {
    /// Rows of a data extension, named by its external key or id, by primary key (values joined by `,`).
    pub fn rows(&self, data_extension: &str) -> BTreeMap<String, Arc<Row>> {
        self.with_state(|state| state.rows(data_extension))
    }

    /// A copy of a row.
    pub fn row(&self, data_extension: &str, key: &str) -> Option<Row> {
        self.with_state(|state| state.data_extension(data_extension)?.rows.get(key).map(|row| (**row).clone()))
    }
}
