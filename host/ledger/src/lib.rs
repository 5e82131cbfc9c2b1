//! The ledger: what each destination holds of us, and what changes (design section 9).
//!
//! A run takes a source's rows in ([`Intake`]), compares them with the last [`Generation`] ([`diff`]), delivers the [`ChangeSet`],
//! and works the verdicts in ([`settle`]). This room decides *what* is offered and *what* is remembered; sending, guards, journals
//! and the pointer to the current generation are the runs' matter.
//!
//! Everything blocks: call it from blocking threads. Memory is bounded by [`limits`], whatever the number of rows. Every file is
//! sealed, versioned and checksummed; nothing is ever compared with a damaged one.

mod cell;
mod change_set;
mod codec;
mod column;
mod decide;
mod diff;
mod error;
mod intake;
mod key;
mod layout;
pub mod limits;
mod part_key;
mod row;
mod rules;
mod sealed;
mod settle;
mod space;
mod spill;
mod table;

pub use change_set::{ChangeSet, Counts, DiffHash, Listed, ListedRows, ListedState, Phase, Place, Rows};
pub use diff::diff;
pub use error::LedgerError;
pub use intake::{Finished, Intake, IntakeCounts, Invalid};
pub use key::key_text;
pub use layout::{KeyColumn, Layout, LayoutField, NullMeans};
pub use part_key::part_key;
pub use row::{REMOVAL, Row, Tried, Version};
pub use rules::{Retry, Rules};
pub use settle::{Judgement, RemoteIds, settle, settle_with_ids};
pub use space::{Random, Space};
pub use table::Generation;
