//! The gate's limits, each with its reason and what happens at the edge.

use std::time::Duration;

/// Bytes of a URL. Servers refuse longer request lines (8 to 16 KiB is common); refused as `egress-url-refused`.
pub const URL_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a path in a line of the egress ledger; the rest is cut, since the ledger is read by people.
pub const RECORD_PATH_BYTES_MAX: usize = 512;
/// Headers of a request; nobody needs more, and servers refuse more. `egress-header-refused`.
pub const REQUEST_HEADERS_MAX: usize = 64;
/// Bytes of all header names and values of a request. `egress-header-refused`.
pub const REQUEST_HEADER_BYTES_MAX: usize = 32 * 1024;
/// Bytes of a request body held in memory; larger ones go through the spool. `egress-request-too-large`.
pub const REQUEST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Headers of an answer. hyper refuses more while parsing; the answer is lost (`egress-cut`, sent).
pub const ANSWER_HEADERS_MAX: usize = 128;
/// Bytes of all header names and values of an answer. `egress-answer-too-large`, sent.
pub const ANSWER_HEADER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an answer's decoded body given as bytes, whatever the request asks for; beyond it the body is cut and `truncated`.
pub const ANSWER_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Bytes of the answers of one `send_all` that are in memory together, headers included: the component has 128 MiB to take them into, and
/// a body that grows while it is read may hold twice its size for a moment. `egress-answer-too-large`; what has not left does not leave.
pub const ANSWERS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Decoded bytes for each compressed byte. Deflate's ceiling is 1,032; repetitive JSON stays below 100. `egress-answer-too-large`.
pub const GZIP_RATIO_MAX: u64 = 300;
/// Entries of an archive that is unpacked; exports have one, or one for each few thousand rows. `egress-answer-too-large`.
pub const ZIP_ENTRIES_MAX: usize = 10_000;
/// Bytes that may be read to find an archive's list of entries, which is then in memory. `egress-answer-too-large`.
pub const ZIP_DIRECTORY_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Blocks of an archive's plain bytes that wait to be taken: the unpacking is not ahead of the disk.
pub const UNPACKED_BLOCKS_MAX: usize = 2;
/// Below so many decoded bytes the ratio is not looked at: small answers of equal rows compress without bounds.
pub const GZIP_RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// From lookup to the end of the TLS handshake. Beyond it the platform counts as unreachable (`egress-connect-failed`, not sent).
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// From the hand-over of a request to the head of its answer, beside the upload time of large bodies. `egress-timeout`, sent.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(90);
/// Slowest upload that [`HEAD_TIME_MAX`] is lengthened for, in bytes a second.
pub const UPLOAD_BYTES_PER_SECOND_MIN: u64 = 64 * 1024;
/// Silence in the middle of an answer. `egress-timeout`, sent.
pub const BODY_SILENCE_MAX: Duration = Duration::from_secs(30);
/// After so long a body must have kept [`ANSWER_BYTES_PER_SECOND_MIN`] on average, so that one-byte chunks do not hold a socket.
pub const BODY_RATE_FREE: Duration = Duration::from_secs(30);
/// See [`BODY_RATE_FREE`].
pub const ANSWER_BYTES_PER_SECOND_MIN: u64 = 128;
/// A whole request with its answer, whatever the caller's deadline.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(15 * 60);
/// Attempts at a request of which nothing left the host (refused, reset before the first byte).
pub const CONNECT_TRIES_MAX: u32 = 2;
/// Pause before the second attempt to connect.
pub const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Attempts at a request with `effect = read` that is answered by 429 or 503.
pub const READ_TRIES_MAX: u32 = 3;
/// Pause before such an attempt when the answer does not name one; doubled each time.
pub const READ_PAUSE: Duration = Duration::from_secs(1);
/// How long such an attempt waits for its turn at the buckets, beside its pause; beyond it the component gets the refusal itself, and
/// the run waits outside of the call.
pub const READ_TURN_MAX: Duration = Duration::from_secs(10);
/// Requests of one `send_all` under way at once; a larger wish is lowered.
pub const IN_FLIGHT_MAX: u32 = 64;
/// Idle connections kept for each host; more are closed.
pub const IDLE_CONNECTIONS_MAX: usize = 64;
/// How long an idle connection is kept. Below the 60 s after which common load balancers close, so that few die under a request.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(50);
/// Addresses taken from one lookup; the rest is not looked at.
pub const ADDRESSES_MAX: usize = 32;
/// Links remembered for one task; later ones are not, and requests to them are refused.
pub const LINKS_MAX: usize = 1_000;
/// Answers larger than this are not searched for links.
pub const LINK_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Shortest secret that is searched for in answers: shorter ones would blacken ordinary text.
pub const SCRUB_BYTES_MIN: usize = 4;
/// A token request with its answer, whatever the caller's deadline: platforms answer within a second. `egress-timeout`, and asked again.
pub const TOKEN_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of a token's answer; they are a few thousand with the longest tokens. `dest-protocol`.
pub const TOKEN_ANSWER_BYTES_MAX: u32 = 64 * 1024;
/// Letters of what a token endpoint said that a person is shown.
pub const TOKEN_ANSWER_SHOWN_MAX: usize = 300;
/// How long before its end a token is renewed, at most: a request that was written with it has arrived by then.
pub const TOKEN_MARGIN_MAX: Duration = Duration::from_secs(60);
/// How long nobody asks again where a platform refused: a person has to do something first, and some platforms lock who asks too often.
pub const TOKEN_REFUSED_HOLD: Duration = Duration::from_secs(60);
/// How long nobody asks again after an outage, and the least wait after a 429.
pub const TOKEN_WAIT: Duration = Duration::from_secs(1);
/// How long a token that was got because of a 401 is not renewed for the same reason: the platform means something else by it.
pub const TOKEN_RENEWED_PAUSE: Duration = Duration::from_secs(60);
/// Times that one request waits for a token as long as the platform wants (429).
pub const TOKEN_WAITS_MAX: u32 = 3;
/// Tokens that answers of one run are scrubbed of, the newest: a token of an hour is echoed by nobody eight hours later.
pub const TOKENS_SCRUBBED_MAX: usize = 8;
/// Longest wait that a vendor's header can impose on a bucket; a lying header costs no more than this.
pub const PACE_HOLD_MAX: Duration = Duration::from_secs(3600);
/// First wait after a 429 that names none; doubled by each further one up to [`PACE_BACKOFF_MAX`].
pub const PACE_BACKOFF: Duration = Duration::from_secs(1);
/// See [`PACE_BACKOFF`].
pub const PACE_BACKOFF_MAX: Duration = Duration::from_secs(60);
/// Time without a 429 after which a lowered bucket gets a sixteenth of its rate back.
pub const PACE_RAISE_EVERY: Duration = Duration::from_secs(5);
/// Objects that get buckets of their own for one `scope = object`; further ones share one.
pub const PACE_OBJECTS_MAX: usize = 1_024;
/// Spools of one run, each an open file and at most one block in memory; the next `create` is refused.
pub const SPOOLS_MAX: usize = 256;
/// Bytes of all spools of one run; the next `append` is refused.
pub const SPOOL_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes of one `read` of a spool; a larger wish is lowered.
pub const SPOOL_READ_BYTES_MAX: u32 = 4 * 1024 * 1024;
/// Plain bytes sealed together: one disk write, and the memory that an open spool holds.
pub const SPOOL_BLOCK_BYTES: usize = 64 * 1024;
/// Server connections of one piece of work (a run, a question) at once: more than a plan has tables. One more is refused.
pub const SQL_SESSIONS_MAX: usize = 32;
/// Idle connections kept for the next statement of the same piece of work.
pub const SQL_IDLE_MAX: usize = 4;
/// Bytes of values after which a batch ends early, so that wide rows cost no more memory than narrow ones.
pub const SQL_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one value; a larger one ends the statement (`source-query-failed`), since no platform takes it.
pub const SQL_VALUE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a statement: several times the longest model. Refused.
pub const SQL_STATEMENT_BYTES_MAX: usize = 1024 * 1024;
/// How long the server's own end of a statement is waited for beyond its time limit before the connection counts as dead.
pub const SQL_GRACE: Duration = Duration::from_secs(30);
/// A cancel request and its connection, which nobody waits for longer. Through a bastion it signs on to two servers first.
pub const SQL_CANCEL_TIME_MAX: Duration = Duration::from_secs(15);
/// Packets of a bastion, of at most 32 KiB each, that wait for a statement's reader; with more, the bastion's socket is held up.
pub const SSH_BUFFERED_PACKETS_MAX: usize = 32;
/// A bastion that said nothing for so long is asked for a sign of life: shorter than the memory of most firewalls.
pub const SSH_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Unanswered questions after which a bastion counts as gone, a minute after its last word (`source-interrupted`).
pub const SSH_KEEP_ALIVES_UNANSWERED_MAX: usize = 3;
/// Rounds of the passphrase of a key: `ssh-keygen` makes 16 to 24 unless asked for more, and each takes milliseconds. Refused.
pub const SSH_KEY_ROUNDS_MAX: u32 = 1_000;
