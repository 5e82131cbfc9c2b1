//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Meta does. What is held is the
//! twin's state and what the host is told of each row, not the requests that led there. Each test names what Meta's pages say;
//! "(inferred)" where none does.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod audiences;
mod connection;
mod conversions;
mod manifest;
mod rig;
mod state;
mod vendor;
