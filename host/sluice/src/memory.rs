//! How the process keeps the memory that it has freed: in few pools, so that its size does not grow from run to run.
//!
//! The GNU allocator makes up to eight pools a processor, and memory freed in one is of no use to the others. A run's reading,
//! comparing and sending take place on many threads that come and go, so what each of them once needed stayed with the process: 221
//! MiB over the idle host after five million rows where one pool for two processors keeps 117.

#![allow(unsafe_code, reason = "the allocator is set by a call of the C library, and no crate offers it as a safe one")]

/// To be called before the first thread starts. A setting of the environment (`MALLOC_ARENA_MAX`) is left alone.
#[cfg(target_env = "gnu")]
pub(crate) fn in_few_pools() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let pools = i32::try_from(processors / 2).unwrap_or(i32::MAX).max(1);
    // SAFETY: `mallopt` takes two numbers and changes nothing but the allocator's settings; no other thread runs yet. What it returns
    // says whether it knew the setting, and without it the process is only larger.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, pools) };
}

/// Other C libraries have one pool.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn in_few_pools() {}
