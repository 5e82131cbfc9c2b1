//! Connections of the API: so many at once, each with a time within which it says what it wants, all ended in order.
//!
//! It promises: a client that is slow with its headers, or says nothing, loses its connection and its place; one too many waits in the
//! system's queue; when `stop` comes nobody is taken any more, requests under way are answered, and then it returns.

use std::{io::ErrorKind, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::limits::{ACCEPT_AGAIN_AFTER, CONNECTIONS_MAX, HEADERS_WAIT_MAX};

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at once.
    pub(crate) connections: usize,
    /// From the opening, or from the end of an answer, to the end of the next request's headers.
    pub(crate) headers_wait: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: CONNECTIONS_MAX, headers_wait: HEADERS_WAIT_MAX }
    }
}

/// Answers on `listener` until `stop` comes and what was under way is answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.headers_wait);
    let (places, open) = (Arc::new(Semaphore::new(bounds.connections)), TaskTracker::new());
    while let Some((stream, place)) = next(&listener, &places, &stop).await {
        let (builder, service, stop) = (builder.clone(), TowerToHyperService::new(router.clone()), stop.clone());
        open.spawn(async move {
            let _place = place;
            let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended before its request or its answer was whole");
            }
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// The next connection and its place; none when `stop` has come.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let taken = async {
        let place = Arc::clone(places).acquire_owned().await.expect("nobody closes it");
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                // Its client has gone again.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken now");
                    tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                }
            }
        }
    };
    tokio::select! {
        taken = taken => Some(taken),
        () = stop.cancelled() => None,
    }
}

#[cfg(test)]
mod tests;
