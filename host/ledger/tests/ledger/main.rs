//! The ledger from outside: histories of sources and outcomes against real files.

mod appends;
mod crash;
mod members;
mod model;
mod order;
mod sizes;
mod transitions;
mod world;
