//! A socket that is shut when whoever waits for it goes away.
//!
//! The SSH library moves bytes on a task of its own, which does not end while it waits for the other side in the middle of a key
//! exchange. So a sign-on that is given up, by its deadline or with the work that wanted it, takes the socket from under that task.

use std::{
    io,
    net::{Shutdown, TcpStream as Socket},
};

use tokio::net::TcpStream;

/// Shuts the socket when it is dropped, unless it was spared.
pub(super) struct Cut(Option<Socket>);

impl Cut {
    /// The socket, and what will shut it.
    pub(super) fn of(stream: TcpStream) -> io::Result<(TcpStream, Self)> {
        let socket = stream.into_std()?;
        let second = socket.try_clone()?;
        Ok((TcpStream::from_std(socket)?, Self(Some(second))))
    }

    /// From here on the socket lives as long as its user.
    pub(super) fn spare(mut self) {
        self.0 = None;
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        if let Some(socket) = &self.0 {
            let _ = socket.shutdown(Shutdown::Both); // it may be gone already
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
        (ours.expect("connected"), theirs.expect("accepted").0)
    }

    #[tokio::test]
    async fn a_socket_ends_with_its_cut_and_not_when_it_is_spared() {
        let (ours, mut theirs) = pair().await;
        let (mut ours, cut) = Cut::of(ours).expect("a second handle");
        drop(cut);
        assert_eq!(ours.read(&mut [0]).await.expect("an end"), 0);
        assert_eq!(theirs.read(&mut [0]).await.expect("an end"), 0);

        let (ours, mut theirs) = pair().await;
        let (mut ours, cut) = Cut::of(ours).expect("a second handle");
        cut.spare();
        ours.write_all(b"x").await.expect("alive");
        assert_eq!(theirs.read(&mut [0]).await.expect("alive"), 1);
    }
}
