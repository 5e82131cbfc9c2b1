//! Writing a file of sealed blocks, in one pass, to anything that takes bytes.

use std::{
    io::{self, Write},
    sync::Arc,
};

use sluice_catalog::seal::DataKey;
use xxhash_rust::xxh3::xxh3_64;

use super::{BlockRef, FOOTER_BIT, FRAME_BYTES, HEADER_BYTES, Header, Kind};
use crate::codec::put_varint;

/// Seals blocks one after the other. Nothing may be relied on before [`BlockWriter::finish`].
pub(crate) struct BlockWriter<W> {
    to: W,
    key: Arc<DataKey>,
    header: Header,
    blocks: u32,
    offset: u64,
}

impl<W: Write> BlockWriter<W> {
    /// `prefix` must never repeat under `key`: 64 random bits.
    pub(crate) fn new(mut to: W, kind: Kind, prefix: u64, key: &Arc<DataKey>, binding: u64) -> io::Result<Self> {
        let header = Header::new(kind, prefix, key, binding);
        to.write_all(&header.0)?;
        Ok(Self { to, key: key.clone(), header, blocks: 0, offset: HEADER_BYTES as u64 })
    }

    /// Seals and writes the bytes of `block`, and empties it.
    pub(crate) fn block(&mut self, block: &mut Vec<u8>) -> io::Result<BlockRef> {
        let number = self.blocks;
        self.blocks += 1;
        self.frame(number, false, block)
    }

    fn frame(&mut self, number: u32, footer: bool, block: &mut Vec<u8>) -> io::Result<BlockRef> {
        self.key.seal_block(&self.header.nonce(number, footer), &self.header.0, block);
        let len = block.len() as u32;
        let mut head = [0u8; FRAME_BYTES];
        head[..4].copy_from_slice(&(len | if footer { FOOTER_BIT } else { 0 }).to_le_bytes());
        head[4..].copy_from_slice(&xxh3_64(block).to_le_bytes());
        self.to.write_all(&head)?;
        self.to.write_all(block)?;
        block.clear();
        let at = BlockRef { number, offset: self.offset, sealed_bytes: len };
        self.offset = at.end();
        Ok(at)
    }

    /// Writes the footer and gives the destination back, with the bytes written.
    pub(crate) fn finish(mut self) -> io::Result<(W, u64)> {
        let mut footer = Vec::new();
        put_varint(&mut footer, u64::from(self.blocks));
        self.frame(self.blocks, true, &mut footer)?;
        self.to.flush()?;
        Ok((self.to, self.offset))
    }

    /// The file's id, see [`super::Place`].
    pub(crate) fn id(&self) -> u64 {
        self.header.id()
    }

    /// Where the blocks go.
    pub(crate) fn to(&self) -> &W {
        &self.to
    }

    /// What a reader of blocks already written needs to know, see [`super::RandomReader::of_writer`].
    pub(crate) fn header_bytes(&self) -> [u8; HEADER_BYTES] {
        self.header.0
    }
}
