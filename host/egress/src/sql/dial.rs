//! From a granted host to a socket: the name is resolved here, the address is checked, and what was checked is what is dialled.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rustls::ClientConfig;
use sluice_catalog::{Code, source::Connection};
use tokio::{net::TcpStream, time::timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::SqlError;
use crate::{
    address::special_purpose,
    limits::CONNECT_TIME_MAX,
    resolve::{Resolve, ResolveError, choose},
};

/// One TLS handshake to come.
pub(super) type Handshake = <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::TlsConnect;

/// The way to one server. Used for a session, and once more for each cancel request.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) host: String,
    port: u16,
    private_address: bool,
    tls: Option<ClientConfig>,
    resolver: Arc<dyn Resolve>,
}

impl Dial {
    pub(super) fn new(connection: &Connection, resolver: Arc<dyn Resolve>) -> Result<Self, SqlError> {
        let tls = super::tls::config(connection.tls, connection.granted.ca.as_deref())?;
        let private_address = connection.granted.private_address;
        Ok(Self { host: connection.host.clone(), port: connection.port, private_address, tls, resolver })
    }

    /// Whether the connection is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// A handshake for the host's name; none for a connection in the clear.
    pub(super) fn handshake(&self) -> Option<Handshake> {
        let config = self.tls.clone()?;
        let mut make = MakeRustlsConnect::new(config);
        let made = <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::make_tls_connect(&mut make, &self.host);
        Some(made.expect("the library only stores the name"))
    }

    /// A socket to an address that was checked; the addresses are tried in their order.
    pub(super) async fn connect(&self) -> Result<TcpStream, SqlError> {
        let work = async {
            let mut last = None;
            for ip in self.addresses().await? {
                match TcpStream::connect(SocketAddr::new(ip, self.port)).await {
                    Ok(stream) => {
                        let _ = stream.set_nodelay(true); // slower without, and no worse
                        return Ok(stream);
                    }
                    Err(error) => last = Some(error),
                }
            }
            let why = last.map_or_else(String::new, |error| error.kind().to_string());
            Err(SqlError::new(Code::EgressConnectFailed, format!("connecting to {}, port {}: {why}", self.host, self.port)))
        };
        let late = || {
            let seconds = CONNECT_TIME_MAX.as_secs();
            SqlError::new(Code::EgressConnectFailed, format!("{}, port {} did not answer in {seconds} s", self.host, self.port))
        };
        timeout(CONNECT_TIME_MAX, work).await.unwrap_or_else(|_| Err(late()))
    }

    async fn addresses(&self) -> Result<Vec<IpAddr>, SqlError> {
        let name = self.host.clone();
        let found = match name.parse::<IpAddr>() {
            Ok(address) => Ok(vec![address]),
            Err(_) => self.resolver.resolve(&name).await,
        };
        let chosen = match found {
            Ok(addresses) => choose(name, addresses, !self.private_address),
            Err(source) => Err(ResolveError::Lookup { name, source }),
        };
        chosen.map_err(|error| match &error {
            ResolveError::Special { address, .. } => {
                let block = special_purpose(*address).unwrap_or("special purpose");
                let host = &self.host;
                let cause = format!("{host} is {address} ({block}), and the grant does not allow a private address for it");
                SqlError::new(Code::EgressAddressRefused, cause)
            }
            ResolveError::Lookup { .. } | ResolveError::Empty { .. } => SqlError::resolve(&error),
        })
    }
}
