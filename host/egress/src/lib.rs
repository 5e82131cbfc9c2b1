//! The egress room: the only way out for what a component causes.
//!
//! A [`Gate`] carries requests for one destination. Each request comes with the [`Pass`] of its run: the [`Policy`] (what manifest
//! and grant allow), the [`Credentials`], the [`Pacer`] and the [`Recorder`] of the egress ledger. The gate decides on one parsed
//! URL value and dials that same value, resolves names itself, connects only to addresses that it has checked, writes credentials
//! last and scrubs answers of them first. What a repeat would do, and whether one is made after bytes have left, is the business of
//! the room above; this one says exactly whether they have ([`contract::Failure::sent`](sluice_catalog::contract::Failure)).

pub mod address;
#[cfg(test)]
mod cost;
mod credential;
mod deadline;
mod failure;
mod gate;
mod headers;
mod host;
pub mod limits;
mod line;
mod pace;
mod pass;
mod policy;
mod resolve;
mod scrub;
mod spool;
pub mod sql;
#[cfg(test)]
mod testing;
mod tls;
mod token;

pub use credential::{CredentialError, Credentials};
pub use deadline::Deadline;
pub use gate::{Gate, GateError, Options};
pub use host::{Host, HostError};
pub use pace::{AppBuckets, Pacer};
pub use pass::{Links, Pass, Recorder};
pub use policy::{Checked, Origin, Policy, PolicyError, Reach, Refusal};
pub use resolve::{Resolve, SystemResolver};
pub use scrub::Scrubber;
pub use spool::{Spool, SpoolError};
pub use tls::{OperatorCa, OperatorCaError};
pub use token::{Access, Borrower, Consent, Held, Kept, MemoryVault, TokenFailure, Tokens, Vault, VaultError};
