//! Answers that are packed files: `unpack` of a request, which says what the body *is*, beside its content encoding, which says how it
//! travelled.
//!
//! A deflated stream cannot be entered in its middle by another instance, so the host unpacks before a component reads. A gzip body
//! streams through; an archive is kept in the run's spool first, since its list of entries stands at its end, and its entries follow
//! one another in the order of that list. Bytes out are held against the request's `answer-bytes-max`, and against the bytes in.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use sluice_catalog::{Code, contract::Attrs};
use tokio::sync::mpsc;
use zip::{CompressionMethod, ZipArchive, result::ZipError};

use crate::{
    failure::{Failed, causes},
    limits::{GZIP_RATIO_FREE_BYTES, GZIP_RATIO_MAX, SPOOL_BLOCK_BYTES, ZIP_DIRECTORY_BYTES_MAX, ZIP_ENTRIES_MAX},
    spool::{Spool, SpoolError},
};

/// The request's attribute.
const ATTRIBUTE: &str = "unpack";

/// How an answer's body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// One gzip stream, of one or several members.
    Gzip,
    /// An archive.
    Zip,
}

impl Packing {
    /// What a request asks for; a packing that this host does not know is refused before anything leaves.
    pub(super) fn of(attrs: &Attrs) -> Result<Option<Self>, Failed> {
        match attrs.iter().find(|(key, _)| key == ATTRIBUTE).map(|(_, value)| value.as_str()) {
            None => Ok(None),
            Some("gzip") => Ok(Some(Self::Gzip)),
            Some("zip") => Ok(Some(Self::Zip)),
            Some(_) => Err(Failed::unsent(Code::ConnectorProtocol, "`unpack` is neither `zip` nor `gzip`")),
        }
    }

    /// The fact that stands with an answer that was unpacked.
    pub(super) fn fact(self) -> (String, String) {
        let value = match self {
            Self::Gzip => "gzip",
            Self::Zip => "zip",
        };
        (ATTRIBUTE.to_owned(), value.to_owned())
    }
}

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnzipError {
    #[error("the answer is no zip archive, or a damaged one")]
    Damaged,
    #[error("the archive is encrypted, or packed in a way other than deflate")]
    Form,
    #[error(
        "the archive has more than {ZIP_ENTRIES_MAX} entries, or a list of entries of more than {ZIP_DIRECTORY_BYTES_MAX} bytes"
    )]
    Entries,
    #[error("the archive unpacks to more than {GZIP_RATIO_MAX} times its size")]
    Ratio,
    #[error(transparent)]
    Spool(SpoolError),
}

impl From<UnzipError> for Failed {
    fn from(error: UnzipError) -> Self {
        let code = match &error {
            UnzipError::Damaged => Code::EgressCut,
            UnzipError::Form => Code::EgressAnswerEncoding,
            UnzipError::Entries | UnzipError::Ratio => Code::EgressAnswerTooLarge,
            UnzipError::Spool(error) => return Self::spool(error),
        };
        Self::sent(code, error.to_string())
    }
}

/// Unpacks the archive in a spool and gives its plain bytes away in blocks, until nobody takes them any more. Blocks.
///
/// Between two entries stands a line feed where the first does not end with one, so that a line never goes on in another file.
pub(super) fn unzip(spool: Arc<Spool>, id: u64, blocks: &mpsc::Sender<Vec<u8>>) -> Result<(), UnzipError> {
    let packed = spool.size(id).map_err(UnzipError::Spool)?;
    let allowed = Arc::new(AtomicU64::new(ZIP_DIRECTORY_BYTES_MAX));
    let file = SpoolFile { spool, id, at: 0, size: packed, block: Vec::new(), block_at: 0, allowed: Arc::clone(&allowed) };
    let archive = ZipArchive::new(file);
    // What an entry may cost is held against the ratio; the list alone has an allowance.
    let is_spent = allowed.swap(u64::MAX, Relaxed) == 0;
    let mut archive = archive.map_err(|e| if is_spent { UnzipError::Entries } else { refusal(&e) })?;
    if archive.len() > ZIP_ENTRIES_MAX {
        return Err(UnzipError::Entries);
    }
    let (mut written, mut ends_a_line) = (0u64, true);
    for entry in 0..archive.len() {
        let raw = archive.by_index_raw(entry).map_err(|e| refusal(&e))?;
        if raw.encrypted() || !matches!(raw.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(UnzipError::Form);
        }
        drop(raw);
        let mut entry = archive.by_index(entry).map_err(|e| refusal(&e))?;
        if entry.is_dir() {
            continue;
        }
        let mut first = true;
        loop {
            let mut block = Vec::with_capacity(SPOOL_BLOCK_BYTES);
            if first && !ends_a_line {
                block.push(b'\n');
            }
            let room = (SPOOL_BLOCK_BYTES - block.len()) as u64;
            let read = (&mut entry).take(room).read_to_end(&mut block).map_err(|e| broken(&e))?;
            if read == 0 {
                break;
            }
            first = false;
            written += block.len() as u64;
            if written > GZIP_RATIO_FREE_BYTES && written / packed.max(1) > GZIP_RATIO_MAX {
                return Err(UnzipError::Ratio);
            }
            ends_a_line = block.last() == Some(&b'\n');
            if blocks.blocking_send(block).is_err() {
                return Ok(()); // the answer is cut, or the run is stopped
            }
        }
    }
    Ok(())
}

fn refusal(error: &ZipError) -> UnzipError {
    match error {
        ZipError::Io(error) => broken(error),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) | ZipError::InvalidPassword => {
            UnzipError::Form
        }
        _ => UnzipError::Damaged,
    }
}

/// Of the errors of reading: ours, or the archive's.
fn broken(error: &io::Error) -> UnzipError {
    let ours = causes(error).find_map(|e| e.downcast_ref::<SpoolError>());
    match ours {
        Some(SpoolError::Io(error)) => UnzipError::Spool(SpoolError::Io(error.kind().into())),
        Some(_) => UnzipError::Spool(SpoolError::Damaged),
        None => UnzipError::Damaged,
    }
}

/// A spool as a file, with one block of it in memory.
struct SpoolFile {
    spool: Arc<Spool>,
    id: u64,
    at: u64,
    size: u64,
    block: Vec<u8>,
    block_at: u64,
    /// Bytes that may still be read; 0 for ever once more was wanted.
    allowed: Arc<AtomicU64>,
}

impl Read for SpoolFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || into.is_empty() {
            return Ok(0);
        }
        let within = self.at.checked_sub(self.block_at).and_then(|n| usize::try_from(n).ok()).filter(|n| *n < self.block.len());
        let from = match within {
            Some(from) => from,
            None => {
                self.block_at = self.at - self.at % SPOOL_BLOCK_BYTES as u64;
                self.block = self.spool.read(self.id, self.block_at, SPOOL_BLOCK_BYTES as u32).map_err(io::Error::other)?;
                (self.at - self.block_at) as usize
            }
        };
        let piece = self.block.get(from..).filter(|piece| !piece.is_empty());
        let piece = piece.ok_or_else(|| io::Error::other(SpoolError::Damaged))?;
        let count = piece.len().min(into.len());
        let left = self.allowed.load(Relaxed);
        self.allowed.store(left.saturating_sub(count as u64), Relaxed);
        if left <= count as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        into[..count].copy_from_slice(&piece[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SpoolFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
