//! Short copies, in words and with few loops. A component's `memory.copy` is a call into the host, which costs more than the few bytes of a
//! cell do, and a loop is looked at by the host each time round.

/// Appends `bytes`: keys, cells and numbers, which are short.
#[inline(always)]
pub(crate) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some((words, behind)) = rest.split_first_chunk::<16>() {
        out.extend_from_slice(words);
        rest = behind;
    }
    if let Some((word, behind)) = rest.split_first_chunk::<8>() {
        out.extend_from_slice(word);
        rest = behind;
    }
    if !rest.is_empty() {
        put_start(out, last_word(bytes), rest.len());
    }
}

/// Appends the first `len` bytes of a little-endian word.
#[inline(always)]
pub(crate) fn put_start(out: &mut Vec<u8>, word: u64, len: usize) {
    let end = out.len() + len;
    out.extend_from_slice(&word.to_le_bytes());
    out.truncate(end);
}

/// The bytes of a text behind its last whole word, as a little-endian word with zeros above; there is at least one.
#[inline(always)]
pub(crate) fn last_word(bytes: &[u8]) -> u64 {
    let len = bytes.len() % 8;
    if let Some(last) = bytes.last_chunk() {
        return u64::from_le_bytes(*last) >> (8 * (8 - len));
    }
    // What stands in two of the pieces is the same in both.
    let at = |byte: u8, place: usize| u64::from(byte) << (8 * place);
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4))
        }
        _ => at(bytes[0], 0) | at(bytes[len / 2], len / 2) | at(bytes[len - 1], len - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_are_appended_as_they_are() {
        let all: Vec<u8> = (1..=100).collect();
        for len in 0..all.len() {
            let mut out = b"before".to_vec();
            put(&mut out, &all[..len]);
            put(&mut out, b".");
            assert_eq!(out, [b"before", &all[..len], b"."].concat(), "{len}");
        }
    }
}
