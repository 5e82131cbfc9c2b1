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

/// Whether `text` is a SHA-256 digest as the host writes it: 64 hexadecimal digits, lower case. For connectors that would rather refuse
/// a value than send it plain. Eight bytes at a time: it is asked of every cell.
#[inline]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.as_bytes().as_chunks::<8>().0.iter().all(|word| are_hex(u64::from_le_bytes(*word)))
}

/// Whether each byte is one of `0` to `9` and `a` to `f`: the high bit of a byte marks what lies above a bound, and no byte of ASCII
/// carries into its neighbour.
fn are_hex(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let from = |byte: u8| (word & !HIGH) + ONES * u64::from(0x80 - byte);
    let digit = from(b'0') & !from(b'9' + 1);
    let letter = from(b'a') & !from(b'f' + 1);
    (digit | letter) & !word & HIGH == HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_host_writes_is_a_digest() {
        let digest = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
        assert!(is_sha256(digest) && is_sha256(&"09af".repeat(16)));
        for other in ["", "FR", &digest[1..], &format!("{digest}0"), &digest.to_uppercase()] {
            assert!(!is_sha256(other), "{other:?}");
        }
        for at in 0..64 {
            for byte in (0..=0x7f_u8).filter(|byte| !byte.is_ascii_digit() && !(b'a'..=b'f').contains(byte)) {
                let mut bytes = digest.as_bytes().to_vec();
                bytes[at] = byte;
                assert!(!is_sha256(&String::from_utf8(bytes).expect("ASCII")), "{byte:#x} at {at}");
            }
        }
        assert!(!is_sha256(&"é".repeat(32)));
    }

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
