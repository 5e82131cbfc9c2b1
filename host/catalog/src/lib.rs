//! The catalog: what operators declare and what connectors promise, as typed values.
//!
//! Everything here is pure: parsing, validation, naming, sealing of bytes already in memory. Nothing in this crate opens a file,
//! a socket or a clock; the rooms above do, and hand the results in. It is also the one place for the words that several rooms
//! share, so that a room never defines a second one: the contract's messages ([`contract`], [`columnar`]), the registry of codes
//! ([`code`]), ids ([`ids`]).

pub mod activation;
pub mod calculated;
pub mod clock;
pub mod code;
pub mod columnar;
pub mod condition;
pub mod contract;
pub mod destination;
pub mod formula;
pub mod health;
pub mod ids;
pub mod limits;
pub mod manifest;
pub mod mapping;
pub mod model;
pub mod outcome;
pub mod problem;
pub mod record;
pub mod relationship;
pub mod remote;
pub mod seal;
pub mod segment;
pub mod semantic;
pub mod size;
pub mod source;
pub mod types;
pub mod variables;

pub use code::Code;
pub use problem::Problem;

#[cfg(test)]
mod declared_tests;
