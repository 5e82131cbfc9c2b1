//! The ledger from outside: histories of sources and outcomes against real files.

mod appends;
mod child;
mod crash;
mod damage;
mod generations;
mod lists;
mod members;
mod model;
mod order;
mod secrets;
mod sizes;
mod transitions;
mod world;
