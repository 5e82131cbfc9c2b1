//! The vendor's limits, each with where it is written. "(inferred)" is not in the vendor's own words: the twin takes the stricter
//! reading, so that what passes here passes there. The names of sources are explained in the module's first paragraphs.

use crate::rates::Rate;

/// Inputs of one batch call (*Synchronize objects*: "Max 100 inputs per batch call"); the same for associations (inferred).
pub const BATCH_INPUTS_MAX: usize = 100;

/// Bytes of a request body before 413 (*Errors* has the status; the number is inferred).
pub const BODY_BYTES_MAX: usize = 8_000_000;

/// Bytes of a path and its query before 414 (the number is inferred).
pub const URI_BYTES_MAX: usize = 8_192;

/// Characters of a text among the properties (*Attributes*, inferred there).
pub const TEXT_CHARS_MAX: usize = 65_536;

/// Characters of a property's name (inferred).
pub const PROPERTY_NAME_CHARS_MAX: usize = 100;

/// Record ids of one change of a list's members: "Max ids per call: 100,000" (*Lists*, inferred there).
pub const MEMBERS_CHANGE_MAX: usize = 100_000;
/// Above so many the twin warns: "use ≤10,000" (*Lists*).
pub const MEMBERS_CHANGE_ADVISED: usize = 10_000;

/// Members of a list that can be emptied: "only under 100,000 members" (*Lists*).
pub const MEMBERS_CLEAR_BELOW: usize = 100_000;

/// Members of a page, at most: `limit=250` (*Remote segment*).
pub const MEMBERS_PAGE_MAX: usize = 250;
/// The same when not said (inferred).
pub const MEMBERS_PAGE_DEFAULT: usize = 100;

/// Lists of one search: `"count":500` (*Lists*).
pub const LISTS_SEARCH_MAX: usize = 500;
/// The same when not said (inferred).
pub const LISTS_SEARCH_DEFAULT: usize = 20;

/// Seconds that an access token lives: `"expires_in":1800` (*Auth*, inferred there).
pub const ACCESS_TOKEN_S: i64 = 1_800;

/// Seconds that an authorization code lives (inferred).
pub const CODE_S: i64 = 300;

/// Seconds that a 477 asks to wait (*Errors*: it has a `Retry-After`, "up to 24 h"; the twin's is short).
pub const MIGRATION_RETRY_AFTER_S: u64 = 60;

/// Seconds of the window that bursts are counted in (*Global rate limits*).
pub const BURST_S: u64 = 10;

/// Requests of an OAuth app in a burst, for each account (*Global rate limits*: "110 requests/10 s", inferred there).
pub const OAUTH_BURST: Rate = (110, BURST_S);

/// Searches of an account (*Global rate limits*: "about 5/s", inferred there).
pub const SEARCHES: Rate = (5, 1);
