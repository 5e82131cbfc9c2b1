//! The command line as people and scripts use it: the real binary, a real server over a real store, a Braze twin for the platform.

#![allow(missing_docs, clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

mod connecting;
mod connectors;
mod events;
mod refusals;
mod rig;
mod segments;
mod server;
mod shop;
mod standing;
mod twin;
mod work;
