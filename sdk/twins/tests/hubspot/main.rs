//! The HubSpot twin over HTTP: each rule of the notes on both sides of its line, named by the part of them it stands in, and each
//! fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod any_body;
mod associations;
mod client;
mod control;
mod create;
mod faults;
#[path = "../shared/http.rs"]
mod http;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod lists;
mod members;
mod oauth;
mod properties;
mod rates;
mod records;
mod update;
mod upsert;
mod words;
