//! The way to one server, straight or through a bastion, and the TLS that is spoken at its end.

use std::sync::Arc;

use rustls::ClientConfig;
use sluice_catalog::source::Connection;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{SqlError, reach::Reach, secrets::Secrets, stream::Stream, tunnel::Tunnel};
use crate::resolve::Resolve;

/// One TLS handshake to come.
pub(super) type Handshake = <MakeRustlsConnect as MakeTlsConnect<Stream>>::TlsConnect;

/// The way to one server. Used for a session, and once more for each cancel request.
pub(super) struct Dial {
    /// The server and the bastion before it, as errors name them.
    pub(super) named: String,
    /// Whom a certificate has to name.
    host: String,
    way: Way,
    /// What cannot be read of it is told when TLS begins, so that a source's test shows it in its place.
    tls: Result<Option<ClientConfig>, SqlError>,
}

enum Way {
    Straight(Reach),
    Through(Box<Tunnel>),
}

impl Dial {
    pub(super) fn new(connection: &Connection, secrets: &Secrets, resolver: Arc<dyn Resolve>) -> Self {
        let (host, port, granted) = (connection.host.clone(), connection.port, &connection.granted);
        let tls = super::tls::config(connection.tls, granted.ca.as_deref(), secrets.client());
        let (named, way) = match &connection.bastion {
            None => {
                let private_address = granted.private_address;
                (host.clone(), Way::Straight(Reach { host: host.clone(), port, private_address, resolver }))
            }
            Some(bastion) => {
                let private_address = granted.through.as_ref().is_some_and(|through| through.private_address);
                let reach = Reach { host: bastion.host.clone(), port: bastion.port, private_address, resolver };
                let tunnel = Tunnel::new(bastion, reach, (host.clone(), port), secrets.bastion());
                (format!("{host} behind {}", bastion.host), Way::Through(Box::new(tunnel)))
            }
        };
        Self { named, host, way, tls }
    }

    /// A handshake for the host's name; none for a connection in the clear.
    pub(super) fn handshake(&self) -> Result<Option<Handshake>, SqlError> {
        let Some(config) = self.tls.clone()? else { return Ok(None) };
        let mut make = MakeRustlsConnect::new(config);
        let made = <MakeRustlsConnect as MakeTlsConnect<Stream>>::make_tls_connect(&mut make, &self.host);
        Ok(Some(made.expect("the library only stores the name")))
    }

    /// A connection over which nothing has been said yet.
    pub(super) async fn connect(&self) -> Result<Stream, SqlError> {
        match &self.way {
            Way::Straight(reach) => Ok(Stream::Straight(reach.connect().await?)),
            Way::Through(tunnel) => Ok(Stream::Through(Box::new(tunnel.connect().await?))),
        }
    }
}
