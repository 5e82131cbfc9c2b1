//! The engine: one wasmtime configuration, one pool of instance slots, one set of guest threads and one epoch ticker per process.
//!
//! What a component may be made of is decided here: Cranelift only, no threads, no second memory, no 64-bit memory, no garbage
//! collector, no exceptions, no tail calls, no asynchronous component model, deterministic floats. Everything else a guest may do is
//! bounded per run ([`crate::Limits`]).

use std::sync::{Arc, Mutex};

use wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy, WasmFeatures,
    component::{HasSelf, Linker},
};

use crate::{
    bindings::{DestinationConnector, source},
    guest::Guest,
    limits::{
        CORE_INSTANCES_PER_COMPONENT, GUEST_STACK_BYTES, MEMORIES_PER_COMPONENT, MEMORY_KEEP_RESIDENT_BYTES, MEMORY_SLOT_BYTES,
        TABLE_KEEP_RESIDENT_BYTES, TABLE_SLOT_ELEMENTS, TABLES_PER_COMPONENT, WARM_SLOTS_MAX,
    },
    program::{CodeCache, Known},
};

pub(crate) mod ticker;
pub(crate) mod workers;

use ticker::Ticker;
use workers::Workers;

/// How large the engine is.
pub struct EngineOptions {
    /// Instances alive at the same time, over all runs. One more is refused with `connector-no-room`. Address space, not memory, is
    /// reserved: 4 GiB each.
    pub instances_max: u32,
    /// Guest threads, and so calls under way at the same time; more calls wait. A thread that waits for a platform costs about 20 KiB.
    pub threads_max: usize,
    /// Where compiled code is kept between starts; `None` compiles each component once per process.
    pub cache: Option<CodeCache>,
}

impl Default for EngineOptions {
    /// 1,024 instances, 256 threads, no cache.
    fn default() -> Self {
        Self { instances_max: 1_024, threads_max: 256, cache: None }
    }
}

/// The engine cannot work on this machine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The runtime refuses the configuration, or the address space for the pool is not there.
    #[error("the WebAssembly runtime does not start: {cause}")]
    Runtime {
        /// What the runtime says.
        cause: String,
    },
    /// The ticker has no thread.
    #[error("no thread for the epoch ticker")]
    Thread(#[from] std::io::Error),
}

/// Slots of the pool that are in use now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolUse {
    /// Component instances.
    pub instances: u64,
    /// Core instances inside of them.
    pub core_instances: u64,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Guest threads that run a call, and calls that wait for one.
    pub calls: usize,
}

/// Compiles, keeps and runs components. Cheap to clone; the last clone waits for calls under way and ends the threads.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// In the order of the fields everything ends: first the guest threads, which need the ticker to end their guests.
pub(crate) struct Inner {
    pub(crate) workers: Workers,
    pub(crate) ticker: Ticker,
    pub(crate) linker: Linker<Guest>,
    /// The same with connections, which are for sources alone.
    pub(crate) source_linker: Linker<Guest>,
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) cache: Option<CodeCache>,
    pub(crate) known: Mutex<Known>,
}

impl Engine {
    /// Reserves the pool and starts the ticker. No guest thread starts before it is needed.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let failed = |error: wasmtime::Error| EngineError::Runtime { cause: format!("{error:#}") };
        let wasm = wasmtime::Engine::new(&config(options.instances_max)).map_err(failed)?;
        let mut linker = Linker::new(&wasm);
        DestinationConnector::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest).map_err(failed)?;
        let mut source_linker = linker.clone();
        source::sluice::connector::sql::add_to_linker::<_, HasSelf<Guest>>(&mut source_linker, |guest| guest).map_err(failed)?;
        Ok(Self(Arc::new(Inner {
            workers: Workers::new(options.threads_max),
            ticker: Ticker::start(&wasm)?,
            linker,
            source_linker,
            wasm,
            cache: options.cache,
            known: Mutex::default(),
        })))
    }

    /// What is in use now; all zero when no instance lives and no call runs.
    pub fn pool_use(&self) -> PoolUse {
        let calls = self.0.workers.busy();
        self.0.wasm.pooling_allocator_metrics().map_or(PoolUse { calls, ..PoolUse::default() }, |pool| PoolUse {
            instances: pool.component_instances(),
            core_instances: pool.core_instances(),
            memories: pool.memories(),
            tables: pool.tables(),
            calls,
        })
    }
}

/// Features of the language that a component may not use. Each is one more thing to bound or to trust, and no connector toolchain of
/// the contract needs one. A component that uses one is refused at compile.
const REFUSED: [WasmFeatures; 12] = [
    WasmFeatures::MEMORY64,
    WasmFeatures::MULTI_MEMORY,
    WasmFeatures::THREADS,
    WasmFeatures::SHARED_EVERYTHING_THREADS,
    WasmFeatures::GC,
    WasmFeatures::EXCEPTIONS,
    WasmFeatures::FUNCTION_REFERENCES,
    WasmFeatures::TAIL_CALL,
    WasmFeatures::RELAXED_SIMD,
    WasmFeatures::CUSTOM_PAGE_SIZES,
    WasmFeatures::STACK_SWITCHING,
    WasmFeatures::CM_ASYNC,
];

fn config(instances_max: u32) -> Config {
    let instances_max = instances_max.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances_max)
        // Three of the eight are usual; those that use more meet `connector-no-room` earlier.
        .total_core_instances(instances_max.saturating_mul(4))
        .total_memories(instances_max)
        .total_tables(instances_max.saturating_mul(3))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memory_size(MEMORY_SLOT_BYTES)
        .table_elements(TABLE_SLOT_ELEMENTS)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT_BYTES)
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES)
        .max_unused_warm_slots(WARM_SLOTS_MAX);
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // The bits of a NaN differ between processors; with this, the same arguments give the same answers everywhere.
        .cranelift_nan_canonicalization(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .concurrency_support(false);
    for feature in REFUSED {
        config.wasm_features(feature, false);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every feature is asserted off, the asynchronous component model first of all; taking one out of the list fails here.
    #[test]
    fn the_engine_runs_without_async_and_without_the_features_that_widen_the_sandbox() {
        let engine = wasmtime::Engine::new(&config(4)).expect("a small pool");
        let on = engine.get_wasm_features();
        assert!(!engine.get_concurrency_support());
        assert!(engine.get_epoch_interruption());
        for off in [
            WasmFeatures::CM_ASYNC,
            WasmFeatures::CM_ASYNC_STACKFUL,
            WasmFeatures::CM_MORE_ASYNC_BUILTINS,
            WasmFeatures::CM_THREADING,
            WasmFeatures::CM_ERROR_CONTEXT,
            WasmFeatures::CM_GC,
            WasmFeatures::CM64,
            WasmFeatures::MEMORY64,
            WasmFeatures::MULTI_MEMORY,
            WasmFeatures::THREADS,
            WasmFeatures::SHARED_EVERYTHING_THREADS,
            WasmFeatures::GC,
            WasmFeatures::GC_TYPES,
            WasmFeatures::EXCEPTIONS,
            WasmFeatures::LEGACY_EXCEPTIONS,
            WasmFeatures::TAIL_CALL,
            WasmFeatures::FUNCTION_REFERENCES,
            WasmFeatures::RELAXED_SIMD,
            WasmFeatures::STACK_SWITCHING,
            WasmFeatures::CUSTOM_PAGE_SIZES,
            WasmFeatures::WIDE_ARITHMETIC,
        ] {
            assert!(!on.intersects(off), "{off:?}");
        }
    }
}
