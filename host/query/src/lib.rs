//! Query: from a model and a condition tree to rows, counts and samples, streamed as Arrow record batches.
//!
//! One compiler makes one DataFusion plan of model, condition and columns, in the forms that also print well as SQL. What of it lies in
//! a database is printed and evaluated there, and the answer streamed (`push`); the rest runs in process, over a folder of Parquet and
//! CSV files or over the rows that a warehouse streams. Everything relative to now is a constant before planning, and `now` and the zone
//! are arguments. This room knows no catalog store, no run and no connector: it takes declared objects and gives rows.
//!
//! ```no_run
//! # async fn example(declared: sluice_catalog::source::Source, model: sluice_catalog::model::Model, now: jiff::Timestamp)
//! # -> Result<(), sluice_query::QueryError> {
//! use futures::TryStreamExt;
//! let engine = sluice_query::Engine::new(sluice_query::Settings::new("/var/lib/sluice/spill"))?;
//! let source = sluice_query::Source::open(&engine, &declared).await?;
//! let query = sluice_query::Query::new(&source, &model, None, now, &jiff::tz::TimeZone::UTC).await?;
//! let mut rows = query.select(&["country"])?.stream().await?;
//! while let Some(batch) = rows.try_next().await? {
//!     assert!(batch.num_rows() <= 8_192);
//! }
//! # Ok(())
//! # }
//! ```

mod analysis;
mod calculated;
mod columns;
mod compile;
mod drift;
mod engine;
mod error;
mod files;
mod functions;
mod keys;
pub mod limits;
mod lists;
mod lookups;
mod matches;
mod model;
mod preview;
mod print;
mod push;
mod query;
mod rows;
mod semantic;
mod source;
mod sql;
mod types;
mod values;
mod warehouse;

pub use analysis::{Analysis, Breakdown, Census, Funnel, Matched, Members, Overlap, Pair, Part, Reason, Share, Stage, Why};
pub use columns::Column;
pub use drift::{Drift, Sample, Suggestion};
pub use engine::{Engine, Settings};
pub use error::QueryError;
pub use keys::{KeyReport, KeySample, Verdict};
pub use lists::{Blocks, Hashes, Identified, List};
pub use matches::MatchReport;
pub use preview::Preview;
pub use push::{Evaluation, Place, Statement};
pub use query::{Query, Selection, Surroundings};
pub use rows::Rows;
pub use source::{Finding, Source, Table};
pub use types::arrow_type;
pub use values::{CategoryValue, Values};
pub use warehouse::{Dialect, Opened, Warehouse};
