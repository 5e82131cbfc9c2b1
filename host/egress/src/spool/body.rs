//! A spool as the body of a request: read in pieces while it is sent, of a length that is known before.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::{Spool, SpoolError};

/// Bytes read at once: a few sealed blocks.
const PIECE: u32 = 256 * 1024;

/// The first `size` bytes of a spool; what is appended later is not sent.
pub(crate) struct SpoolBody {
    spool: Arc<Spool>,
    id: u64,
    position: u64,
    size: u64,
    reading: Option<JoinHandle<Result<Vec<u8>, SpoolError>>>,
}

impl SpoolBody {
    pub(crate) fn new(spool: Arc<Spool>, id: u64, size: u64) -> Self {
        Self { spool, id, position: 0, size, reading: None }
    }
}

impl Body for SpoolBody {
    type Data = Bytes;
    type Error = SpoolError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, SpoolError>>> {
        let this = self.get_mut();
        if this.position >= this.size {
            return Poll::Ready(None);
        }
        let reading = this.reading.get_or_insert_with(|| {
            let (spool, id, from) = (Arc::clone(&this.spool), this.id, this.position);
            let wanted = u32::try_from(this.size - from).unwrap_or(u32::MAX).min(PIECE);
            tokio::task::spawn_blocking(move || spool.read(id, from, wanted))
        });
        let read = ready!(Pin::new(reading).poll(cx)).expect("reading does not panic");
        this.reading = None;
        Poll::Ready(Some(match read {
            Ok(piece) if piece.is_empty() => Err(SpoolError::Damaged),
            Ok(piece) => {
                this.position += piece.len() as u64;
                Ok(Frame::data(piece.into()))
            }
            Err(error) => Err(error),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.position >= self.size
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size - self.position)
    }
}
