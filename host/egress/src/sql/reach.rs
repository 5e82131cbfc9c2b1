//! From a granted host to a socket: the name is resolved here, the address is checked, and what was checked is what is dialled.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use sluice_catalog::Code;
use tokio::{net::TcpStream, time::timeout};

use super::SqlError;
use crate::{
    address::special_purpose,
    limits::CONNECT_TIME_MAX,
    resolve::{Resolve, ResolveError, choose},
};

/// A host and a port that the grant allows: a database's, or the bastion's before it.
pub(super) struct Reach {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) private_address: bool,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl Reach {
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
