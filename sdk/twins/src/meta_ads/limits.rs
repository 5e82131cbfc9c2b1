//! The vendor's limits, each with where it is written. "(inferred)" is not in the vendor's own words: the twin takes the stricter
//! reading, so that what passes here passes there. The names of sources are explained in the module's first paragraphs.

/// People of one request of `users`, `usersreplace` and `usersofanyaudience` (*Guide*: "a maximum of 10000 at a time").
pub const PEOPLE_MAX: usize = 10_000;

/// Samples of invalid entries in one answer (*Guide*: "Up to 100 samples").
pub const SAMPLES_MAX: usize = 100;

/// Seconds from a session's first batch on in which others are taken (*Guide*: 90 minutes).
pub const SESSION_S: i64 = 90 * 60;

/// Customer-file audiences of one ad account (*Guide*, its questions and answers: 500).
pub const AUDIENCES_MAX: usize = 500;

/// Days that somebody may stay in an audience (inferred).
pub const RETENTION_DAYS_MAX: u64 = 180;

/// Objects of a page when `limit` is not said, and at most (both inferred; *Guide* names no maximum).
pub const PAGE_DEFAULT: usize = 25;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 1_000;

/// Events of one request (*Using the API*; (inferred) in the notes).
pub const EVENTS_MAX: usize = 1_000;

/// Seconds after which an event is too old (*Server event*: 7 days).
pub const EVENT_AGE_S: i64 = 7 * 86_400;

/// The same of one in a shop, `physical_store` (*Offline events*: 62 days; (inferred) in the notes).
pub const STORE_EVENT_AGE_S: i64 = 62 * 86_400;

/// Seconds in which events of one name and one id count once (*Deduplicate*: 48 hours).
pub const DUPLICATE_S: i64 = 48 * 3_600;

/// Seconds of the window in which calls are counted (*Rate limiting*: one hour), by ad account.
pub const QUOTA_S: u64 = 3_600;

/// Calls to the custom audiences of an ad account with limited access: `5000 + 40 × audiences`, at most 700,000 (*Rate limiting*).
pub const QUOTA_LIMITED: (u64, u64) = (5_000, 700_000);

/// The same with full access: `190000 + 40 × audiences` (*Rate limiting*); no cap is written for it.
pub const QUOTA_FULL: u64 = 190_000;

/// What one audience adds to either (*Rate limiting*).
pub const QUOTA_OF_AUDIENCE: u64 = 40;

/// Seconds for which a user's exchanged token lives: "about 60 days" (inferred).
pub const USER_TOKEN_S: i64 = 60 * 86_400;

/// Seconds for which a proof that is signed with a time holds (inferred).
pub const PROOF_S: i64 = 5 * 60;
