//! Bytes larger than memory, read line by line: the host keeps them for the length of the run.

use crate::call::Call;
use crate::contract::Halt;

/// Bytes asked for at once: a guest's memory stays small, and a gigabyte takes four thousand calls.
const CHUNK_BYTES: u32 = 256 * 1024;

/// Reads a spool in order, by lines, from a place that a cursor can remember.
#[derive(Debug)]
pub struct Lines<'a> {
    call: &'a Call<'a>,
    id: u64,
    read: u64,
    buffer: Vec<u8>,
    at: usize,
    line_bytes_max: usize,
    ended: bool,
}

impl<'a> Lines<'a> {
    /// Lines from byte `offset`; a line longer than `line_bytes_max` is a contract halt, so one bad file cannot fill the memory.
    pub fn new(call: &'a Call<'a>, id: u64, offset: u64, line_bytes_max: usize) -> Self {
        Self { call, id, read: offset, buffer: Vec::new(), at: 0, line_bytes_max, ended: false }
    }

    /// Where the next line starts: a cursor.
    pub fn offset(&self) -> u64 {
        self.read - (self.buffer.len() - self.at) as u64
    }

    /// The next line without its end; `None` after the last.
    pub fn next_line(&mut self) -> Result<Option<Vec<u8>>, Halt> {
        let mut searched = self.at;
        loop {
            if let Some(length) = self.buffer[searched..].iter().position(|b| *b == b'\n') {
                let end = searched + length;
                let line = self.buffer[self.at..end].strip_suffix(b"\r").unwrap_or(&self.buffer[self.at..end]).to_vec();
                self.at = end + 1;
                return Ok(Some(line));
            }
            if self.ended {
                let rest = self.buffer.split_off(self.at);
                self.at = self.buffer.len();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            if self.buffer.len() - self.at > self.line_bytes_max {
                return Err(Halt::contract("a line of the file is longer than the connector allows"));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            let chunk = self.call.spool_read(self.id, self.read, CHUNK_BYTES)?;
            self.ended = chunk.is_empty();
            self.read += chunk.len() as u64;
            self.buffer.extend_from_slice(&chunk);
        }
    }
}

impl Call<'_> {
    /// A new, empty spool.
    pub fn spool_create(&self) -> u64 {
        self.door.spool_create()
    }

    /// Appends to a spool.
    pub fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), Halt> {
        self.door.spool_append(id, chunk).map_err(|message| Halt::contract(&message))
    }

    /// Bytes in a spool.
    pub fn spool_size(&self, id: u64) -> u64 {
        self.door.spool_size(id)
    }

    /// At most `bytes_max` bytes from `offset`; none beyond the end.
    pub fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, Halt> {
        self.door.spool_read(id, offset, bytes_max).map_err(|message| Halt::contract(&message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Script;

    #[test]
    fn lines_are_found_across_chunks_and_an_offset_goes_on_where_it_stood() {
        let script = Script::new();
        let long = "x".repeat(CHUNK_BYTES as usize);
        let id = script.spool(format!("one\r\n{long}\n\nlast").as_bytes());
        script.call(|call| {
            let mut lines = Lines::new(call, id, 0, 1 << 20);
            assert_eq!(lines.next_line(), Ok(Some(b"one".to_vec())));
            let offset = lines.offset();
            assert_eq!(offset, 5);
            assert_eq!(lines.next_line().map(|l| l.map(|l| l.len())), Ok(Some(long.len())));
            assert_eq!(lines.next_line(), Ok(Some(Vec::new())));
            assert_eq!(lines.next_line(), Ok(Some(b"last".to_vec())));
            assert_eq!(lines.next_line(), Ok(None));
            let mut again = Lines::new(call, id, offset, 1 << 20);
            assert_eq!(again.next_line().map(|l| l.map(|l| l.len())), Ok(Some(long.len())));
            assert!(Lines::new(call, id, 5, 10).next_line().is_err(), "a line beyond the limit");
        });
    }
}
