//! A connection before TLS: a socket, or a channel through a bastion. An enum and no trait object, whose lifetime the compiler cannot
//! see through in the library's futures.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use russh::{ChannelStream, client::Msg};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Bytes to a server and back.
pub(super) enum Stream {
    Straight(TcpStream),
    Through(Box<ChannelStream<Msg>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Through(channel) => Pin::new(channel).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Straight(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Through(channel) => Pin::new(channel).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Straight(socket) => Pin::new(socket).poll_write_vectored(cx, parts),
            Self::Through(channel) => Pin::new(channel).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Straight(socket) => socket.is_write_vectored(),
            Self::Through(channel) => channel.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(socket) => Pin::new(socket).poll_flush(cx),
            Self::Through(channel) => Pin::new(channel).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Straight(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Through(channel) => Pin::new(channel).poll_shutdown(cx),
        }
    }
}
