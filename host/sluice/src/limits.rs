//! The command line's limits, each with its reason and what happens at the edge.

use std::time::Duration;

/// How long a command waits for a connection: a server that is there answers at once; then `api-unreachable`.
pub const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a command waits for an answer: an `apply` checks the keys of every model, which may read large sources; then
/// `api-unreachable`.
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(600);
/// A stream of events that says nothing for so long is opened again: the server says that it is alive every 15 s.
pub const EVENTS_QUIET_MAX: Duration = Duration::from_secs(60);
/// Streams of events that break one after the other before a command gives up with `api-unreachable`: a server that restarts is back
/// within this many seconds. The run goes on without the command.
pub const EVENTS_TRIES_MAX: u32 = 15;
/// Bytes of one event: a run with fifty reasons has some 30 kB; more is not our server's.
pub const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one workspace file; what is larger was not written by a person: `bundle-invalid`.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Files of one `apply`; more is most likely a wrong folder: `bundle-invalid`.
pub const FILES_MAX: usize = 1_000;
/// Depth of folders below the one named: `bundle-invalid` beyond, which also ends a circle of links.
pub const FOLDERS_DEEP_MAX: usize = 16;
/// Nesting of a value in a file: a condition nests 10 groups deep, each two levels of YAML: `bundle-invalid` beyond.
pub const NESTING_MAX: usize = 64;
/// Values of one file, those of its aliases counted: forty times what a large workspace has, so that a small file of nested aliases
/// cannot fill the memory: `bundle-invalid` beyond.
pub const NODES_MAX: usize = 200_000;
/// Objects listed to find one by its name; a workspace with more needs ids on the command line.
pub const NAMES_LOOKED_AT_MAX: usize = 10_000;
/// Rows of one page asked from the server, its own maximum.
pub const PAGE_ROWS: usize = 500;
/// Characters of a sample request that a person is shown: a few of its rows; the JSON form has it whole.
pub const SAMPLE_CHARS_MAX: usize = 600;
/// Connections of the API at once: twice the events streams that there may be. Each costs a file and some buffers, and a process has
/// 1,024 files on most systems; one more waits in the system's queue until another has ended.
pub const CONNECTIONS_MAX: usize = 512;
/// How long a connection may take until the headers of its next request are there: slow lines need a second. Then it is closed, so that
/// places are not held by clients that say nothing.
pub const HEADERS_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long no connection is taken after the system refused one, most likely for want of files: some will have ended by then.
pub const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long requests that are under way may take when the server stops; then their connections are cut.
pub const STOP_WAIT_MAX: Duration = Duration::from_secs(3);
/// How often it is seen whether a person has consented.
pub const CONNECT_LOOK: Duration = Duration::from_secs(1);
/// How long a consent is waited for: as long as its link is good.
pub const CONNECT_WAIT: Duration = Duration::from_secs(600);
