//! Connections that can be cut: a listener whose streams stop writing when a handler says so, before the first byte of an
//! answer or in the middle of its body. An HTTP server would otherwise always answer, and a client that never meets a cut
//! connection is not tested. Deciding when to cut is `faults`' business.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

const OPEN: u64 = u64::MAX;
const IN_BODY: u64 = 1 << 62;

/// How many more bytes a connection may write; shared by the stream and the handler of its requests.
#[derive(Debug, Clone)]
pub(crate) struct Cut(Arc<AtomicU64>);

impl Cut {
    fn open() -> Self {
        Self(Arc::new(AtomicU64::new(OPEN)))
    }

    /// Nothing more is written: the client sees the connection end without an answer.
    pub(crate) fn now(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// The next answer's head and `body_bytes` of its body are written, and nothing after them.
    pub(crate) fn in_body(&self, body_bytes: usize) {
        self.0.store(IN_BODY | body_bytes as u64, Ordering::SeqCst);
    }

    /// Bytes that may be written of `next`, or none when there is no limit.
    fn allowance(&self, next: &[u8]) -> Option<usize> {
        match self.0.load(Ordering::SeqCst) {
            OPEN => None,
            armed if armed & IN_BODY != 0 => {
                // The server writes a head whole, so its end is in the first piece after arming.
                let head = next.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
                let left = head as u64 + (armed & !IN_BODY);
                self.0.store(left, Ordering::SeqCst);
                Some(usize::try_from(left).unwrap_or(usize::MAX))
            }
            left => Some(usize::try_from(left).unwrap_or(usize::MAX)),
        }
    }

    fn spend(&self, written: usize) {
        let left = self.0.load(Ordering::SeqCst);
        self.0.store(left.saturating_sub(written as u64), Ordering::SeqCst);
    }
}

/// A TCP listener that hands out [`TapStream`]s.
pub(crate) struct TapListener(pub(crate) TcpListener);

impl Listener for TapListener {
    type Io = TapStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a twin's connection stays without TCP_NODELAY");
        }
        (TapStream { inner: stream, cut: Cut::open() }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, TapListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, TapListener>) -> Self {
        stream.io().cut.clone()
    }
}

/// A TCP stream whose writes obey its [`Cut`].
pub(crate) struct TapStream {
    inner: TcpStream,
    cut: Cut,
}

impl AsyncRead for TapStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for TapStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(left) = self.cut.allowance(buf) else {
            return Pin::new(&mut self.inner).poll_write(cx, buf);
        };
        if left == 0 {
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        }
        let part = buf.get(..left.min(buf.len())).unwrap_or(buf);
        let written = std::task::ready!(Pin::new(&mut self.inner).poll_write(cx, part))?;
        self.cut.spend(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
