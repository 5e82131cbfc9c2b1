//! Data Manager v1: members, events, the status of requests, user lists. Fast-fail is the rule of all writes: what is wrong with any
//! record refuses all of them, each named; what a record then meets while it is processed is counted, never named.

mod destination;
mod event;
mod events;
mod filter;
mod lists;
mod members;
mod people;
mod requests;

pub(super) use events::ingest as ingest_events;
pub(super) use lists::{all, create, delete, one, patch};
pub(super) use members::{ingest, remove, remove_all};
pub use requests::{Data, Destination, Request, RequestKind, RequestStatus};
pub(super) use requests::{poll, strange};
