//! Short copies, in words. A component's `memory.copy` is a call into the host, which costs more than the few bytes of a cell do.

/// Appends `bytes`: keys, cells and numbers, which are short.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut bytes: &[u8]) {
    out.reserve(bytes.len());
    while let Some((word, rest)) = bytes.split_first_chunk::<8>() {
        out.extend_from_slice(word);
        bytes = rest;
    }
    if let Some((half, rest)) = bytes.split_first_chunk::<4>() {
        out.extend_from_slice(half);
        bytes = rest;
    }
    for byte in bytes {
        out.push(*byte);
    }
}
