//! The catalog's limits, each with its reason and what happens at the edge.

/// An AES-256 key.
pub const KEY_BYTES: usize = 32;
/// AES-GCM's nonce.
pub const NONCE_BYTES: usize = 12;
/// What sealing adds: nonce and tag.
pub const SEAL_OVERHEAD_BYTES: usize = NONCE_BYTES + 16;
/// Characters in a name (features 1.1); a longer one is refused at save.
pub const NAME_CHARS_MAX: usize = 120;
/// A manifest is a page of text; a larger one is refused before it is parsed, so a hostile one costs nothing.
pub const MANIFEST_BYTES_MAX: usize = 256 * 1024;
/// Mapped fields of one activation: above this a platform's own row limits are long passed; refused at save.
pub const MAPPED_FIELDS_MAX: usize = 500;
/// Fields of a composite key (features 3.5); refused at save.
pub const KEY_FIELDS_MAX: usize = 4;
/// Shortest schedule interval (features 8); refused at save.
pub const INTERVAL_SECONDS_MIN: u64 = 60;
