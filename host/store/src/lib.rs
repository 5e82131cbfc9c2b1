//! The store: what Sluice remembers in its database. Workspaces and their keys, declared objects and their revisions, installed
//! connectors, sealed credentials, API keys, runs with their leases, journals and egress ledgers, audit.
//!
//! It promises that every change is one transaction with its audit row, that a tenant's rows are reached only through the tenant's id,
//! that a worker whose lease was taken over writes nothing any more, and that what was answered as done survives a kill. It does not
//! know what a body, a counter or a journal entry means: the rooms above do. SQLite serves one process (a lock file says so); the SQL
//! is kept portable to PostgreSQL: `$1` parameters, standard upserts, partial indexes, no functions of one database.

mod activation_state;
mod apikey;
mod audit;
mod changes;
mod connector;
mod credential;
mod decision;
mod declared;
mod egress;
mod entropy;
mod error;
mod facts;
mod idempotency;
mod journal;
mod lease;
pub mod limits;
mod master;
mod migrate;
mod object;
mod open;
mod page;
mod pauses;
mod remote_segments;
mod retention;
mod run;
mod run_change;
mod statistics;
mod time;
mod tokens;
mod workspace;

pub use activation_state::{ActivationState, Due};
pub use apikey::{ApiKey, Identity, NewApiKey, Role};
pub use audit::{Actor, AuditEntry, AuditFilter};
pub use changes::Changes;
pub use connector::{Connector, NewConnector};
pub use credential::Owner;
pub use declared::{Declared, ObjectKind, Reference};
pub use egress::{EgressEntry, EgressFilter};
pub use entropy::Entropy;
pub use error::StoreError;
pub use facts::Fact;
pub use idempotency::{Begun, StoredResponse};
pub use journal::JournalEntry;
pub use lease::Lease;
pub use master::{MasterKeyError, master_key};
pub use object::{Dependant, Stored};
pub use open::Store;
pub use page::{Page, PageRequest};
pub use pauses::Pause;
pub use run::{Decision, DecisionKind, Failure, Hold, NewRun, Run, RunFilter, RunState, Trigger, TriggerKind};
pub use run_change::{RunUpdate, Settlement};
pub use statistics::SegmentStatistics;
pub use tokens::{KeptTokens, NewTokens, TokenKey, TokenStanding};
pub use workspace::Workspace;
