//! The HTTP library, set up so that it does what it is told and nothing by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use tower_layer::Layer;
use tower_service::Service;

use super::GateError;
use crate::{
    limits::{ANSWER_HEADER_BYTES_MAX, ANSWER_HEADERS_MAX, CONNECT_TIME_MAX, IDLE_CONNECTIONS_MAX, IDLE_TIME_MAX},
    resolve::{Guarded, Resolve},
};

/// A pool of connections, and whether there has ever been one.
pub(super) struct Client {
    http: reqwest::Client,
    connected: Connected,
}

/// Set before the first connection is handed to a request, never cleared.
#[derive(Debug, Clone, Default)]
struct Connected(Arc<AtomicBool>);

impl Client {
    pub(super) fn new(tls: rustls::ClientConfig, resolver: Arc<dyn Resolve>, checked: bool) -> Result<Self, GateError> {
        let connected = Connected::default();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(Guarded { inner: resolver, checked }))
            .connector_layer(connected.clone())
            .connect_timeout(CONNECT_TIME_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_max_headers(ANSWER_HEADERS_MAX)
            .http2_max_header_list_size(ANSWER_HEADER_BYTES_MAX as u32)
            .pool_idle_timeout(IDLE_TIME_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(GateError)?;
        Ok(Self { http, connected })
    }

    pub(super) async fn execute(&self, request: reqwest::Request) -> reqwest::Result<reqwest::Response> {
        self.http.execute(request).await
    }

    /// Whether a byte of an unfinished request may have left: certainly not while there has never been a connection.
    pub(super) fn may_have_sent(&self) -> bool {
        self.connected.0.load(Ordering::Acquire)
    }
}

impl<S> Layer<S> for Connected {
    type Service = Watched<S>;
    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, connected: self.clone() }
    }
}

/// A connector that notes its first success.
#[derive(Debug, Clone)]
struct Watched<S> {
    inner: S,
    connected: Connected,
}

impl<S, T> Service<T> for Watched<S>
where
    S: Service<T>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let connecting = self.inner.call(target);
        let connected = self.connected.clone();
        Box::pin(async move {
            let connection = connecting.await?;
            connected.0.store(true, Ordering::Release);
            Ok(connection)
        })
    }
}
