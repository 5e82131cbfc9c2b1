//! The Mailchimp twin over HTTP: each rule of the notes on both sides of its line, named by the part of them it stands in, and
//! each fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod access;
mod any_body;
mod batch;
mod client;
mod control;
mod faults;
mod fields;
#[path = "../shared/http.rs"]
mod http;
mod jobs;
#[path = "../shared/json.rs"]
mod json;
mod ledger;
mod members;
mod pages;
mod segments;
mod words;
