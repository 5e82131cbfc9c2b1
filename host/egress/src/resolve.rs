//! Names become addresses here and nowhere else: the HTTP library is given this resolver, and dials what it returns.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;

use crate::{address::special_purpose, limits::ADDRESSES_MAX};

/// Looks names up.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// The addresses of a name, in order of preference. Bounded by the gate's time for connecting.
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(
            async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.map(|a| a.ip()).take(ADDRESSES_MAX).collect()) },
        )
    }
}

/// Why a name gave no address to dial. Found again in the chain of causes of the HTTP library's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("{name} cannot be resolved")]
    Lookup {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{name} has no address")]
    Empty { name: String },
    #[error("{name} resolves to {address} ({block}), which is not on the public internet")]
    Special { name: String, address: IpAddr, block: &'static str },
}

/// What the HTTP library is given. `checked`: addresses that are not public are taken out, and a name that has no others is refused.
/// Only origins that the operator named himself are dialled unchecked.
pub(crate) struct Guarded {
    pub(crate) inner: Arc<dyn Resolve>,
    pub(crate) checked: bool,
}

impl reqwest::dns::Resolve for Guarded {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let name = name.as_str().to_owned();
        let lookup = self.inner.resolve(&name);
        let checked = self.checked;
        Box::pin(async move {
            let addresses = match lookup.await {
                Ok(addresses) => choose(name, addresses, checked)?,
                Err(source) => return Err(ResolveError::Lookup { name, source }.into()),
            };
            // Port 0 means: the port of the URL, which is the one that was checked.
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as reqwest::dns::Addrs)
        })
    }
}

pub(crate) fn choose(name: String, mut addresses: Vec<IpAddr>, checked: bool) -> Result<Vec<IpAddr>, ResolveError> {
    addresses.truncate(ADDRESSES_MAX);
    let Some(&first) = addresses.first() else { return Err(ResolveError::Empty { name }) };
    if checked {
        addresses.retain(|a| special_purpose(*a).is_none());
        if addresses.is_empty() {
            let block = special_purpose(first).expect("every address was special, so the first was");
            return Err(ResolveError::Special { name, address: first, block });
        }
    }
    Ok(addresses)
}
