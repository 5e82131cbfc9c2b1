//! Meta on the stage: its host, its token, and the names of its services and paths. How a component is called is the stage's.

use std::sync::LazyLock;

use serde_json::json;
use sluice_catalog::{
    columnar::{Field, PhysicalType},
    contract::{Halt, Operation, Written},
};
use sluice_conformance::{Account, Cell, Stage, Subject, Table, Told, Work};
use sluice_twins::meta_ads::{ACCOUNT, DATASET, Options, Running, Twin};

/// The token that the twin knows.
pub(crate) const TOKEN: &str = "EAAB-twin-token";
/// The host that the component speaks to; the gate leads it to the twin.
pub(crate) const HOST: &str = "graph.facebook.com";
/// Path of events of the twin's dataset.
pub(crate) const EVENTS: &str = "/v25.0/987654321012345/events";
/// Path of the audiences of the twin's ad account.
pub(crate) const AUDIENCES: &str = "/v25.0/act_1234567890/customaudiences";

pub(crate) const VIP: Work<'_> = Work::of("audiences", "list").options(r#"{"audience":"VIP FR"}"#);
pub(crate) const REPLACED: Work<'_> = Work::of("audiences", "replace").options(r#"{"audience":"VIP FR"}"#);
pub(crate) const CONVERSIONS: Work<'_> = Work::of("conversions", "append");

/// `lea.martin@example.fr`, and `fr`, as the host hashes them.
pub(crate) const LEA: &str = "46bfdba71662df379d9b923d4c4325fd2b379ac47dc949674619221bc4833955";
pub(crate) const FRANCE: &str = "67ad8f41a7bb0a18c45f3efd8f6a32bdcd832bcf8f3f2eb44006c03d53076e18";

/// The clock of the tasks: the twin's own, since it refuses what is old.
#[allow(clippy::disallowed_methods, reason = "the twin goes by the machine's clock")]
fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64
}

/// The component, built and compiled once per process.
static META: LazyLock<Subject> = LazyLock::new(|| Subject::build(env!("CARGO_MANIFEST_DIR").as_ref()).unwrap());

/// A twin, and a stage that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    pub(crate) stage: Stage,
    pub(crate) now_ms: u64,
}

impl Rig {
    /// With an ad account without audiences, and an empty dataset.
    pub(crate) async fn new() -> Self {
        Self::with_token(TOKEN).await
    }

    /// The same, with a host that holds this token.
    pub(crate) async fn with_token(token: &str) -> Self {
        let twin = Twin::start(Options::with_token(TOKEN)).await.unwrap();
        let account = Account {
            settings: json!({ "ad_account_id": ACCOUNT, "pixel_id": DATASET }),
            credentials: vec![("access_token".to_owned(), token.to_owned())],
            leads: vec![(HOST.to_owned(), twin.url().to_owned())],
        };
        let now_ms = now_ms();
        let stage = Stage::new(&META, &account).unwrap().now_ms(now_ms);
        Self { twin, stage, now_ms }
    }

    /// What `setup` keeps for an activation.
    pub(crate) async fn setup(&self, work: Work<'_>) -> Result<Vec<u8>, Halt> {
        self.stage.setup(work).await.unwrap()
    }

    /// One write, whatever comes of it.
    pub(crate) async fn told(&self, work: Work<'_>, operation: Operation, table: Table) -> Told {
        self.stage.write(work, b"", operation, table).await
    }

    /// Additions to, or removals from, the audience that `setup` found or made.
    pub(crate) async fn members(&self, keep: &[u8], operation: Operation, table: Table) -> Written {
        self.told(VIP.keep(keep), operation, table).await.unwrap().unwrap()
    }

    /// One session that replaces the audience's members by these.
    pub(crate) async fn replace(&self, keep: &[u8], table: Table) -> Written {
        let schema: Vec<Field> = table.clone().into_parts().0;
        let work = REPLACED.keep(keep);
        let state = self.stage.prepare(work, Operation::Replace, schema).await.unwrap().unwrap();
        self.stage.write(work, &state, Operation::Replace, table).await.unwrap().unwrap()
    }

    /// Events.
    pub(crate) async fn events(&self, table: Table) -> Result<Written, Halt> {
        self.told(CONVERSIONS, Operation::Append, table).await.unwrap()
    }

    /// Events of a shop a minute ago, of these ids and amounts.
    pub(crate) fn purchases(&self, of: &[(&str, f64)]) -> Table {
        let each = |cell: Cell| vec![cell; of.len()];
        let minute_ago_us = (self.now_ms as i64 - 60_000) * 1000;
        Table::by("em", each(LEA.into()))
            .with("event_name", PhysicalType::Utf8, "attribute", each("Purchase".into()))
            .with("action_source", PhysicalType::Utf8, "attribute", each("physical_store".into()))
            .with("event_time", PhysicalType::TimestampMicros, "event-time", each(minute_ago_us.into()))
            .with("event_id", PhysicalType::Utf8, "event-id", of.iter().map(|(id, _)| *id))
            .with("value", PhysicalType::Float64, "attribute", of.iter().map(|(_, value)| *value))
            .with("currency", PhysicalType::Utf8, "attribute", each("EUR".into()))
    }
}

/// People by their own ids.
pub(crate) fn people<T: Into<Cell>>(ids: impl IntoIterator<Item = T>) -> Table {
    Table::by("EXTERN_ID", ids)
}
