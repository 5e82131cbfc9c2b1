//! Digests that a platform names its records by, where the host does not make them: in a path, a name says nothing to who reads along.
//!
//! No secret is kept by one. Values that a manifest says are to be hashed arrive hashed; see its `hash`.

use md5::{Digest, Md5};

/// MD5 of the UTF-8 bytes of `text` in lower-case hexadecimal, 32 characters.
pub fn md5(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let nibbles = Md5::digest(text).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(HEX[usize::from(nibble)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321, appendix A.5.
    #[test]
    fn the_authors_own_vectors_hold() {
        for (text, wanted) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(md5(text), wanted, "{text:?}");
        }
    }
}
