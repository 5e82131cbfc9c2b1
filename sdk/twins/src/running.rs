//! A running twin as its owner sees it: the same for every vendor, over the vendor's own kind of state.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, MutexGuard},
};

use serde_json::Value;

use crate::{
    faults::Faults,
    ledger::Ledger,
    log::{RequestLog, Warning},
    server::{Clock, Serving, StartError, bind},
    vendor::{Door, SeedError, Vendor},
};

/// A vendor whose state is of this kind.
pub(crate) trait Holds<S>: Vendor {
    /// The state, locked; requests wait meanwhile.
    fn held(&self) -> MutexGuard<'_, S>;
}

/// What a twin needs to start, whatever the vendor.
pub(crate) struct Place {
    pub(crate) listen: SocketAddr,
    /// Where the vendor's file storage listens, when it has one.
    pub(crate) files_listen: Option<SocketAddr>,
    pub(crate) ledger_file: Option<PathBuf>,
    pub(crate) clock: Clock,
}

/// A running twin. Dropping it lets go of its connections; [`Running::stop`] ends them in order.
pub struct Running<S> {
    address: SocketAddr,
    url: String,
    pub(crate) files_url: String,
    service: Arc<dyn Holds<S>>,
    serving: Serving,
}

impl<S: 'static> Running<S> {
    /// Listens, and makes the vendor of the ledger and of the file storage's address (empty when there is none).
    pub(crate) async fn start<V>(place: Place, vendor: impl FnOnce(Arc<Ledger>, String) -> V) -> Result<Self, StartError>
    where
        V: Holds<S>,
    {
        let ledger = Ledger::open(place.ledger_file.as_deref())
            .map_err(|source| StartError::LedgerFile { path: place.ledger_file.unwrap_or_default(), source })?;
        let (api, address) = bind(place.listen).await?;
        let mut doors = vec![(Door::Api, api)];
        let mut files_url = String::new();
        if let Some(listen) = place.files_listen {
            let (files, address) = bind(listen).await?;
            doors.push((Door::Files, files));
            files_url = format!("http://{address}");
        }
        let ledger = Arc::new(ledger);
        let service = Arc::new(vendor(ledger.clone(), files_url.clone()));
        let serving = Serving::start(service.clone(), ledger, place.clock, doors);
        Ok(Self { address, url: format!("http://{address}"), files_url, service, serving })
    }

    /// Where the API listens, for instance `http://127.0.0.1:4711`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A copy of the whole state. For a look at a little of a large one, [`Running::with_state`].
    pub fn state(&self) -> S
    where
        S: Clone,
    {
        self.service.held().clone()
    }

    /// Looks at the state without copying it; requests wait meanwhile.
    pub fn with_state<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.service.held())
    }

    /// The faults: arm some, see what they did.
    pub fn faults(&self) -> &Faults {
        &self.serving.house.faults
    }

    /// The request log.
    pub fn log(&self) -> &RequestLog {
        &self.serving.house.log
    }

    /// Defects of the client that the vendor lets pass, see the table of the vendor's module.
    pub fn warnings(&self) -> Vec<Warning> {
        self.log().warnings()
    }

    /// The judge.
    pub fn ledger(&self) -> &Ledger {
        &self.serving.house.ledger
    }

    /// Puts state in place without a request; the vendor's module lists its kinds.
    ///
    /// # Errors
    /// See [`SeedError`].
    pub fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        self.service.seed(kind, body)
    }

    /// State, log, ledger in memory and faults as at the start.
    pub fn reset(&self) {
        self.serving.house.reset();
    }

    /// Takes no new connection, ends hanging answers, waits shortly for the others.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}
