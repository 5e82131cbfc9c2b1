//! The ledger's limits, each with its reason and what happens at the edge.

/// Plain bytes of one sealed block: large enough that the cipher's set-up and the tag do not count, small enough that a damaged or
/// randomly read block costs a millisecond. A row never straddles two blocks.
pub const BLOCK_BYTES_MAX: usize = 1 << 20;
/// Canonical bytes of one row, key included: no platform takes a larger one, and it must fit a block. A longer row
/// is invalid (`too-large`).
pub const ROW_BYTES_MAX: usize = BLOCK_BYTES_MAX - 4096;
/// Canonical bytes of a key. Warehouses do not index longer ones; a longer key makes its row invalid (`too-long`).
pub const KEY_BYTES_MAX: usize = 8 * 1024;
/// Rows of a partition of a generation (design section 9): 5 to 10 MB. Above it every partition splits.
pub const PARTITION_ROWS_MAX: u64 = 1 << 18;
/// Bytes of a partition, which is put together in memory: rows with many field fingerprints split before [`PARTITION_ROWS_MAX`].
pub const PARTITION_BYTES_MAX: u64 = 16 << 20;
/// Bytes of incoming rows that are compared at once, in memory. Larger partitions of an intake are split before they are compared.
pub const INTAKE_PARTITION_BYTES_MAX: u64 = 24 << 20;
/// Bytes that a part of an intake shall have when the number of rows is known beforehand: what is compared at once is small however
/// many rows there are, and the buffers of some hundred parts are still written in one go.
pub const INTAKE_PARTITION_BYTES_AIM: u64 = 3 << 20;
/// Bytes of incoming rows, over all partitions, that wait in memory before they go to the spill file; an intake below it never
/// touches the disk.
pub const INTAKE_BUFFER_BYTES_MAX: usize = 16 << 20;
/// Smallest buffer of a spill partition: below it blocks become so small that their overhead counts.
pub const SPILL_BUFFER_BYTES_MIN: usize = 16 << 10;
/// Top bits of the key hash that an intake splits by when nothing is known about the source: 256 parts hold some six million rows of
/// 128 bytes in parts of [`INTAKE_PARTITION_BYTES_AIM`], and their buffers are still large enough to be written in one go.
pub const INTAKE_BITS_DEFAULT: u8 = 8;
/// Most bits to split by: 4,096 partitions of 2^18 rows are a billion rows. Beyond it partitions grow instead.
pub const BITS_MAX: u8 = 12;
/// Versions that may also be at the destination, besides the one last accepted (design section 9); then the row is held.
pub const MAYBE_MAX: usize = 4;
/// Days after which a carried row is given up (features 7.7).
pub const CARRIED_DAYS_MAX: i64 = 14;
/// Runs that may carry a row; the next one gives it up (features 7.7).
pub const CARRIED_RUNS_MAX: u32 = 5;
/// Days that keys of appended rows are kept at least after they left the source's look-back (design section 9).
pub const APPEND_KEEP_DAYS_MIN: i64 = 30;
/// Share of delta rows over base rows, in percent, above which a partition is compacted (design section 9).
pub const DELTA_PERCENT_MAX: u64 = 10;
/// Delta files of one partition: each is one more file to read per run. At the edge the partition is compacted.
pub const DELTA_FILES_MAX: usize = 16;
/// Blocks of a change set kept decoded per phase: batches in flight and retries read near each other.
pub const CACHED_BLOCKS_MAX: usize = 3;
/// Columns of a composite key (features 3.5).
pub const KEY_COLUMNS_MAX: usize = sluice_catalog::limits::KEY_FIELDS_MAX;
/// Canonical bytes of a row's identifiers together: five versions of them must fit a block. More makes the row invalid (`too-long`).
pub const IDENTIFIER_BYTES_MAX: usize = 128 << 10;
/// Fields of a layout, one more than can be mapped: the host may add an event id.
pub const FIELDS_MAX: usize = sluice_catalog::limits::MAPPED_FIELDS_MAX + 1;
