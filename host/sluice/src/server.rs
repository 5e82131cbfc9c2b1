//! The server: a store in a state folder, a host that carries runs out, and the API on an address.
//!
//! It promises: one process per state folder, said clearly to the second; the first start makes a workspace and a key of the whole
//! installation, which is handed out this once; a stop lays runs down at the next batch line, lets requests end for
//! [`STOP_WAIT_MAX`], and closes the database.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use sluice_api::Api;
use sluice_catalog::{Code, clock::SystemClock};
use sluice_runs::Host;
use sluice_store::{Actor, Entropy, NewApiKey, PageRequest, Role, Store, StoreError};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    failure::Failure,
    limits::STOP_WAIT_MAX,
    listen::{self, Bounds},
};

/// The workspace of a new installation; people rename it through the API.
pub const FIRST_WORKSPACE: &str = "main";

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lives; made when it is not there.
    pub state: PathBuf,
    /// Where the API listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The master key, 64 hexadecimal digits; without it the file `master.key` of the state folder.
    pub master_key: Option<String>,
    /// Where browsers reach the API, when that is not the address it listens on: a proxy before it.
    pub public_url: Option<String>,
    /// Makes another key of the whole installation, for people who have lost theirs.
    pub new_key: bool,
}

/// A server at work.
pub struct Server {
    address: SocketAddr,
    new_key: Option<String>,
    store: Store,
    stop: CancellationToken,
    api: JoinHandle<()>,
    runs: JoinHandle<Result<(), sluice_runs::RunError>>,
}

impl Server {
    /// Starts on the current tokio runtime; it answers when this returns.
    pub async fn start(options: &Options) -> Result<Self, Failure> {
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|error| Failure::new(Code::ListenFailed, format!("{}: {error}.", options.listen)))?;
        let address =
            listener.local_addr().map_err(|error| Failure::new(Code::ListenFailed, format!("{}: {error}.", options.listen)))?;
        let store = open(options).await?;
        let new_key = prepare(&store, options.new_key).await.map_err(|error| stored(&error))?;
        let host = Host::new(store.clone()).map_err(|error| Failure::new(error.code(), sentence(&error.to_string())))?;
        let stop = CancellationToken::new();
        let public = match &options.public_url {
            Some(url) => public_url(url)?,
            None => here(address),
        };
        let api = Api::new(host.clone()).with_public_url(&public);
        let api = tokio::spawn(listen::serve(listener, sluice_api::router(api), Bounds::default(), stop.clone()));
        let until = stop.clone();
        let runs = tokio::spawn(async move { host.serve(until).await });
        Ok(Self { address, new_key, store, stop, api, runs })
    }

    /// Where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for clients on this machine.
    pub fn url(&self) -> String {
        here(self.address)
    }

    /// The key that was made at this start, which cannot be had again; none when there were keys and none was asked for.
    pub fn new_key(&self) -> Option<&str> {
        self.new_key.as_deref()
    }

    /// Works until `stop` comes, then ends in order. An error when a part of the server ends by itself.
    pub async fn until(mut self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let ended = tokio::select! {
            () = stop => None,
            ended = &mut self.api => Some(format!("The API ended: {ended:?}.")),
            ended = &mut self.runs => Some(format!("The scheduler ended: {ended:?}.")),
        };
        match ended {
            None => {
                self.stop().await;
                Ok(())
            }
            Some(cause) => {
                self.stop.cancel();
                self.store.close().await;
                Err(Failure::new(Code::Internal, cause))
            }
        }
    }

    /// Ends in order: what is under way is laid down, not lost.
    pub async fn stop(self) {
        self.stop.cancel();
        let mut api = self.api;
        if tokio::time::timeout(STOP_WAIT_MAX, &mut api).await.is_err() {
            api.abort();
        }
        // A batch that has left is awaited: its answer must not be lost. Calls have their own deadlines.
        if let Err(error) = self.runs.await {
            tracing::error!(%error, "the scheduler did not end in order");
        }
        self.store.close().await;
    }
}

/// The address of a listener, for this machine.
fn here(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{address}")
}

/// An address that an operator says browsers reach us at: platforms compare it letter by letter, so it is taken as it stands.
fn public_url(text: &str) -> Result<String, Failure> {
    let refused = |why: &str| Failure::new(Code::ApiInvalid, format!("--public-url {text}: {why}."));
    let url = url::Url::parse(text).map_err(|_| refused("it is no address"))?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && local) {
        return Err(refused("it begins with https://, or with http:// on this machine"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it is scheme, host, perhaps a port and a path, and nothing else"));
    }
    let rest = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]".contains(c);
    if !text.chars().all(rest) {
        return Err(refused("it holds a character that is not taken in a path"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

async fn open(options: &Options) -> Result<Store, Failure> {
    let entropy = Entropy::system();
    let master = sluice_store::master_key(&options.state, options.master_key.as_deref(), &entropy)
        .map_err(|error| Failure::new(error.code(), sentence(&error.to_string())))?;
    Store::open(&options.state, master, Arc::new(SystemClock)).await.map_err(|error| {
        let Failure { code, cause, .. } = stored(&error);
        Failure::new(code, format!("{cause} The state folder is {}.", options.state.display()))
    })
}

/// Makes what a new installation needs: a workspace, and a key that may do everything.
async fn prepare(store: &Store, new_key: bool) -> Result<Option<String>, StoreError> {
    let actor = Actor::system();
    if store.workspaces(&PageRequest { after: None, limit: 1 }).await?.items.is_empty() {
        store.create_workspace(&actor, FIRST_WORKSPACE, "UTC").await?;
    }
    if !new_key && !store.has_no_api_key().await? {
        return Ok(None);
    }
    let new = NewApiKey { name: "made at start".into(), role: Role::Admin, workspace: None, expires_at: None };
    Ok(Some(store.create_api_key(&actor, &new).await?.1))
}

fn stored(error: &StoreError) -> Failure {
    Failure::new(error.code(), sentence(&error.to_string()))
}

/// An error's text as a sentence for people.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

/// Comes when a person (ctrl-c) or the system (SIGTERM) wants the process to end; listened for from the call on, not from the first
/// poll on. Needs a tokio runtime.
#[cfg(unix)]
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    // Without a handler the system's own answer to the signal stands; nothing is lost by it.
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let comes = async |signal: std::io::Result<tokio::signal::unix::Signal>| match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        };
        tokio::select! {
            () = comes(interrupt) => {}
            () = comes(terminate) => {}
        }
    }
}

/// Comes when a person (ctrl-c) wants the process to end.
#[cfg(not(unix))]
pub(crate) async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Stands before every filter: what components log may hold values of rows, so it is logged where it is asked for by its name.
const COMPONENTS_OFF: &str = "connector=off";

/// Logs to standard error what `filter` takes (`SLUICE_LOG`, for example `info,sluice_runs=debug`). Lines of components are left out unless
/// it names their target, `connector`.
pub(crate) fn log(filter: &str, json: bool) -> Result<(), Failure> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter_of(filter)?).with_writer(std::io::stderr);
    // A second subscriber in one process (tests) is not an error: the first one goes on.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

fn filter_of(filter: &str) -> Result<EnvFilter, Failure> {
    // Of two directives for one target the later one counts.
    EnvFilter::try_new(format!("{COMPONENTS_OFF},{filter}"))
        .map_err(|error| Failure::new(Code::ApiInvalid, format!("SLUICE_LOG: {error}.")))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn lines_of_components_are_logged_only_where_they_are_asked_for_by_name() {
        for (filter, of_component, of_host) in [
            ("info", false, true),
            ("trace", false, true),
            ("warn", false, false),
            ("warn,sluice_runs=debug", false, true),
            ("info,connector=info", true, true),
            ("connector=debug,error", true, false),
            ("info,connector=error", false, true),
        ] {
            let filter_of = filter_of(filter).unwrap_or_else(|_| panic!("{filter} can be read"));
            let logs = tracing_subscriber::fmt().with_env_filter(filter_of).finish();
            let taken = tracing::subscriber::with_default(logs, || {
                let of_component = tracing::enabled!(target: "connector", Level::INFO);
                (of_component, tracing::enabled!(target: "sluice_runs::door", Level::INFO))
            });
            assert_eq!(taken, (of_component, of_host), "{filter}");
        }
    }
}
