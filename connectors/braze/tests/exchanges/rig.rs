//! Braze on the stage: its host, its key, and the names of its services and paths. How a component is called is the stage's.

use std::sync::LazyLock;

use serde_json::json;
use sluice_catalog::contract::{Halt, Operation, Written};
use sluice_conformance::{Account, Cell, Stage, Subject, Table, Told, Work};
use sluice_twins::braze::{Options, Running, Twin};

/// The key that the twin knows.
pub(crate) const API_KEY: &str = "0d5e-twin-key";
/// The host that the component speaks to; the gate leads it to the twin.
pub(crate) const HOST: &str = "rest.fra-01.braze.eu";
/// Path of attributes, events and lists.
pub(crate) const TRACK: &str = "/users/track";
/// Path of subscriptions.
pub(crate) const SUBSCRIPTION: &str = "/v2/subscription/status/set";

pub(crate) const ATTRIBUTES: Work<'_> = Work::of("attributes", "upsert");
pub(crate) const EVENTS: Work<'_> = Work::of("events", "append");
pub(crate) const LISTS: Work<'_> = Work::of("lists", "boolean-attribute");
pub(crate) const SUBSCRIPTIONS: Work<'_> = Work::of("subscriptions", "list");

/// The component, built and compiled once per process.
pub(crate) static BRAZE: LazyLock<Subject> = LazyLock::new(|| Subject::build(env!("CARGO_MANIFEST_DIR").as_ref()).unwrap());

/// A twin, and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin of the usual contract.
    pub(crate) async fn new() -> Self {
        Self::with(Options::with_key(API_KEY), API_KEY).await
    }

    /// With a twin of these options; the host holds this key.
    pub(crate) async fn with(options: Options, key: &str) -> Self {
        let twin = Twin::start(options).await.unwrap();
        let stage = Stage::new(&BRAZE, &account(&twin, key)).unwrap();
        Self { twin, stage }
    }

    /// One write, whatever comes of it.
    pub(crate) async fn told(&self, work: Work<'_>, operation: Operation, table: Table) -> Told {
        self.stage.write(work, b"", operation, table).await
    }

    /// An upsert of attributes.
    pub(crate) async fn upsert(&self, table: Table) -> Written {
        self.told(ATTRIBUTES, Operation::Upsert, table).await.unwrap().unwrap()
    }

    /// An upsert that halts.
    pub(crate) async fn upsert_halts(&self, table: Table) -> Halt {
        self.told(ATTRIBUTES, Operation::Upsert, table).await.unwrap().unwrap_err()
    }
}

/// An account whose host is the twin.
pub(crate) fn account(twin: &Running, key: &str) -> Account {
    Account {
        settings: json!({ "rest_host": "rest.fra-01" }),
        credentials: vec![("rest_api_key".to_owned(), key.to_owned())],
        leads: vec![(HOST.to_owned(), twin.url().to_owned())],
    }
}

/// People by their external ids.
pub(crate) fn people<T: Into<Cell>>(ids: impl IntoIterator<Item = T>) -> Table {
    Table::by("external_id", ids)
}
