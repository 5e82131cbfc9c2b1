//! The allocator, and how it keeps memory that was freed.
//!
//! A run's reading, comparing and sending take place on many threads, and what one has made another frees. The GNU allocator either
//! keeps a pool for each thread, and the process grows from run to run, or one for all, and a quarter of a small batch's time went
//! into waiting for it. jemalloc keeps a pool for each processor and a little aside for each thread.

/// Everything but what C libraries ask for themselves.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const CONF: &[u8; 73] = b"percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0,tcache_max:8192\0";

/// Read by jemalloc at its start. Freed pages go back within a second; blocks above 8 KiB are not kept aside for a thread. The variable
/// `_RJEM_MALLOC_CONF` of the environment goes before it.
#[allow(unsafe_code, reason = "the name is jemalloc's, which looks for this text and nothing else under it")]
#[unsafe(export_name = "_rjem_malloc_conf")]
pub(crate) static SETTINGS: &[u8; CONF.len()] = CONF;

#[cfg(test)]
mod tests {
    #[test]
    fn the_settings_are_found() {
        // jemalloc's own is 32768.
        assert_eq!(tikv_jemalloc_ctl::opt::tcache_max::read(), Ok(8192));
    }
}
