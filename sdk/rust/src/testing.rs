//! For native unit tests of connectors: rows built by hand, answers scripted, requests remembered.
//!
//! ```
//! use sluice_sdk::testing::{Rows, Script, answer};
//! use sluice_sdk::{Operation, PhysicalType};
//!
//! let rows = Rows::new().column("external_id", PhysicalType::Utf8, ["a".into(), "b".into()]).attr("role", "identifier");
//! let script = Script::new().service("attributes").settings(r#"{"host":"x"}"#).answers(answer(201, "{}"));
//! script.rows(Operation::Upsert, &rows, |call, rows| {
//!     assert_eq!(rows.len(), 2);
//!     call.post("https://rest.example/users/track").send()
//! })?;
//! assert_eq!(script.requests()[0].url, "https://rest.example/users/track");
//! # Ok::<(), sluice_sdk::Failure>(())
//! ```

mod build;
mod script;
mod words;

pub use build::{Input, Rows, absent, null};
pub use script::{Answer, Script, answer, failure};
pub use words::{halted, kind, outcome, outcomes};
