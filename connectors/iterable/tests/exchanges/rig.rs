//! Iterable on the stage: its host, its key, and the names of its services and paths. How a component is called is the stage's.

use std::sync::LazyLock;

use serde_json::json;
use sluice_catalog::contract::{Halt, Operation, Written};
use sluice_conformance::{Account, Cell, Stage, Subject, Table, Told, Work};
use sluice_twins::iterable::{Options, Project, Running, Twin};

/// The key that the twin knows.
pub(crate) const API_KEY: &str = "5e1f-twin-key";
/// The host that the component speaks to; the gate leads it to the twin.
pub(crate) const HOST: &str = "api.eu.iterable.com";
/// Path of attributes.
pub(crate) const BULK_UPDATE: &str = "/api/users/bulkUpdate";
/// Path of additions.
pub(crate) const SUBSCRIBE: &str = "/api/lists/subscribe";
/// Path of removals.
pub(crate) const UNSUBSCRIBE: &str = "/api/lists/unsubscribe";

pub(crate) const ATTRIBUTES: Work<'_> = Work::of("attributes", "upsert");
pub(crate) const UPDATE_ONLY: Work<'_> = Work::of("attributes", "update-only");
/// A list that makes nobody.
pub(crate) const VIP: Work<'_> = Work::of("lists", "list").options(r#"{"list":"VIP FR"}"#);

/// The component, built and compiled once per process.
static ITERABLE: LazyLock<Subject> = LazyLock::new(|| Subject::build(env!("CARGO_MANIFEST_DIR").as_ref()).unwrap());

/// A twin, and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
}

impl Rig {
    /// With a twin of a project of this type, without users or lists.
    pub(crate) async fn of(project: Project) -> Self {
        Self::with(Options { project, ..Options::with_key(API_KEY) }, API_KEY).await
    }

    /// With a twin of these options; the host holds this key.
    pub(crate) async fn with(options: Options, key: &str) -> Self {
        let project_type = match options.project {
            Project::Email => "email",
            Project::UserId => "userId",
            Project::Hybrid => "hybrid",
        };
        let twin = Twin::start(options).await.unwrap();
        let account = Account {
            settings: json!({ "data_center": "EU", "project_type": project_type }),
            credentials: vec![("api_key".to_owned(), key.to_owned())],
            leads: vec![(HOST.to_owned(), twin.url().to_owned())],
        };
        let stage = Stage::new(&ITERABLE, &account).unwrap();
        Self { twin, stage }
    }

    /// What `setup` keeps for an activation.
    pub(crate) async fn setup(&self, work: Work<'_>) -> Result<Vec<u8>, Halt> {
        self.stage.setup(work).await.unwrap()
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

    /// Additions to, or removals from, the list [`VIP`], as `setup` found or made it.
    pub(crate) async fn list(&self, keep: &[u8], operation: Operation, table: Table) -> Written {
        self.told(VIP.keep(keep), operation, table).await.unwrap().unwrap()
    }
}

/// People by their userIds.
pub(crate) fn people<T: Into<Cell>>(ids: impl IntoIterator<Item = T>) -> Table {
    Table::by("userId", ids)
}
