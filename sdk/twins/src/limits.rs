//! Every limit of the twins themselves (a vendor's own limits live in the vendor's folder), each with why and what
//! happens at the edge. A twin is a test instrument: at an edge it forgets the oldest and says how much it forgot.

/// Bytes of one request body that a twin reads: four times the largest vendor limit, so that "too large" is the vendor's
/// answer and not ours. Above it the twin answers 413 and closes the connection.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Requests kept in the log: the largest end-to-end test sends some 20,000. The oldest entry is forgotten and counted.
pub const LOG_REQUESTS_MAX: usize = 100_000;

/// Bytes of request bodies kept in the log, so that a million rows fit a small machine. The oldest bodies are forgotten;
/// their entries stay.
pub const LOG_BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Warnings kept: one defect of a client tends to repeat. The oldest is forgotten and counted.
pub const WARNINGS_MAX: usize = 10_000;

/// Ledger entries kept in memory: four runs of a million rows. The oldest is forgotten and counted; the file keeps all.
pub const LEDGER_ENTRIES_MAX: usize = 4_000_000;

/// Events kept in a twin's state: two runs of a million. The oldest is forgotten and counted.
pub const EVENTS_MAX: usize = 2_000_000;

/// Requests remembered per profile as having touched it. The oldest is forgotten.
pub const TOUCHES_MAX: usize = 1_000;

/// Faults armed at once; more is a test that lost count. Arming one more is refused.
pub const FAULTS_MAX: usize = 1_000;

/// Requests whose effect is put off by a late fault. One more is applied at once.
pub const LATE_MAX: usize = 1_000;

/// Milliseconds that a hanging or slow answer may take: longer than any client's deadline. Longer ones are cut to this.
pub const WAIT_MS_MAX: u64 = 300_000;

/// Seconds a stopping twin waits for answers under way; then it lets go of them.
pub const STOP_GRACE_S: u64 = 5;
