//! Decompression while an answer streams in: bounded in size and in ratio, so that a small answer cannot become a large one.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use crate::limits::{GZIP_RATIO_FREE_BYTES, GZIP_RATIO_MAX};

/// Compressed bytes handed to the decoder at once: at deflate's ceiling of 1,032 they become half a megabyte.
const SLICE: usize = 512;

/// Decodes one gzip body (of one or several members).
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    read: u64,
    written: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum GunzipError {
    #[error("the answer's gzip data is damaged")]
    Damaged(#[source] io::Error),
    #[error("the answer unpacks to more than {GZIP_RATIO_MAX} times its size")]
    Ratio,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), read: 0, written: 0 }
    }

    /// Decodes a chunk; gives the plain bytes piece by piece until `take` wants no more (`false`).
    pub(super) fn push(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8]) -> bool) -> Result<bool, GunzipError> {
        for slice in chunk.chunks(SLICE) {
            self.decoder.write_all(slice).map_err(GunzipError::Damaged)?;
            self.read += slice.len() as u64;
            if !self.drain(&mut take)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The end of the body: the last member has to be complete.
    pub(super) fn finish(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> Result<bool, GunzipError> {
        if self.read > 0 {
            self.decoder.try_finish().map_err(GunzipError::Damaged)?;
        }
        self.drain(&mut take)
    }

    fn drain(&mut self, take: &mut impl FnMut(&[u8]) -> bool) -> Result<bool, GunzipError> {
        let plain = self.decoder.get_mut();
        self.written += plain.len() as u64;
        if self.written > GZIP_RATIO_FREE_BYTES && self.written / self.read.max(1) > GZIP_RATIO_MAX {
            return Err(GunzipError::Ratio);
        }
        let more = plain.is_empty() || take(plain);
        plain.clear();
        Ok(more)
    }
}
