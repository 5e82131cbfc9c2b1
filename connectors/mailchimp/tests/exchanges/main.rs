//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Mailchimp does. What is held is
//! the twin's state and what the host is told of each row, not the requests that led there. What every platform does (refusals by status,
//! throttling, lost answers, strangers' pages) is tried in `tests/conformance.rs`. Each test names the line of the vendor sheet of 2026-11
//! that it is written from.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod contacts;
mod edge;
mod insert;
mod manifest;
mod members;
mod rig;
mod segments;
mod state;
