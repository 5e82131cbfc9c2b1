//! A PostgreSQL server of our own: made in a temporary folder from the installed binaries, reached by its socket, gone with the value.
//! The same server as a warehouse of the crate under test.

#![allow(dead_code)] // each test file uses its part

use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use arrow::{
    array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray},
    compute::CastOptions,
    datatypes::{DataType as Arrow, Field as ArrowField, Schema, SchemaRef, TimeUnit},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use sluice_catalog::{Code, columnar::SOURCE_TYPE, types::DataType};
use sluice_query::{Dialect, Engine, Opened, QueryError, Settings, Source, Table, Warehouse};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(crate) struct Server {
    dir: TempDir,
    process: Child,
    session: Session,
}

/// A connection to the server.
pub(crate) struct Session {
    pub(crate) client: Arc<Client>,
}

impl Deref for Server {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// The folder with `postgres` and `initdb`: of the newest version that a package installed, or of the path.
fn binaries() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let mut packaged: Vec<PathBuf> = packaged.filter(|bin| bin.join("initdb").is_file()).collect();
    packaged.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    packaged.pop().or_else(|| std::env::split_paths(&path).find(|dir| dir.join("initdb").is_file()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// The server refuses to run as root, so that root runs it as the user that its package made.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

impl Server {
    /// A server whose texts have no language, or a line that says what to install.
    #[allow(clippy::print_stdout, reason = "what was skipped")]
    pub(crate) async fn start() -> Option<Self> {
        let Some(bin) = binaries() else {
            println!("SKIPPED: there is no PostgreSQL server; install one (Debian: apt-get install postgresql-15)");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        if is_root() {
            run(Command::new("chown").arg("-R").arg("postgres").arg(dir.path()));
        }
        let data = dir.path().join("data");
        let mut make = command(&bin.join("initdb"));
        run(make.args(["-U", "owner", "--auth=trust", "-E", "UTF8", "--locale=C", "-N", "-D"]).arg(&data));
        let mut start = command(&bin.join("postgres"));
        start.arg("-D").arg(&data).arg("-k").arg(dir.path()).args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        // Small tables and long statements: compiling these takes the server longer than running them.
        start.args(["-c", "jit=off"]);
        // Texts must not depend on it, and hostile ones are most dangerous without it.
        start.args(["-c", "standard_conforming_strings=off", "-c", "escape_string_warning=off", "-c", "TimeZone=Asia/Kathmandu"]);
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let process = start.stderr(log).spawn().unwrap();
        let session = Session::open(dir.path()).await;
        Some(Self { dir, process, session })
    }

    /// Another connection, driven by the runtime at hand.
    pub(crate) async fn another(&self) -> Session {
        Session::open(self.dir.path()).await
    }
}

impl Session {
    /// Waits until the server has started.
    async fn open(socket: &Path) -> Self {
        let mut config = tokio_postgres::Config::new();
        config.host_path(socket).user("owner").dbname("postgres");
        let started = Instant::now();
        loop {
            match config.connect(NoTls).await {
                Ok((client, driver)) => {
                    tokio::spawn(driver);
                    return Self { client: Arc::new(client) };
                }
                Err(error) => {
                    assert!(started.elapsed() < Duration::from_secs(60), "the server does not start: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// The first column of a statement's rows as numbers; an error also when it is more than one statement.
    pub(crate) async fn numbers(&self, statement: &str) -> Result<Vec<i64>, String> {
        self.client.prepare(statement).await.map_err(|error| said(&error))?;
        let messages = self.client.simple_query(statement).await.map_err(|error| said(&error))?;
        let number = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap().parse().unwrap()),
            _ => None,
        };
        Ok(messages.iter().filter_map(number).collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An immediate shutdown, said to the server itself: what was started may be the program that changes the user.
        let pids = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pids.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
        let _ = self.process.wait();
    }
}

/// The server's name of the type that holds values of each of ours.
pub(crate) fn column_type(ty: DataType) -> String {
    match ty {
        DataType::Boolean => "bool".into(),
        DataType::Integer => "int8".into(),
        DataType::Float => "float8".into(),
        DataType::Date => "date".into(),
        DataType::Timestamp => "timestamp".into(),
        DataType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        _ => "text".into(),
    }
}

pub(crate) fn engine(dir: &Path) -> Engine {
    Engine::new(Settings { partitions: 2, ..Settings::new(dir.join("spill")) }).unwrap()
}

/// The server as a warehouse: statements are prepared and run on the one connection, and each that was run is remembered.
#[derive(Clone)]
pub(crate) struct Shop {
    client: Arc<Client>,
    dialect: Option<Dialect>,
    run: Arc<Mutex<Vec<String>>>,
}

impl Shop {
    pub(crate) fn new(server: &Session) -> Self {
        Self { client: Arc::clone(&server.client), dialect: Some(Dialect::Postgresql), run: Arc::default() }
    }

    /// One whose tables are read and which is asked nothing else.
    pub(crate) fn of_tables(server: &Session) -> Self {
        Self { dialect: None, ..Self::new(server) }
    }

    pub(crate) fn open(&self, engine: &Engine, zone: &str) -> Source {
        let declared = super::support::declared(Path::new("/"), zone, ',');
        Source::behind(engine, &declared, Arc::new(self.clone())).unwrap()
    }

    /// The statements that were run since the last time.
    pub(crate) fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.run.lock().unwrap())
    }
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").finish_non_exhaustive()
    }
}

fn refused(error: &tokio_postgres::Error) -> QueryError {
    QueryError::Warehouse { code: Code::SourceQueryFailed, cause: said(error) }
}

fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())
}

impl Warehouse for Shop {
    fn tables(&self) -> BoxFuture<'_, Result<Vec<Table>, QueryError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn open(&self, statement: String) -> BoxFuture<'_, Result<Opened, QueryError>> {
        async move {
            let prepared = self.client.prepare(&statement).await.map_err(|error| refused(&error))?;
            let schema = Arc::new(Schema::new(prepared.columns().iter().map(column).collect::<Vec<_>>()));
            let (this, wanted) = (self.clone(), Arc::clone(&schema));
            let rows = stream::once(async move {
                let messages = this.client.simple_query(&statement).await.map_err(|error| refused(&error))?;
                this.run.lock().unwrap().push(statement);
                Ok(batch(&messages, &wanted))
            });
            Ok(Opened { schema, dialect: self.dialect, rows: rows.boxed() })
        }
        .boxed()
    }
}

/// A column as the host's connection tells it.
fn column(column: &tokio_postgres::Column) -> ArrowField {
    let modifier = column.type_modifier();
    let (source_type, ty) = match column.type_().name() {
        "bool" => ("bool".to_owned(), Arrow::Boolean),
        name @ ("int2" | "int4" | "int8") => (name.to_owned(), Arrow::Int64),
        "float8" => ("float8".into(), Arrow::Float64),
        "date" => ("date".into(), Arrow::Date32),
        "timestamp" => ("timestamp".into(), Arrow::Timestamp(TimeUnit::Microsecond, None)),
        "timestamptz" => ("timestamptz".into(), Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        "numeric" if modifier >= 4 => {
            let (precision, scale) = ((modifier - 4) >> 16, (modifier - 4) & 0x7ff);
            let ty = Arrow::Decimal128(precision.try_into().unwrap(), scale.try_into().unwrap());
            (format!("numeric({precision},{scale})"), ty)
        }
        name => (name.to_owned(), Arrow::Utf8),
    };
    ArrowField::new(column.name(), ty, true).with_metadata(HashMap::from([(SOURCE_TYPE.into(), source_type)]))
}

/// Rows out of the server's texts, by the engine's own casts.
fn batch(messages: &[SimpleQueryMessage], schema: &SchemaRef) -> RecordBatch {
    let rows: Vec<_> =
        messages.iter().filter_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None }).collect();
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let texts: ArrayRef = match field.data_type() {
            Arrow::Boolean => {
                return Arc::new(rows.iter().map(|row| row.get(at).map(|text| text == "t")).collect::<BooleanArray>()) as ArrayRef;
            }
            _ => Arc::new(rows.iter().map(|row| row.get(at)).collect::<StringArray>()),
        };
        arrow::compute::cast_with_options(&texts, field.data_type(), &CastOptions { safe: false, ..CastOptions::default() })
            .unwrap()
    });
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options).unwrap()
}
