//! Messages on a byte stream: four bytes of length (little-endian), then postcard. A longer frame than allowed is never read.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Answer, Ask};
use crate::limits::FRAME_BYTES_MAX;

/// From the guests to the host.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Up {
    /// A question; `patience_us` is how long an answer is wanted.
    Ask { number: u64, patience_us: u64, ask: Ask },
    /// The answer to `number` is not wanted any more.
    Cancel { number: u64 },
}

/// From the host to the guests.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Down {
    pub(super) number: u64,
    pub(super) answer: Answer,
}

pub(super) fn write(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    let length = frame.len() - 4;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message longer than a frame may be"));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    to.write_all(&frame)
}

/// The next message; `None` when the other side has closed the stream between two messages.
pub(super) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read(&mut length)? {
        0 => return Ok(None),
        got => from.read_exact(&mut length[got..])?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame longer than allowed"));
    }
    let mut frame = Vec::new(); // grows with what really arrives, not with what the length says
    if from.take(length as u64).read_to_end(&mut frame)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&frame).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_reads_back_and_a_hostile_one_is_an_error_not_an_allocation() {
        let mut bytes = Vec::new();
        write(&mut bytes, &Up::Cancel { number: 7 }).expect("memory takes all");
        assert!(matches!(read(&mut bytes.as_slice()), Ok(Some(Up::Cancel { number: 7 }))));
        assert!(matches!(read::<Up>(&mut [0u8; 0].as_slice()), Ok(None)), "closed between two messages");
        for (what, frame) in [
            ("cut in the length", vec![1, 0]),
            ("cut in the message", bytes[..bytes.len() - 1].to_vec()),
            ("longer than allowed", (FRAME_BYTES_MAX as u32 + 1).to_le_bytes().to_vec()),
            ("as long as allowed, but cut", (FRAME_BYTES_MAX as u32).to_le_bytes().to_vec()),
            ("not a message", vec![1, 0, 0, 0, 9]),
        ] {
            assert!(read::<Up>(&mut frame.as_slice()).is_err(), "{what}");
        }
    }
}
