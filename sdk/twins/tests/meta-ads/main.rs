//! The Meta Ads twin over HTTP: each rule of the notes on both sides of its line, named by the part of them it stands in, and each
//! fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod any_body;
mod audiences;
mod client;
mod control;
mod events;
mod faults;
#[path = "../shared/http.rs"]
mod http;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod replace;
mod rules;
mod sessions;
mod usage;
mod users;
mod vendor;
mod words;
