//! The Batch twin over HTTP: each rule of the notes on both sides of its line, named by the part of them it stands in, and each
//! fault. Rules of single values are tested beside them.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod any_body;
mod client;
mod control;
mod custom_data;
mod events;
mod faults;
#[path = "../shared/http.rs"]
mod http;
mod identifiers;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod profiles;
mod rates;
mod words;
