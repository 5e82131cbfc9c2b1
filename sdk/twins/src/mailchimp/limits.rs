//! The vendor's limits, each with the part of the notes where it is written. "(inferred)" is not in the vendor's own words: the
//! twin takes the stricter reading, so that what passes here passes there. No limit of a body's bytes is known, so there is none.

/// Members of one batch, and addresses in each of a segment's two lists (*Step 1*, *Step 2*).
pub const ROWS_MAX: usize = 500;

/// Operations of one batch job (*Global rate limits*).
pub const OPERATIONS_MAX: usize = 1_000;

/// Batch jobs that may wait or run at once (*Global rate limits*).
pub const JOBS_OPEN_MAX: usize = 500;

/// Connections at once, over all applications of a user; one more is 429 (*Global rate limits*).
pub const CONNECTIONS_MAX: usize = 10;

/// Items of one page, at most and when not said (*Remote segment*; for other lists inferred).
pub const PAGE_MAX: usize = 1_000;
/// See [`PAGE_MAX`].
pub const PAGE_DEFAULT: usize = 10;

/// Characters of a merge tag (*Step 1*).
pub const TAG_CHARS_MAX: usize = 10;

/// Bytes of a text in a merge field (*Attributes*, inferred).
pub const TEXT_BYTES_MAX: usize = 255;

/// Merge fields of one audience: "30 to 80 by plan" (*Attributes*, inferred), so the fewest.
pub const MERGE_FIELDS_MAX: usize = 30;

/// Bytes of an answer from which on the notes speak of "megabyte answers" (*Step 2*): a good client asks for fewer fields.
pub const ANSWER_BYTES_GOOD: usize = 1_000_000;
