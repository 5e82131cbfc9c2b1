//! The API over a real store and a real host: who may do what, what refusals look like, what each operation does.

#![allow(missing_docs, clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

mod analysis;
mod apply;
mod cases;
mod connectors;
mod keys;
mod matrix;
mod models;
mod objects;
mod requests;
mod runs;
mod world;
