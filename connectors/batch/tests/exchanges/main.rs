//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Batch does. What is held is
//! the twin's state and what the host is told of each row. What every connector promises is the conformance suite's; here stands what
//! is Batch's own. Each test names the line of the vendor sheet of 2026-11 that it is written from.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod connection;
mod contacts;
mod events;
mod manifest;
mod profiles;
mod rig;
