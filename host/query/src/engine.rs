//! The embedded engine: one per process, with one memory pool and one spill folder for all its queries.
//!
//! Each query gets a session of its own that knows nothing but the tables registered in it: no catalogs of other queries, no table
//! functions, no information schema, no functions whose answer differs from call to call, and none whose answer has no bound.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::{
    execution::{
        SessionState, SessionStateBuilder,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    logical_expr::execution_props::ExecutionProps,
    prelude::SessionConfig,
};
use jiff::Timestamp;
use sluice_catalog::Code;

use crate::{QueryError, error::classify, limits, lookups::Lookups, sql::UNBOUNDED};

/// What the engine may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Folder for intermediate results; made when missing. They are removed with the query.
    pub spill_dir: PathBuf,
    /// Memory of all sorts, groups and joins together.
    pub memory_bytes: usize,
    /// Disk for intermediate results.
    pub spill_bytes_max: u64,
    /// Threads' worth of work per query: the machine's cores.
    pub partitions: usize,
    /// The folder that is no source, nor anything in it or around it: where the host keeps what is everybody's.
    pub private: Option<PathBuf>,
}

impl Settings {
    /// The limits of [`crate::limits`], and as many partitions as the machine has cores; no folder is private.
    pub fn new(spill_dir: impl Into<PathBuf>) -> Self {
        Self {
            spill_dir: spill_dir.into(),
            memory_bytes: limits::MEMORY_BYTES,
            spill_bytes_max: limits::SPILL_BYTES_MAX,
            partitions: std::thread::available_parallelism().map_or(1, usize::from),
            private: None,
        }
    }
}

/// The embedded engine. Cheap to clone; clones share memory and spill limits.
#[derive(Debug, Clone)]
pub struct Engine {
    runtime: Arc<RuntimeEnv>,
    partitions: usize,
    private: Option<Arc<Path>>,
}

impl Engine {
    /// An engine within `settings`. Errors: [`QueryError::SpillFailed`] when the spill folder cannot be made.
    pub fn new(settings: Settings) -> Result<Self, QueryError> {
        std::fs::create_dir_all(&settings.spill_dir).map_err(|e| QueryError::SpillFailed(Code::of_io(e.kind())))?;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![settings.spill_dir]))
            .with_max_temp_directory_size(settings.spill_bytes_max);
        let runtime = RuntimeEnvBuilder::new()
            .with_disk_manager_builder(disk)
            .with_memory_pool(Arc::new(FairSpillPool::new(settings.memory_bytes)))
            .with_metadata_cache_limit(8 * 1024 * 1024)
            // Files may be replaced between two runs: nothing about a listing is remembered.
            .with_object_list_cache_limit(0)
            .with_file_statistics_cache_limit(0)
            .build_arc()
            .map_err(|error| classify(&error, "spill"))?;
        Ok(Self { runtime, partitions: settings.partitions.max(1), private: settings.private.map(Arc::from) })
    }

    /// The folder that no source may touch.
    pub(crate) fn private(&self) -> Option<Arc<Path>> {
        self.private.clone()
    }

    /// A session in which SQL's `now()` is `now`.
    pub(crate) fn session(&self, now: Timestamp) -> SessionState {
        let mut config = SessionConfig::new()
            .with_batch_size(limits::BATCH_ROWS_MAX)
            .with_target_partitions(self.partitions)
            .with_information_schema(false)
            .with_collect_statistics(false)
            .with_sort_spill_reservation_bytes(limits::SORT_RESERVE_BYTES);
        let options = config.options_mut();
        // What is held of a join are keys: one copy of them, and the other side goes past as it comes.
        options.optimizer.repartition_joins = false;
        // The columns of a filter are read first, the others of rows that satisfy it alone.
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        options.execution.enable_recursive_ctes = false;
        options.execution.time_zone = Some("UTC".into());
        options.sql_parser.map_string_types_to_utf8view = false;
        let now = chrono::DateTime::from_timestamp_micros(now.as_microsecond()).unwrap_or(chrono::DateTime::UNIX_EPOCH);
        let mut builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_default_features()
            .with_optimizer_rule(Arc::new(Lookups))
            .with_execution_props(ExecutionProps::new().with_query_execution_start_time(now));
        // A table function reads what no one registered, a volatile one makes a member come and go by chance, and one without a bound
        // takes memory that the pool does not know of.
        *builder.table_functions() = Some(HashMap::new());
        if let Some(functions) = builder.scalar_functions() {
            functions.retain(|function| {
                function.signature().volatility != datafusion::logical_expr::Volatility::Volatile
                    && !UNBOUNDED.contains(&function.name())
            });
        }
        builder.build()
    }
}
