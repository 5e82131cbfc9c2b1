//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Marketing Cloud does. What is
//! held is what the data extension has afterwards, and what the host is told of each row. Each test names what of the vendor's pages it is
//! about; "(inferred)" where nobody says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod connection;
mod manifest;
mod rig;
mod rows;
mod setup;
