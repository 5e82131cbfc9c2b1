//! The ledger from outside: histories of sources and outcomes against real files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![allow(clippy::print_stdout, reason = "a child process tells its parent how it ended")]

mod appends;
mod child;
mod crash;
mod damage;
mod generations;
mod lists;
mod members;
mod model;
mod order;
mod remote_ids;
mod replaced;
mod secrets;
mod sizes;
mod transitions;
mod world;
