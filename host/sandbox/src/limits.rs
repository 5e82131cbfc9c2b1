//! The sandbox's limits, each with its reason and what happens at the edge.
//!
//! The constants bound the room itself; [`Limits`] is what one run is allowed, chosen by the caller.

use std::time::Duration;

/// A component file. The largest honest one today (a Python connector) has 18 MB; a larger file is refused before it is parsed.
pub const COMPONENT_BYTES_MAX: usize = 32 << 20;
/// Compiled code of one component, about ten times its wasm; a larger cache file is not read but compiled anew.
pub const COMPILED_BYTES_MAX: u64 = 512 << 20;
/// Files in the cache of compiled code: a few versions of every connector. The oldest are removed when one more is written.
pub const CACHE_FILES_MAX: usize = 512;
/// Address space of one memory slot and so the largest `Limits::memory_bytes`; a component that declares more is refused at compile.
pub const MEMORY_SLOT_BYTES: usize = 256 << 20;
/// Elements of one table slot and so the largest `Limits::table_elements`: QuickJS needs about 4,000. More is refused at compile.
pub const TABLE_SLOT_ELEMENTS: usize = 20_000;
/// Core modules inside one component: the connector, wit-component's shim and its fix-up, and room for a few more. Refused at compile.
pub const CORE_INSTANCES_PER_COMPONENT: u32 = 8;
/// Tables inside one component: the connector's and the shim's, and two more. Refused at compile.
pub const TABLES_PER_COMPONENT: u32 = 4;
/// Memories inside one component: one, so that the memory limit is one number. Refused at compile.
pub const MEMORIES_PER_COMPONENT: u32 = 1;
/// Bytes of a freed memory slot that are zeroed by hand instead of given back: below this zeroing is cheaper than page faults, above
/// it a thousand idle slots would hold memory for nothing.
pub const MEMORY_KEEP_RESIDENT_BYTES: usize = 64 << 10;
/// The same for tables; a connector's table has some hundred entries of 8 bytes.
pub const TABLE_KEEP_RESIDENT_BYTES: usize = 8 << 10;
/// Freed slots that stay warm for the component that used them last, so that the next instance starts without page faults.
pub const WARM_SLOTS_MAX: u32 = 64;
/// Live resource handles of one store; the contract has no resources, so a guest that makes them is ended early.
pub const HANDLES_MAX: usize = 256;
/// Stack of a guest's own frames: deep enough for recursive JSON printing, small enough to end a runaway recursion in microseconds.
pub const GUEST_STACK_BYTES: usize = 1 << 20;
/// Stack of a guest thread: the guest's megabyte, and room for host functions on top of it. Only touched pages cost memory.
pub const THREAD_STACK_BYTES: usize = 3 << 20;
/// How often the epoch moves while a guest runs: a stop comes at most this late, and a tick costs one atomic add.
pub const TICK: Duration = Duration::from_millis(10);
/// A guest thread without work ends after this time, so that a quiet host holds no threads.
pub const THREAD_IDLE: Duration = Duration::from_secs(10);
/// Calls that wait for a guest thread; one more is refused with `connector-no-room` instead of making the queue longer.
pub const CALLS_WAITING_MAX: usize = 8_192;
/// Characters of a guest's text (trap, log line, error) that are kept; the rest is cut and counted.
pub const GUEST_TEXT_CHARS_MAX: usize = 2_048;
/// Characters of a code, a platform's code, a field and an attribute's name in a reply: the longest name that a platform lets a field have.
/// The rest is cut.
pub const GUEST_WORD_CHARS_MAX: usize = 255;
/// Attributes of a reason, of a receipt and of what `finish` tells; connectors give one or two. Further ones are left out.
pub const GUEST_ATTRS_MAX: usize = 64;
/// One message through a [`crate::SocketDoor`]: the largest answer a request may ask for and its envelope. A longer frame ends the door.
pub const FRAME_BYTES_MAX: usize = 96 << 20;
/// Questions that one served door answers at the same time; one more is refused, the guest is ended.
pub const DOOR_ASKS_MAX: usize = 512;
/// How long a socket door waits for an answer after the call's deadline: the other side has its own deadline and needs time to say so.
pub const DOOR_GRACE: Duration = Duration::from_secs(2);

/// What the instances of one run may use. `per_call` counts anew for each call, `per_run` over all instances and calls of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of one instance. At the edge: `connector-memory-limit`.
    pub memory_bytes: usize,
    /// Elements of one table. At the edge: `connector-table-limit`.
    pub table_elements: usize,
    /// CPU time of the guest's thread in one call. At the edge: `connector-cpu-limit`, at most one tick late.
    pub cpu_per_call: Duration,
    /// The same for the start functions of an instance.
    pub cpu_per_instantiation: Duration,
    /// The same over the whole run.
    pub cpu_per_run: Duration,
    /// Wall time that the guest's own code may take, as a multiple of its CPU budget; waiting at the door is left out. At the edge:
    /// `connector-wall-limit`, the sign of a machine that is far too busy.
    pub wall_per_cpu: u32,
    /// The same as a time, for components that ask for less; the shorter of the two counts.
    pub wall_per_call: Duration,
    /// Calls from the guest to the host in one call. At the edge: `connector-host-call-limit`.
    pub host_calls_per_call: u32,
    /// The same over the whole run.
    pub host_calls_per_run: u64,
    /// Requests in one call, all `send` and `send-all` together. At the edge: `connector-host-call-limit`.
    pub requests_per_call: u32,
    /// Requests of one `send-all` under way at the same time; a larger wish is lowered to this.
    pub requests_in_flight: u32,
    /// Bytes that cross from the guest in one host call or in one reply, checked before anything is allocated for them. At the
    /// edge: `connector-host-call-limit`.
    pub copied_bytes_per_crossing: usize,
    /// The same over the whole run, of replies what is kept of them; log lines have a budget of their own.
    pub copied_bytes_per_run: u64,
    /// Log lines of the run. At the edge: further lines are dropped, said once and counted.
    pub log_lines_per_run: u64,
    /// Log text of the run in bytes; the same edge.
    pub log_bytes_per_run: u64,
}

impl Default for Limits {
    /// For a run of up to a hundred thousand rows; see [`Limits::for_rows`].
    ///
    /// A batch of 200 rows takes an honest Rust connector well under a millisecond and an interpreted one about twenty, so a second
    /// per call is generous and still short enough that a hostile one costs little.
    fn default() -> Self {
        Self {
            memory_bytes: 128 << 20,
            table_elements: 10_000,
            cpu_per_call: Duration::from_secs(1),
            cpu_per_instantiation: Duration::from_millis(500),
            cpu_per_run: Duration::from_secs(60),
            wall_per_cpu: 10,
            wall_per_call: Duration::MAX,
            host_calls_per_call: 10_000,
            host_calls_per_run: 1_000_000,
            requests_per_call: 1_000,
            requests_in_flight: 16,
            copied_bytes_per_crossing: 48 << 20,
            copied_bytes_per_run: 4 << 30,
            log_lines_per_run: 10_000,
            log_bytes_per_run: 4 << 20,
        }
    }
}

impl Limits {
    /// The budgets per run raised for a run of `rows` rows: 200 µs of CPU, ten host calls and 16 KiB a row beyond the first hundred
    /// thousand, all far above what an interpreted connector needs.
    pub fn for_rows(mut self, rows: u64) -> Self {
        let more = rows.saturating_sub(100_000);
        self.cpu_per_run = self.cpu_per_run.saturating_add(Duration::from_micros(more.saturating_mul(200)));
        self.host_calls_per_run = self.host_calls_per_run.saturating_add(more.saturating_mul(10));
        self.copied_bytes_per_run = self.copied_bytes_per_run.saturating_add(more.saturating_mul(16 << 10));
        self
    }
}
