//! The limits of a run, each with its reason and what happens at the edge.

use std::time::Duration;

/// Batches whose intent is made durable in one write. After a crash so many batches at most are of unknown outcome; a larger window
/// saves writes and widens that doubt.
pub const WINDOW_BATCHES: usize = 64;
/// Longest time that an outcome waits in memory for company before it is written (design section 9).
pub const JOURNAL_WAIT_MAX: Duration = Duration::from_millis(100);
/// Batches that land before the delivery is woken, when enough others wait to be sent: waking it costs as much as a small batch. What
/// lands alone waits no longer than [`LANDED_LOOK`].
pub const LANDED_TOGETHER: usize = 16;
/// How often the delivery looks for what has landed when nobody wakes it.
pub const LANDED_LOOK: Duration = Duration::from_millis(20);
/// Shortest wait before a platform is asked what became of a batch, whatever the ticket says: a connector cannot make the host spin.
pub const POLL_WAIT_MIN: Duration = Duration::from_millis(100);
/// Longest time that a platform may work on a batch by itself, whatever the ticket says; then its rows are unknown. The next run of the
/// activation has to wait as long.
pub const VENDOR_WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// A run whose platform wants to be asked later than this is laid down and taken up again, so that it holds no worker meanwhile.
pub const AWAIT_HERE_MAX: Duration = Duration::from_secs(5);
/// Bytes of a ticket's token, which the journal and the memory of the run hold; a longer one breaks the contract.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Bytes of one of the platform's own ids; a longer one is not kept, and the log says so: it is no id, and every row would carry it.
pub const REMOTE_ID_BYTES_MAX: usize = 1_024;
/// Rows whose ids are in memory at once while a run is settled.
pub const REMOTE_ID_WINDOW_ROWS: u64 = 1 << 16;
/// Batches that wait for their platform at once, each with a token in memory; then the round is finished and asked after before more is
/// sent.
pub const WAITING_BATCHES_MAX: usize = 10_000;
/// Polls of a batch in a row in which the component fails; then its rows are unknown.
pub const BROKEN_POLLS_MAX: u32 = 5;
/// A lane without a batch gives its guest thread back after this time.
pub const LANE_IDLE: Duration = Duration::from_secs(1);
/// Sends of a row within one run; then it is carried to the next (features 7.7).
pub const ATTEMPTS_MAX: u32 = 5;
/// First wait before a row is sent again; doubled each time, with jitter.
pub const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// Longest wait between two sends of a row.
pub const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// Batches in a row that fail without an answer for their rows, after which the run stops (features 7.7): a platform that is down is
/// not helped by more requests.
pub const FAILURES_IN_A_ROW_MAX: u32 = 20;
/// Traps in a row after which the run stops: a component that crashes on everything is broken, not the rows.
pub const TRAPS_IN_A_ROW_MAX: u32 = 40;
/// Longest time that throttling may hold a run up; then the rest is carried.
pub const THROTTLED_MAX: Duration = Duration::from_secs(60 * 60);
/// Deadline of one call into a connector, host calls and pacing included.
pub const CALL_DEADLINE: Duration = Duration::from_secs(120);
/// Polls of one `later` ticket before the call counts as failed, whatever the ticket's own `give-up-after`.
pub const POLLS_MAX: u32 = 10_000;
/// Rows sent before the share of refused rows may hold a run (features 7.9).
pub const REJECTED_SHARE_AFTER_ROWS: u64 = 1_000;
/// A lease lives this long without renewal; a crashed worker's run is taken over after it.
pub const LEASE_TTL: Duration = Duration::from_secs(30);
/// Renewal comes well before the end, so that one missed renewal is no loss.
pub const LEASE_RENEW: Duration = Duration::from_secs(10);
/// Runs at once in one process: each holds up to a partition of rows in memory.
pub const RUNS_AT_ONCE: usize = 4;
/// How often the scheduler looks for due activations when nobody wakes it.
pub const SCHEDULER_TICK: Duration = Duration::from_secs(1);
/// Share of duplicate or null keys, in percent, at which a run fails before it sends anything (features 3.6).
pub const BAD_KEYS_PERCENT_FAIL: u64 = 5;
/// Sample payloads of a dry run (features 7.1).
pub const DRY_RUN_PAYLOADS: usize = 10;
/// How long the rows of an ended run can be looked at (features 9.3: 90 days for those that did not arrive). After it their change set,
/// journal and egress lines are removed; counts and reasons stay.
pub const RECORDS_KEPT_DAYS: i64 = 90;
/// How often what is too old is looked for.
pub const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(3600);
/// Longest time that a preview or a look at keys before saving may take: three statements of a database, each with its usual ten minutes.
/// Then it is given up as `source-timeout`, so that no question holds its place for ever.
pub const QUESTION_TIME_MAX: Duration = Duration::from_secs(30 * 60);
/// Rows of one page of records.
pub const RECORDS_PAGE_MAX: usize = 500;
/// Models and segments that one condition may reach: each is a read of the store and perhaps a scan. Above it the segment is refused.
pub const REACHED_OBJECTS_MAX: usize = 500;
/// Segments of an overlap (features 5.9): one has none, and more than five have more parts than people compare. Refused.
pub const OVERLAP_SEGMENTS_MIN: usize = 2;
/// See [`OVERLAP_SEGMENTS_MIN`].
pub const OVERLAP_SEGMENTS_MAX: usize = 5;
/// Fields of one breakdown: what is looked at side by side. Refused.
pub const BREAKDOWN_FIELDS_MAX: usize = 10;
/// The hour of the workspace's clock after which the statistics of a night are computed: when few people wait for a warehouse.
pub const STATISTICS_HOUR: i8 = 3;
/// Hashes in a sealed block of a member list: 64 KB, so that a list of any length is read and written in little memory.
pub const MEMBER_BLOCK_HASHES: usize = 4_096;
/// How long it is kept when somebody left a segment: two years, as long as people look back.
pub const MEMBER_STAYS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(731 * 24);
/// Pages of a source's list of tables: at 200 a page more than a person looks through; the rest is not listed.
pub const DISCOVER_PAGES_MAX: usize = 100;
/// Rows of a batch that a source's connection is asked for: the query room's own size.
pub const SOURCE_BATCH_ROWS: usize = sluice_query::limits::BATCH_ROWS_MAX;
/// Hours between two looks at a model's source, its key and its values: scans of a warehouse cost money (features 3.6).
pub const FACTS_EVERY_HOURS: i64 = 24;
/// Fields of which fingerprints are kept to recognise a renamed column: with 200 rows some hundred kilobytes. More are not compared by value.
pub const SAMPLED_FIELDS_MAX: usize = 100;
/// How often it is looked for remote segments that are due.
pub const REMOTE_TICK: Duration = Duration::from_secs(60);
/// A reading of less than so much of what was there before is not taken for true, in percent (features 5.10).
pub const REMOTE_SHRUNK_PERCENT: u64 = 50;
/// Readings of a remote segment that are remembered.
pub const REMOTE_REFRESHES_KEPT: usize = 30;
/// Members of which a masked sample may be shown: the first ones.
pub const REMOTE_LABELS_MAX: usize = 10_000;
/// Members in a sample.
pub const REMOTE_SAMPLES_MAX: usize = 5;
/// Members of a remote segment that are read at most; a larger segment is refused as `remote-partial`.
pub const MEMBERS_MAX: u64 = 20_000_000;
/// Pages of a remote segment that are read at most: a platform that never comes to an end is left.
pub const MEMBERS_PAGES_MAX: u32 = 1_000_000;
/// Members of one page, which are in memory at once; a larger page breaks the contract.
pub const MEMBERS_PAGE_ROWS_MAX: u32 = 100_000;
/// How often one page is asked for again where the platform does not work or wants us to slow down.
pub const MEMBERS_TRIES_MAX: u32 = 5;
/// Longest wait before a page is asked for again, whatever the platform says; one that wants more time is `dest-rate-limited`.
pub const MEMBERS_WAIT_MAX: Duration = Duration::from_secs(5 * 60);
/// How long before the end of a component's call the host stops waiting for it at the gate: a tenth of what is left, this at most.
pub const ANSWER_GRACE: Duration = Duration::from_secs(1);
/// First look at an activation that the system has paused; each further one is twice as far away.
pub const PAUSE_CHECK_FIRST: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// Longest distance between two such looks.
pub const PAUSE_CHECK_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Between two rounds that see which looks are due: short, so that what was mended goes on soon.
pub const PAUSE_TICK: Duration = Duration::from_secs(5);
/// Runs running in which the platform refuses the credential before the activation is paused: a platform may stumble once.
pub const PAUSE_REFUSALS: u32 = 3;
/// How long a link to connect an account is good: long enough for a sign-on with a second factor.
pub const CONNECT_LINK_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
/// Links that are good at once; one more is `api-busy`.
pub const CONNECT_LINKS_MAX: usize = 1_000;
/// Things that a refused build of a connector asks for anew and that are told one by one; of more, the number is.
pub const WIDER_LINES_MAX: usize = 50;
