//! The API's limits, each with its reason and what happens at the edge.

use std::time::Duration;

/// A JSON body: a bundle of a few hundred objects fits; larger is `api-body-too-large`.
pub const JSON_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A component: ten times the largest Rust connector, room for JavaScript and Python ones; larger is `api-body-too-large`.
pub const COMPONENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Characters in an Idempotency-Key; longer is `api-invalid`.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Objects in one bundle: more are a programme's output, which can send several; refused with `api-invalid`.
pub const BUNDLE_OBJECTS_MAX: usize = 2_000;
/// Rows of a preview's sample.
pub const SAMPLE_ROWS_MAX: u32 = 100;
/// Rows of a preview's sample when the caller does not say.
pub const SAMPLE_ROWS_DEFAULT: u32 = 10;
/// How often an events stream looks at its run: what a person sees as live.
pub const EVENTS_EVERY: Duration = Duration::from_millis(500);
/// How often an events stream says that it is alive, below the idle limits of usual proxies.
pub const EVENTS_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// An events stream ends after this, and the client opens a new one; so none outlives a revoked key for long.
pub const EVENTS_LIFE_MAX: Duration = Duration::from_secs(600);
/// Questions to sources and platforms at once (previews, key checks, discoveries, tests): each may use a core and memory for sorting.
pub const QUESTIONS_AT_ONCE: usize = 4;
/// Questions that wait for their turn; one more is `api-busy`.
pub const QUESTIONS_WAITING_MAX: usize = 32;
/// How long a question waits for its turn before `api-busy`.
pub const QUESTION_WAIT_MAX: Duration = Duration::from_secs(30);
/// Events streams at once; one more is `api-busy`. Each holds a connection and reads its run twice a second.
pub const EVENTS_STREAMS_MAX: usize = 256;
/// What `Retry-After` says beside `api-busy`, in seconds.
pub const BUSY_RETRY_AFTER_SECONDS: u64 = 5;
/// How many days before its end a consent is told to end soon: a week holds a working day for everybody.
pub const CONSENT_WARNING_DAYS: i64 = 7;
