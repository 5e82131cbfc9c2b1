//! The only door to the world, as a trait: the host's in a component, a script in a native test.

use crate::code;
use crate::contract::{Batch, http, sql};

pub use crate::contract::log::Level;

/// What a connector can ask of the host. Authors call [`crate::Call`], which stands before this.
///
/// Connections exist for sources alone, so their functions have an answer of their own: a destination's component must not even
/// name an import that its world does not have, and what a table of functions holds is never found to be unused.
#[allow(missing_docs)] // the functions of wit/v0, one to one
pub trait Door {
    fn send(&self, request: &http::Request) -> Result<http::Response, http::Failure>;
    fn send_all(&self, requests: &[http::Request], in_flight_max: u32) -> Vec<Result<http::Response, http::Failure>>;
    fn spool_create(&self) -> u64;
    fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), String>;
    fn spool_size(&self, id: u64) -> u64;
    fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, String>;
    fn log(&self, level: Level, message: &str);

    fn sql_query(&self, connection: &str, statement: &str) -> Result<sql::Rows, sql::Failure> {
        let _ = (connection, statement);
        Err(no_connections())
    }
    fn sql_fetch(&self, id: u64, rows_max: u32) -> Result<Option<Batch>, sql::Failure> {
        let _ = (id, rows_max);
        Err(no_connections())
    }
    fn sql_close(&self, id: u64) {
        let _ = id;
    }
}

fn no_connections() -> sql::Failure {
    sql::Failure { code: code::CONNECTOR_PROTOCOL.into(), message: "only a source has connections".into() }
}

/// The host behind a destination's imports. Exists only inside a component; a native call panics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host;

/// The same behind a source's, which has connections too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceHost;

impl Door for Host {
    fn send(&self, request: &http::Request) -> Result<http::Response, http::Failure> {
        http::send(request)
    }

    fn send_all(&self, requests: &[http::Request], in_flight_max: u32) -> Vec<Result<http::Response, http::Failure>> {
        http::send_all(requests, in_flight_max)
    }

    fn spool_create(&self) -> u64 {
        crate::bindings::sluice::connector::spool::create()
    }

    fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), String> {
        crate::bindings::sluice::connector::spool::append(id, chunk)
    }

    fn spool_size(&self, id: u64) -> u64 {
        crate::bindings::sluice::connector::spool::size(id)
    }

    fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, String> {
        crate::bindings::sluice::connector::spool::read(id, offset, bytes_max)
    }

    fn log(&self, level: Level, message: &str) {
        crate::bindings::sluice::connector::log::log(level, message);
    }
}

impl Door for SourceHost {
    fn send(&self, request: &http::Request) -> Result<http::Response, http::Failure> {
        Host.send(request)
    }

    fn send_all(&self, requests: &[http::Request], in_flight_max: u32) -> Vec<Result<http::Response, http::Failure>> {
        Host.send_all(requests, in_flight_max)
    }

    fn spool_create(&self) -> u64 {
        Host.spool_create()
    }

    fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), String> {
        Host.spool_append(id, chunk)
    }

    fn spool_size(&self, id: u64) -> u64 {
        Host.spool_size(id)
    }

    fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, String> {
        Host.spool_read(id, offset, bytes_max)
    }

    fn log(&self, level: Level, message: &str) {
        Host.log(level, message);
    }

    fn sql_query(&self, connection: &str, statement: &str) -> Result<sql::Rows, sql::Failure> {
        sql::query(connection, statement)
    }

    fn sql_fetch(&self, id: u64, rows_max: u32) -> Result<Option<Batch>, sql::Failure> {
        sql::fetch(id, rows_max)
    }

    fn sql_close(&self, id: u64) {
        sql::close(id);
    }
}
