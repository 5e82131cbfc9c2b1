//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as HubSpot does. What is held is
//! what HubSpot would show afterwards, asked in HubSpot's own words, and what the host is told of each row. Each test names what of
//! HubSpot's description (2026-03) it is about; "(inferred)" where nobody says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod associations;
mod connection;
mod lists;
mod manifest;
mod members;
mod records;
mod rig;
