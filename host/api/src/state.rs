//! What every handler reaches.

use sluice_runs::Host;
use sluice_store::Store;

/// The API's hold on the rooms below. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    host: Host,
}

impl Api {
    /// Over a host.
    pub fn new(host: Host) -> Self {
        Self { host }
    }

    /// The host: questions, runs, installation.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The store: declared objects, runs, audit, keys.
    pub(crate) fn store(&self) -> &Store {
        self.host.store()
    }
}
