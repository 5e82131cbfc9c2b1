//! The limits of reading and planning, each with its reason and what happens at the edge.

/// Rows of a batch: what fits a processor's cache at a few columns, and what the rooms above are told to expect. Longer batches are cut.
pub const BATCH_ROWS_MAX: usize = 8_192;
/// Memory that sorts, groups and joins of all queries of a process may hold together, as far as they need it; above it they spill to
/// disk, and what cannot spill (the smaller side of a join) fails with `source-query-failed`. A segment over 25 million related rows
/// did not fit into 64 MB. Reading itself needs some 30 MB more.
pub const MEMORY_BYTES: usize = 384 * 1024 * 1024;
/// Disk that spilled data may take; above it the query fails and nothing was sent.
pub const SPILL_BYTES_MAX: u64 = 20 * 1024 * 1024 * 1024;
/// What a sort keeps aside to merge its spilled parts: the engine's own 10 MB would
/// leave little where many sorts share [`MEMORY_BYTES`].
pub const SORT_RESERVE_BYTES: usize = 4 * 1024 * 1024;
/// Files of one table: above this, opening them one by one takes longer than a run may wait. The table is refused.
pub const TABLE_FILES_MAX: usize = 10_000;
/// Entries of a source's folder that are looked at; the rest is reported and not read.
pub const FOLDER_ENTRIES_MAX: usize = 100_000;
/// Rows of a CSV file that are read to guess its types: enough for rare values, still well under a second. A value that fits no more
/// fails the query with its row, and the field's declared type settles it.
pub const CSV_SAMPLE_ROWS: usize = 10_000;
/// Bytes of a CSV file's sample, so that one endless row cannot fill the memory: the types are guessed from the rows that end within
/// it, and a file whose first row does not is refused as damaged.
pub const CSV_SAMPLE_BYTES: u64 = 64 * 1024 * 1024;
/// Duplicated keys that a key report shows (features 3.6).
pub const KEY_SAMPLES_MAX: usize = 20;
/// Rows that a preview shows at most; a larger wish is cut.
pub const SAMPLE_ROWS_MAX: usize = 100;
/// Values of a field that a breakdown shows; the rest is one number (features 5.8).
pub const BREAKDOWN_VALUES_SHOWN: usize = 20;
/// Different values of one field that a breakdown counts: what is called categorical has a few dozen. More are refused.
pub const BREAKDOWN_VALUES_MAX: usize = 10_000;
/// Related rows that an explanation shows of each condition: enough to recognise them.
pub const MATCHED_ROWS_SHOWN: usize = 5;
/// Share of duplicated keys, and of rows without a key, from which on a model is refused: exactly five in a hundred is too high
/// (features 3.6).
pub const BAD_KEY_PERCENT: u64 = 5;
/// Nesting of a model's SQL: deeper text is refused by the parser before it can exhaust the stack.
pub const SQL_DEPTH_MAX: usize = 50;
/// Width to which a model's SQL may fill a text up: more than any key or number is wide, and small beside a batch. More is refused.
pub const PAD_CHARS_MAX: u32 = 1_000;
/// Memory of a compiled pattern of a formula; the 500 characters of a pattern stay far below it unless they count repeats of repeats.
pub const PATTERN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Values of a categorical field that are offered as a list (features 3.9); a field with more is refused as categorical.
pub const CATEGORY_VALUES_MAX: usize = 1_000;
/// Rows whose fingerprints are kept to recognise a renamed column: enough to tell columns apart, few enough to be read in a moment.
pub const DRIFT_SAMPLE_ROWS: usize = 200;
/// Same values in so many of a hundred sampled rows make a column a likely successor.
pub const SUGGESTED_PERCENT: u8 = 90;
/// Rows of which a check of a semantic type looks at the values (features 3.4): enough to see what one in a hundred has, and a numbering
/// plan is asked about them all in a moment.
pub const SEMANTIC_ROWS_MAX: usize = 2_000;
