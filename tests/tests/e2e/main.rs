//! The main job end to end: files, a model and a segment, the real API and host, the real component in the sandbox, and the strict
//! twin of Braze at the other end.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![allow(clippy::print_stdout, reason = "what was skipped, and the seed of what was tried")]

mod bad_input;
mod bulk;
mod consent;
mod daily;
mod every_service;
mod faults;
mod full_disk;
mod guards;
mod jobs;
mod kill;
mod members;
mod pauses;
mod process;
mod related;
mod remote;
mod remote_ids;
mod replace;
mod retail;
mod retention;
mod rig;
mod schedule;
mod server;
mod services;
mod shop;
mod unruly;
mod upgrade;
mod warehouse;
mod warehouse_faults;
mod warehouse_related;
mod warehouse_rights;
mod warehouse_stops;
