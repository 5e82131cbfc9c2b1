//! A source behind a connector, for one piece of work: the component says what to ask, the host's connection asks it, and the rows go
//! from there into the plan without passing through the component.

use std::{fmt, sync::Arc};

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture};
use serde::Deserialize;
use sluice_catalog::{
    Code,
    contract::{SourceRows, Task},
    ids::{SourceId, WorkspaceId},
    manifest::{Credential, Manifest},
    record::EgressRecord,
    seal::Secret,
    source::{Connector as Declared, Source},
    types::DataType,
};
use sluice_egress::{
    AppBuckets, Credentials, Pacer, Pass, Policy, Recorder, SystemResolver,
    sql::{About, Around, Sessions, SqlError},
};
use sluice_query::{Column, Dialect, Opened, QueryError, Table, Warehouse};
use sluice_sandbox::Session;
use sluice_store::{Connector, Store, Stored};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    call, declared,
    door::EgressDoor,
    error::RunError,
    host::Host,
    limits::{DISCOVER_PAGES_MAX, SOURCE_BATCH_ROWS},
    link,
    verdict::Why,
};

/// A source, which may not be saved yet, and secrets that are not saved yet either.
#[derive(Clone, Copy)]
pub struct SourceAt<'a> {
    /// Where its credentials are kept; none for one that is new.
    pub id: Option<SourceId>,
    /// What is declared.
    pub declared: &'a Source,
    /// Take the place of those that are kept.
    pub secrets: &'a [(String, Secret)],
}

impl<'a> SourceAt<'a> {
    /// One that is saved.
    pub fn stored(stored: &'a Stored<Source>) -> Self {
        Self { id: Some(stored.id), declared: &stored.value, secrets: &[] }
    }
}

/// A connector's source, opened for one piece of work.
pub(crate) struct Behind {
    session: Session,
    sql: Option<Sessions>,
    task: Task,
    stop: CancellationToken,
}

impl Host {
    /// The source as queries read it.
    pub(crate) async fn open_source(&self, ws: WorkspaceId, at: SourceAt<'_>) -> Result<sluice_query::Source, RunError> {
        Ok(match at.declared.connector() {
            None => sluice_query::Source::open(&self.0.query, at.declared).await?,
            Some(connector) => {
                let behind = self.behind(ws, at, connector).await?;
                sluice_query::Source::behind(&self.0.query, at.declared, Arc::new(behind))?
            }
        })
    }

    /// The component with its connection; nothing is dialled yet.
    pub(crate) async fn behind(&self, ws: WorkspaceId, at: SourceAt<'_>, source: &Declared) -> Result<Behind, RunError> {
        let store = self.store();
        let (connector, manifest) = declared::connector(store, ws, &source.id).await.map_err(in_source)?;
        let problems = source.validate(&manifest);
        if !problems.is_empty() {
            return Err(RunError::Problems(problems));
        }
        let mut secrets = match at.id {
            Some(id) => store.credentials(ws, id).await?,
            None => Vec::new(),
        };
        secrets.retain(|(name, _)| !at.secrets.iter().any(|(given, _)| given == name));
        secrets.extend(at.secrets.iter().map(|(name, secret)| (name.clone(), copy(secret))));
        let is_set = |needed: &Credential| secrets.iter().any(|(name, _)| *name == needed.name);
        if let Some(missing) = manifest.credentials.iter().find(|needed| !needed.optional && !is_set(needed)) {
            return Err(RunError::Said(Why::ours(Code::CredentialMissing, format!("`{}` is not set", missing.name))));
        }
        let recorder: Arc<dyn Recorder> = Arc::new(Ledger {
            store: store.clone(),
            workspace: ws,
            cause: at.id.map_or_else(|| ws.to_string(), |id| id.to_string()),
            tasks: self.0.tasks.clone(),
            runtime: tokio::runtime::Handle::current(),
        });
        let stop = CancellationToken::new();
        let sql = self.sessions(&manifest, source, &connector, &secrets, (&recorder, &stop))?;
        let session = self.session(ws, source, (&connector, &manifest), secrets, (recorder, sql.clone())).await?;
        let task = Task {
            service: String::new(),
            mode: String::new(),
            settings: source.settings.to_string(),
            options: "{}".into(),
            now_ms: store.now().as_millisecond().max(0).cast_unsigned(),
            keep: Vec::new(),
            attrs: Vec::new(),
        };
        Ok(Behind { session, sql, task, stop })
    }

    async fn session(
        &self,
        ws: WorkspaceId,
        source: &Declared,
        (connector, manifest): (&Connector, &Manifest),
        secrets: Vec<(String, Secret)>,
        (recorder, sql): (Arc<dyn Recorder>, Option<Sessions>),
    ) -> Result<Session, RunError> {
        let defect = |e: String| RunError::Defect(e);
        let policy = Policy::resolve(manifest, &sluice_catalog::destination::Grant::default(), &source.settings)
            .map_err(|e| RunError::Said(Why::ours(Code::SettingsInvalid, e.to_string())))?;
        let credentials =
            Credentials::bind(manifest, secrets).map_err(|e| RunError::Said(Why::ours(Code::CredentialMissing, e.to_string())))?;
        let pacer = Arc::new(Pacer::sharing(manifest, &AppBuckets::default()));
        let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, connector.digest.as_str(), recorder);
        let door = EgressDoor::new(pass, source.id.clone()).with_sql(sql);
        let component = self.store().component(ws, &connector.digest).await?;
        let engine = self.engine().clone();
        let program = tokio::task::spawn_blocking(move || engine.compile(&component))
            .await
            .map_err(|e| defect(e.to_string()))?
            .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        Ok(program.session(Arc::new(door), link::limits(manifest)))
    }

    /// The connection that the manifest declares; none for a source that is asked over HTTP.
    fn sessions(
        &self,
        manifest: &Manifest,
        source: &Declared,
        connector: &Connector,
        secrets: &[(String, Secret)],
        (recorder, stop): (&Arc<dyn Recorder>, &CancellationToken),
    ) -> Result<Option<Sessions>, RunError> {
        let Some(declared) = manifest.connections.first() else { return Ok(None) };
        let connection = source.connection(declared).map_err(|problem| RunError::Problems(vec![problem]))?;
        let of_it = secrets.iter().filter(|(name, _)| declared.credentials().any(|named| named == name));
        let secrets = of_it.map(|(name, secret)| (name.clone(), copy(secret))).collect();
        let around = Around {
            resolver: Arc::new(SystemResolver),
            clock: Arc::clone(self.store().clock()),
            recorder: Arc::clone(recorder),
            component: connector.digest.to_string(),
            label: "sluice".into(),
            cancel: stop.clone(),
            tasks: self.0.tasks.clone(),
        };
        Ok(Some(Sessions::new(connection, secrets, around).map_err(said)?))
    }
}

/// A problem of the connector's name stands at its place in a source.
fn in_source(error: RunError) -> RunError {
    match error {
        RunError::Problems(mut problems) => {
            problems.iter_mut().filter(|p| p.pointer == "/connector").for_each(|p| p.pointer = "/kind/connector/id".into());
            RunError::Problems(problems)
        }
        other => other,
    }
}

fn copy(secret: &Secret) -> Secret {
    Secret::new(secret.reveal().to_vec())
}

fn said(error: SqlError) -> RunError {
    RunError::Said(Why::ours(error.code, error.cause))
}

/// Lines of statements, written as they come. They stand under the source's id, since a run's own lines are numbered by its journal.
struct Ledger {
    store: Store,
    workspace: WorkspaceId,
    cause: String,
    tasks: TaskTracker,
    runtime: tokio::runtime::Handle,
}

impl Recorder for Ledger {
    fn record(&self, record: EgressRecord) {
        let (store, workspace, cause) = (self.store.clone(), self.workspace, self.cause.clone());
        let write = async move {
            if let Err(error) = store.append_egress(workspace, cause, vec![record]).await {
                tracing::error!(%error, "a line of the egress ledger was not written");
            }
        };
        self.tasks.spawn_on(write, &self.runtime);
    }
}

/// A page of the connector's list of tables.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    columns: Vec<ItemColumn>,
}

#[derive(Deserialize)]
struct ItemColumn {
    name: String,
    #[serde(rename = "type")]
    ty: Option<DataType>,
    source_type: String,
    warning: Option<String>,
}

impl Behind {
    /// The connection test; the connector's JSON text.
    pub(crate) async fn check(&self) -> Result<String, RunError> {
        call::check(&self.session, &self.stop, &self.task).await
    }

    async fn list(&self) -> Result<Vec<Table>, RunError> {
        let mut tables = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..DISCOVER_PAGES_MAX {
            let text = call::discover(&self.session, &self.stop, &self.task, "tables", cursor.as_deref()).await?;
            let unreadable = |e: serde_json::Error| {
                let cause = format!("the list of tables does not read (line {}, column {})", e.line(), e.column());
                RunError::Said(Why::ours(Code::ConnectorProtocol, cause))
            };
            let page: Page = serde_json::from_str(&text).map_err(unreadable)?;
            tables.extend(page.items.into_iter().map(table));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(tables)
    }

    async fn begin(&self, statement: &str) -> Result<Opened, RunError> {
        let opened = call::open(&self.session, &self.stop, &self.task, statement).await?;
        let broken = |cause: &str| RunError::Said(Why::ours(Code::ConnectorProtocol, cause));
        let SourceRows::Hosted(id) = opened.rows else {
            return Err(broken("the connector hands out cursors; this host reads rows of connections only"));
        };
        let rows = self.sql.as_ref().and_then(|sql| sql.take(id));
        let rows = rows.ok_or_else(|| broken("the connector names rows that are not there"))?;
        let (schema, dialect) = (Arc::clone(rows.schema()), dialect(rows.about()));
        let rows = rows.into_stream(SOURCE_BATCH_ROWS).map_err(|e| QueryError::Warehouse { code: e.code, cause: e.cause });
        Ok(Opened { schema, dialect, rows: rows.boxed() })
    }
}

fn table(item: Item) -> Table {
    let column = |c: ItemColumn| Column { name: c.name, ty: c.ty, source_type: c.source_type, warning: c.warning };
    Table { name: item.name, columns: item.columns.into_iter().map(column).collect() }
}

/// In which SQL conditions are put to a server. One that is older, or only speaks like PostgreSQL, is asked for its tables alone.
fn dialect(about: &About) -> Option<Dialect> {
    (about.version.is_some_and(|version| version >= 14) && about.encoding.as_deref() == Some("UTF8")).then_some(Dialect::Postgresql)
}

fn queried(error: RunError) -> QueryError {
    match error {
        RunError::Query(error) => error,
        other => QueryError::Warehouse { code: other.code(), cause: other.to_string() },
    }
}

impl Warehouse for Behind {
    fn tables(&self) -> BoxFuture<'_, Result<Vec<Table>, QueryError>> {
        async move { self.list().await.map_err(queried) }.boxed()
    }

    fn open(&self, statement: String) -> BoxFuture<'_, Result<Opened, QueryError>> {
        async move { self.begin(&statement).await.map_err(queried) }.boxed()
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind").field("session", &self.session).finish_non_exhaustive()
    }
}
