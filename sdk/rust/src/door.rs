//! The only door to the world, as a trait: the host's in a component, a script in a native test.

use crate::contract::{Batch, http, sql};

pub use crate::contract::log::Level;

/// What a connector can ask of the host. Authors call [`crate::Call`], which stands before this.
#[allow(missing_docs)] // the functions of wit/v0, one to one
pub trait Door {
    fn send(&self, request: &http::Request) -> Result<http::Response, http::Failure>;
    fn send_all(&self, requests: &[http::Request], in_flight_max: u32) -> Vec<Result<http::Response, http::Failure>>;
    fn spool_create(&self) -> u64;
    fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), String>;
    fn spool_size(&self, id: u64) -> u64;
    fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, String>;
    fn sql_query(&self, connection: &str, statement: &str) -> Result<sql::Rows, sql::Failure>;
    fn sql_fetch(&self, id: u64, rows_max: u32) -> Result<Option<Batch>, sql::Failure>;
    fn sql_close(&self, id: u64);
    fn log(&self, level: Level, message: &str);
}

/// The host behind the contract's imports. Exists only inside a component; a native call panics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host;

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

    fn sql_query(&self, connection: &str, statement: &str) -> Result<sql::Rows, sql::Failure> {
        sql::query(connection, statement)
    }

    fn sql_fetch(&self, id: u64, rows_max: u32) -> Result<Option<Batch>, sql::Failure> {
        sql::fetch(id, rows_max)
    }

    fn sql_close(&self, id: u64) {
        sql::close(id);
    }

    fn log(&self, level: Level, message: &str) {
        crate::bindings::sluice::connector::log::log(level, message);
    }
}
