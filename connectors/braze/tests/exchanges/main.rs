//! Exchanges: the real component, in the real sandbox, through the real gate, with a twin that behaves as Braze does. What is held is
//! the twin's state and what the host is told of each row, not the requests that led there.

#![allow(clippy::unwrap_used, reason = "helpers of tests; a failed unwrap is a failed test")]

mod attributes;
mod connection;
mod events;
mod faults;
mod lists;
mod manifest;
mod members;
mod rig;
mod socket;
mod subscriptions;
mod vendor;
