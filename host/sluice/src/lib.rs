//! The command line and the server: the rooms wired together, and a client of the HTTP API.
//!
//! It promises: every command has a help text with examples and a `--json` form; whatever goes wrong is said on standard error as a
//! code of the registry, its cause and the next step, and as an exit code; nothing is coloured where nobody looks. Commands that work
//! on a server know of it what the API says and nothing more: [`client`] is the only way, also for the demo. What is decided about
//! data is decided in the rooms below.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the crate that speaks to a terminal")]

pub mod bundle;
mod cli;
mod client;
mod commands;
mod demo;
mod exit;
mod failure;
pub mod limits;
mod listen;
mod memory;
mod output;
pub mod server;

pub use cli::command;
pub use exit::Exit;
pub use failure::{Failure, Place};

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> std::process::ExitCode {
    let cli = cli::read();
    output::set_json(cli.json);
    match commands::run(cli.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
    }
}
