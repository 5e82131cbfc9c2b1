//! The store's limits, each with its reason and what happens at the edge.

use std::time::Duration;

/// Rows in one page of any list; a larger wish is cut to this, so no list is unbounded.
pub const PAGE_ROWS_MAX: u32 = 500;
/// Rows in a page when the caller does not say.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// Journal entries in one append (design section 9: groups of up to 64 batches, with room for intents beside outcomes); more is a
/// defect of the caller and refused, since one statement must stay under SQLite's 32,766 parameters.
pub const JOURNAL_ENTRIES_MAX: usize = 4_096;
/// Journal entries in one statement: three parameters each stay far below SQLite's 32,766.
pub const STATEMENT_ROWS_MAX: usize = 2_000;
/// Egress records in one row (some 300 bytes each): what one append of a run brings fits, and a page reads few that it does not show.
pub const EGRESS_GROUP_MAX: usize = 128;
/// How long a statement waits for another connection's write lock; after it, `store-unavailable`.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that only read. SQLite readers do not block the writer (WAL); more would only share two cores.
pub const READ_CONNECTIONS_MAX: u32 = 4;
/// How long a caller waits for a connection before `store-unavailable`.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// A secret of an API key: 256 random bits, so that one plain SHA-256 is enough at rest.
pub const API_KEY_SECRET_BYTES: usize = 32;
/// How often "last used" of an API key is written; more often would turn every read into a write.
pub const LAST_USED_STEP: Duration = Duration::from_secs(60);
/// How long an Idempotency-Key is remembered; afterwards the same key is a new request.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(24 * 3600);
/// A credential value (a PEM key fits); larger is refused.
pub const CREDENTIAL_BYTES_MAX: usize = 64 * 1024;
/// Rows removed per statement by retention, so that a purge never holds the write lock for long.
pub const PURGE_ROWS: u32 = 5_000;
/// How long a state folder that another process has is waited for; after it, `state-in-use`.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// How often it is tried meanwhile.
pub const LOCK_TRY_EVERY: Duration = Duration::from_millis(50);
/// A fact about a model: a thousand values of some text each fit well. A larger one is refused, and the question is asked again.
pub const FACT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Computations of statistics that are kept of a segment: two years of nights; older ones go.
pub const STATISTICS_KEPT: u32 = 730;
