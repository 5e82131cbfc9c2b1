//! Everything a connector's author needs: rows in, vendor requests out, outcomes back.
//!
//! A connector is a translator. It implements [`Destination`] (and [`Membership`], or [`Source`]) and names itself once with
//! [`export_destination!`], [`export_destination_with_membership!`] or [`export_source!`]. It reads cells through [`Rows`] without
//! copying them, writes bodies with [`json::Writer`], sends through [`Call`], and says what became of each row with [`Receipts`] or
//! [`Halt`]. Waiting, retrying, pacing, clocks and secrets belong to the host; nothing here offers them.
//!
//! The crate compiles natively too, so that a connector has native unit tests: [`testing`] builds rows and scripts answers.
//!
//! ```
//! use sluice_sdk::{Call, Destination, Halt, Receipts, Rows, Written, code, status};
//!
//! const ACME: status::Vendor = status::Vendor { name: "Acme", reset: status::Reset::None };
//!
//! struct Acme;
//!
//! impl Destination for Acme {
//!     fn check(call: &Call<'_>) -> Result<String, Halt> {
//!         let answer = call.get("https://api.acme.example/v3/me").credential("api_key").send();
//!         status::of_read(&ACME, answer)?;
//!         Ok(r#"{"ok":true,"message":"Connected."}"#.into())
//!     }
//!
//!     fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
//!         let keys = rows.keys();
//!         let mut body = sluice_sdk::json::Writer::with_capacity(rows.len() * 128);
//!         body.begin_array();
//!         for row in 0..rows.len() {
//!             body.begin_object();
//!             for (key, column) in keys.iter().zip(rows.columns()) {
//!                 body.cell(key, column.cell(row));
//!             }
//!             body.end_object();
//!             call.fits(&body, row)?;
//!         }
//!         body.end_array();
//!         let answer = call.post("https://api.acme.example/v3/contacts").credential("api_key").json(body).send();
//!         match status::of_write(&ACME, answer) {
//!             Ok(answer) if answer.status() == 200 => Ok(Receipts::accepted().written()),
//!             Ok(answer) => Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Acme refuses the batch")).written()),
//!             Err(ended) => ended.into(),
//!         }
//!     }
//! }
//! # fn main() {}
//! ```

#[doc(hidden)]
#[path = "bindings.rs"]
pub mod __bindings;
use __bindings as bindings;
mod by_place;
mod by_value;
mod call;
mod cells;
pub mod code;
mod columns;
mod connector;
mod declared;
pub mod digest;
mod door;
mod each;
pub mod form;
mod groups;
mod halt;
mod identifiers;
pub mod json;
mod kept;
pub mod limits;
mod members;
mod objects;
mod places;
mod put;
mod receipt;
mod refusal;
mod request;
mod response;
mod row_end;
mod rows;
mod service;
mod source;
pub mod spool;
pub mod status;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod text;
mod values;
mod waits;
mod window;
mod without;
mod word;

/// The contract's own types, as generated from `wit/v0/`.
pub mod contract {
    pub use crate::bindings::sluice::connector::types::*;
    pub use crate::bindings::sluice::connector::{http, log, sql};
}

pub use by_place::ByPlace;
pub use by_value::ByValue;
pub use call::Call;
pub use cells::{Cells, Null};
pub use columns::ColumnBuilder;
pub use connector::{Destination, Exported, MembersPage, Membership, SegmentPlace, connected};
pub use contract::{Attrs, Halt, Operation, Outcome, PhysicalType, Reason, Written};
pub use declared::yes;
pub use door::{Door, Level};
pub use form::Form;
pub use groups::{Groups, Object};
pub use identifiers::{Identifier, Identifiers, Known};
pub use kept::Named;
pub use members::{MemberLines, Members};
pub use places::{Places, not_among};
pub use receipt::Receipts;
pub use refusal::{Codes, Means};
pub use request::{Effect, Failure, Packing, Request};
pub use response::Response;
pub use rows::{Cell, ColumnView, Rows, Value};
pub use service::Service;
pub use source::{Opened, Source, SourcePage, SourceRows};
pub use waits::{Waits, token};
pub use window::Window;
pub use word::Word;
pub use {serde, serde_json};
