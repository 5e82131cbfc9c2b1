//! The kit's limits, each with its reason and what happens at the edge.

/// Most bytes of an answer that is kept in memory unless the request says otherwise: vendors' answers to a write are a few
/// kilobytes, and a proxy's error page must not fill the guest. A longer answer arrives cut and marked.
pub const ANSWER_BYTES_MAX: u32 = 1024 * 1024;
/// Characters of a platform's own words that travel in a reason; the rest is cut, so that one bad answer does not fill the journal.
pub const SAID_CHARS_MAX: usize = 300;
/// Requests of one `send_all` (design section 6: one write is at most 200 per-record requests). More is an error of the connector.
pub const SEND_ALL_MAX: usize = 200;
/// Milliseconds that an event may be later than the run that sends it: an hour. The only clock of a connector stands at the beginning of the
/// run, so what happened while the run read its rows is later than it; what is later than this has a wrong clock or a wrong time zone.
pub const AHEAD_MS_MAX: i64 = 3_600_000;
/// Times that a batch is sent without the rows that a refusal of the whole has named: platforms name all of them, or all of one kind. Of a
/// request that is refused for further ones the host makes smaller batches.
pub const SENDS_MAX: usize = 3;
/// Bytes of a request body where neither the manifest nor the connector says less: 4 MiB, the largest of the vendors' common limits.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Members of one page that is read from a spooled file: some hundred kilobytes of identifiers, well below what the host takes (100,000).
pub const MEMBERS_PAGE_ROWS: usize = 10_000;
/// Bytes of one member's line: no platform has longer identifiers. A longer line is a contract halt: the file is not a list of members.
pub const MEMBER_BYTES_MAX: usize = 4 * 1024;
