//! The Braze twin over HTTP: each rule of the vendor's pages on both sides of its line, and each fault.

mod access;
mod attributes;
mod client;
mod control;
mod events;
mod export;
mod faults;
mod fields;
mod identifiers;
mod ledger;
mod load;
mod subscriptions;
