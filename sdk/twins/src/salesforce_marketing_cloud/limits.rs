//! The vendor's limits, each with the part of the notes that it stands in; "(inferred)" where the notes say so or say nothing.

/// Rows of one asynchronous request (*Global rate limits*: "asynchronous 32,000 objects (hard)").
pub const ASYNC_ROWS_MAX: usize = 32_000;

/// Bytes of a body. 5 MB is documented of the synchronous rowset, and inferred of the asynchronous one.
pub const BODY_BYTES_MAX: usize = 5_000_000;

/// Rows, and columns of a row, that a synchronous request should have at most (*Endpoint B*). More are warned of.
pub const SYNC_ROWS_GOOD: usize = 50;

/// Rows of a page of results that does not ask for another number (*Endpoint A*: "Default page size 50").
pub const PAGE_ROWS: usize = 50;

/// Rows of a page of rows read back, at most (*Remote segment*, inferred there). More are cut to this.
pub const READ_PAGE_ROWS_MAX: usize = 2_500;

/// Characters of an external key above which the vendor advises otherwise (*Identifiers*).
pub const KEY_CHARS_GOOD: usize = 36;

/// Characters of a `Text` column at most; of an address when its column does not say (inferred).
pub const TEXT_CHARS_MAX: u32 = 4_000;

/// Characters of an `EmailAddress` at most (inferred).
pub const EMAIL_CHARS_MAX: u32 = 254;

/// Characters of a `Phone` at most (inferred).
pub const PHONE_CHARS_MAX: u32 = 50;

/// Digits of a `Decimal` at most (inferred).
pub const DECIMAL_DIGITS_MAX: u32 = 38;

/// Seconds that an access token lives (*Auth*: "about 1,080 s (inferred)").
pub const TOKEN_LIVES_S: u32 = 1_080;

/// Seconds in which a client should ask for one token (*Auth*: "at most 1 token request per 20 minutes").
pub const TOKEN_WINDOW_S: u64 = 1_200;

/// Calls in a minute, when rates are enforced (*Global rate limits*: support's rule of thumb, a third party's statement).
pub const CALLS_A_MINUTE: u64 = 2_500;

/// Seconds that results are kept after a job has ended (*Quirks*: "24 h (inferred)").
pub const RESULTS_KEPT_S: i64 = 86_400;

/// Access tokens that the twin remembers. The oldest is forgotten, which is as if it had been revoked.
pub const TOKENS_MAX: usize = 10_000;

/// Jobs that the twin remembers. The oldest that has ended is forgotten, which is as if it had expired.
pub const JOBS_MAX: usize = 10_000;
