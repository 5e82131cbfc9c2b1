//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Google does. What is held is
//! what Google would show afterwards and what the host is told of each row. Each test names what of Google's published definitions
//! (googleapis at f8291d2 of 2026-08-22) it is about; "(inferred)" where nobody says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod audiences;
mod connection;
mod conversions;
mod manifest;
mod proto;
mod retractions;
mod rig;
mod vendor;
