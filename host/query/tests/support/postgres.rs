//! A PostgreSQL server of our own: made in a temporary folder from the installed binaries, reached by its socket, gone with the value.
//! Tables of models in it, and a warehouse that tells what their columns are.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use sluice_catalog::{columnar::SOURCE_TYPE, source, types::DataType};
use sluice_query::{Engine, Opened, QueryError, Settings, Source, Table, Warehouse};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(crate) struct Server {
    dir: TempDir,
    process: Child,
    pub(crate) client: Client,
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
        // Texts must not depend on it, and hostile ones are most dangerous without it.
        start.args(["-c", "standard_conforming_strings=off", "-c", "escape_string_warning=off", "-c", "TimeZone=Asia/Kathmandu"]);
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let process = start.stderr(log).spawn().unwrap();
        let mut config = tokio_postgres::Config::new();
        config.host_path(dir.path()).user("owner").dbname("postgres");
        let started = Instant::now();
        let client = loop {
            match config.connect(NoTls).await {
                Ok((client, driver)) => {
                    tokio::spawn(driver);
                    break client;
                }
                Err(error) => {
                    assert!(started.elapsed() < Duration::from_secs(60), "the server does not start: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        Some(Self { dir, process, client })
    }

    /// The rows of a statement as texts; an error also when it is more than one statement.
    pub(crate) async fn rows(&self, statement: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let said = |error: tokio_postgres::Error| error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
        self.client.prepare(statement).await.map_err(said)?;
        let messages = self.client.simple_query(statement).await.map_err(said)?;
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        Ok(messages.iter().filter_map(row).collect())
    }

    /// The first column of a statement's rows as numbers.
    pub(crate) async fn numbers(&self, statement: &str) -> Result<Vec<i64>, String> {
        let rows = self.rows(statement).await?;
        Ok(rows.into_iter().map(|row| row[0].as_ref().unwrap().parse().unwrap()).collect())
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

/// The server's type of a column for each of ours, and how the host reads it.
pub(crate) fn column_type(ty: DataType) -> (String, Arrow) {
    match ty {
        DataType::Boolean => ("bool".into(), Arrow::Boolean),
        DataType::Integer => ("int8".into(), Arrow::Int64),
        DataType::Float => ("float8".into(), Arrow::Float64),
        DataType::Date => ("date".into(), Arrow::Date32),
        DataType::Timestamp => ("timestamp".into(), Arrow::Timestamp(TimeUnit::Microsecond, None)),
        DataType::Decimal { precision, scale } => {
            (format!("numeric({precision},{scale})"), Arrow::Decimal128(precision, scale.try_into().unwrap()))
        }
        _ => ("text".into(), Arrow::Utf8),
    }
}

/// A column as a warehouse tells it.
pub(crate) fn column(name: &str, source_type: &str, ty: Arrow) -> ArrowField {
    ArrowField::new(name, ty, true).with_metadata(HashMap::from([(SOURCE_TYPE.into(), source_type.into())]))
}

/// Tables by the statement that asks for all of their columns. It gives no rows: what is read from it is not evaluated in process.
#[derive(Debug, Default)]
pub(crate) struct Told(pub(crate) BTreeMap<String, SchemaRef>);

impl Told {
    pub(crate) fn table(mut self, from: &str, columns: Vec<ArrowField>) -> Self {
        self.0.insert(format!("SELECT * FROM {from}"), Arc::new(Schema::new(columns)));
        self
    }

    pub(crate) fn open(self, engine: &Engine, zone: &str) -> Source {
        let mut declared = super::support::declared(Path::new("/"), zone, ',');
        declared.kind = source::Kind::Files(source::Files { path: "/".into(), delimiter: ',' });
        Source::behind(engine, &declared, Arc::new(self)).unwrap()
    }
}

pub(crate) fn engine(dir: &Path) -> Engine {
    Engine::new(Settings { partitions: 2, ..Settings::new(dir.join("spill")) }).unwrap()
}

impl Warehouse for Told {
    fn tables(&self) -> BoxFuture<'_, Result<Vec<Table>, QueryError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn open(&self, statement: String) -> BoxFuture<'_, Result<Opened, QueryError>> {
        let schema = self.0.get(&statement).cloned();
        async move {
            let why = || QueryError::Failed { why: format!("nothing is known of {statement}") };
            Ok(Opened { schema: schema.ok_or_else(why)?, rows: stream::empty().boxed() })
        }
        .boxed()
    }
}
