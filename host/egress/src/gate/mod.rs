//! The gate of one destination: its pool of connections, and the order in which a request is decided, paced, sent and read.
//!
//! Nothing of a gate is shared with another: no connection, no TLS session, no cookie (there are none). Redirects are answers like
//! any other and are not followed; proxies of the environment are not used; the HTTP library repeats nothing that has left.

mod answer;
mod client;
mod gzip;
mod held;
mod send;
mod token;
mod unpack;

use std::{fmt, sync::Arc};

use sluice_catalog::clock::{Clock, SystemClock};

use crate::{
    resolve::{Resolve, SystemResolver},
    tls::OperatorCa,
};
use client::Client;

/// What a gate is made of. The default is the machine's resolver, clock and trust store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// For the ledger's lines and for headers that name an instant.
    pub clock: Arc<dyn Clock>,
    /// Trusted beside the machine's authorities.
    pub ca: OperatorCa,
}

impl Default for Options {
    fn default() -> Self {
        Self { resolver: Arc::new(SystemResolver), clock: Arc::new(SystemClock), ca: OperatorCa::default() }
    }
}

/// The HTTP library could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built")]
pub struct GateError(#[source] reqwest::Error);

/// The way out of one destination of one workspace. It holds a pool of connections, which live in the runtime that first uses it: a
/// gate for each runtime, and as long as the work lasts.
pub struct Gate {
    /// For hosts of the manifest: only public addresses.
    public: Client,
    /// For origins that the operator named: any address.
    named: Client,
    clock: Arc<dyn Clock>,
}

impl Gate {
    /// A gate without connections.
    pub fn new(options: Options) -> Result<Self, GateError> {
        let tls = crate::tls::client_config(&options.ca);
        let public = Client::new(tls.clone(), Arc::clone(&options.resolver), true)?;
        let named = Client::new(tls, options.resolver, false)?;
        Ok(Self { public, named, clock: options.clock })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

#[cfg(test)]
mod tests;
