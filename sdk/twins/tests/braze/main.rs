//! The Braze twin over HTTP: each rule of the vendor's pages on both sides of its line, and each fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod any_body;
mod attributes;
mod client;
mod control;
mod events;
mod export;
mod faults;
mod fields;
#[path = "../shared/http.rs"]
mod http;
mod identifiers;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod load;
mod subscriptions;
mod words;
