//! Opening the store: one process per state folder, durable settings, the schema up to date, leases of the dead process freed.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};

use jiff::Timestamp;
use sluice_catalog::{
    clock::Clock,
    ids::WorkspaceId,
    seal::{DataKey, MasterKey},
};
use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    entropy::Entropy,
    error::StoreError,
    limits::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, LOCK_PATIENCE, LOCK_TRY_EVERY, READ_CONNECTIONS_MAX},
    master::make_private_dir,
    migrate,
};

/// The open store. Cheap to clone; the last clone that goes frees the state folder.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// One connection: SQLite has one writer, and waiting in a queue is fair where busy-waiting is not.
    pub(crate) write: SqlitePool,
    pub(crate) read: SqlitePool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<Entropy>,
    pub(crate) master: MasterKey,
    pub(crate) keys: Mutex<HashMap<WorkspaceId, Arc<DataKey>>>,
    pub(crate) dir: PathBuf,
    /// Held for its lock; the operating system drops it with the process, however that ends.
    _lock: File,
}

impl Store {
    /// Opens (or makes) the store in `state_dir`, with randomness from the operating system.
    ///
    /// * Errors: `state-in-use` when another process has it, `state-version` when it needs newer code, `disk-full`, `state-io`,
    ///   `seal-broken` when a workspace's key does not open with `master`.
    pub async fn open(state_dir: &Path, master: MasterKey, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(state_dir, master, clock, Arc::new(Entropy::system())).await
    }

    /// [`Store::open`] with the caller's randomness, for tests and simulations.
    pub async fn open_with(
        state_dir: &Path,
        master: MasterKey,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
    ) -> Result<Self, StoreError> {
        make_private_dir(state_dir).map_err(StoreError::io("the state folder"))?;
        let lock = lock(state_dir).await?;
        let options = SqliteConnectOptions::new()
            .filename(state_dir.join("sluice.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = |max: u32| {
            SqlitePoolOptions::new().max_connections(max).acquire_timeout(ACQUIRE_TIMEOUT).idle_timeout(None).max_lifetime(None)
        };
        // On a full disk a commit fails, SQLite rolls back by itself, and the library still counts a transaction: such a connection would
        // refuse every later one. It is closed, and another opened.
        let whole = pool(1).before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        let write = whole.connect_with(options.clone()).await?;
        migrate::migrate(&write).await?;
        // Not `read_only`: a WAL reader must be able to make the shared-memory file. The code sends only SELECTs here.
        let read = pool(READ_CONNECTIONS_MAX).connect_with(options.pragma("query_only", "ON")).await?;
        let inner = Inner { write, read, clock, entropy, master, keys: Mutex::default(), dir: state_dir.to_owned(), _lock: lock };
        let store = Self { inner: Arc::new(inner) };
        store.check_master_key().await?;
        store.free_dead_leases().await?;
        store.forget_unfinished_requests().await?;
        Ok(store)
    }

    /// The folder that everything of this installation lives in; other rooms keep their files beside the database.
    pub fn state_dir(&self) -> &Path {
        &self.inner.dir
    }

    /// The store's randomness, shared with the rooms above.
    pub fn entropy(&self) -> &Arc<Entropy> {
        &self.inner.entropy
    }

    /// The store's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Now, by the store's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Closes the connections and waits for it. Without it (a kill, a drop) nothing is lost; the next open replays the log.
    pub async fn close(&self) {
        self.inner.read.close().await;
        self.inner.write.close().await;
    }

    /// Lets the database grow no further, so that tests see a full disk.
    #[doc(hidden)]
    pub async fn limit_pages_for_tests(&self) {
        // Smaller than the file is: SQLite takes the present size.
        sqlx::query("PRAGMA max_page_count = 1").execute(&self.inner.write).await.expect("a pragma that always works");
    }

    pub(crate) fn read(&self) -> &SqlitePool {
        &self.inner.read
    }

    /// A write transaction. There is one writer, so it never meets another's lock and never has to be repeated.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.inner.write.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// A process that is being replaced, or that started another one at the moment of its end, keeps the lock a little longer than its
/// work: so it is tried for [`LOCK_PATIENCE`].
async fn lock(state_dir: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(state_dir.join("lock"))
        .map_err(StoreError::io("the lock file"))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_PATIENCE => tokio::time::sleep(LOCK_TRY_EVERY).await,
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUseByProcess),
            Err(TryLockError::Error(e)) => return Err(StoreError::io("the lock file")(e)),
        }
    }
}
