//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Klaviyo does. What is held is
//! what Klaviyo would show afterwards, asked in Klaviyo's own words, and what the host is told of each row. Each test names what of
//! Klaviyo's description (revision 2026-07-15) it is about; "(inferred)" where nobody says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]
#![allow(clippy::print_stdout, reason = "what was skipped")]

mod connection;
mod contacts;
mod inserts;
mod lists;
mod manifest;
mod members;
mod rig;
mod subscriptions;
mod vendor;
