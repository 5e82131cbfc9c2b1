//! The Google Ads twin over HTTP: each rule of the notes on both sides of its line, named by the part of them it stands in, and each
//! fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod adjustments;
mod any_body;
mod clicks;
mod client;
mod control;
mod events;
mod faults;
#[path = "../shared/http.rs"]
mod http;
mod jobs;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod lists;
mod members;
mod rates;
mod status;
mod tokens;
mod vendor;
mod words;
