//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Iterable does. What is held
//! is the twin's state and what the host is told of each row, not the requests that led there. Each test names what Iterable's own
//! description (`api-docs.json` of 2026-07-09) or its recorded replies say; "(inferred)" where nobody does.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod attributes;
mod connection;
mod faults;
mod lists;
mod manifest;
mod members;
mod rig;
mod state;
mod update_only;
mod vendor;
