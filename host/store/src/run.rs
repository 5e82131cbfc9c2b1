//! Runs as rows: made, read, listed, and what people decide about them. What workers write stands in `run_change` and `lease`.

use jiff::Timestamp;
use sluice_catalog::{
    Code,
    ids::{ActivationId, RunId, WorkspaceId},
};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    open::Store,
    page::{Page, PageRequest},
    time::{at, id_ms, us},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs)] // the glossary's words
        pub enum $name { $($variant),* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[$(Self::$variant),*];

            /// The kebab-case text used everywhere.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(StoreError::Unreadable { what: stringify!($name) })
            }
        }
    };
}

words! {
    /// Where a run is. The last six are final.
    RunState {
        Queued "queued",
        Evaluating "evaluating",
        Diffing "diffing",
        Held "held",
        Sending "sending",
        AwaitingVendor "awaiting-vendor",
        Finishing "finishing",
        Succeeded "succeeded",
        SucceededWithErrors "succeeded-with-errors",
        Failed "failed",
        Cancelled "cancelled",
        Discarded "discarded",
        Expired "expired",
    }
}

impl RunState {
    /// Whether the run has ended.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued
            | Self::Evaluating
            | Self::Diffing
            | Self::Held
            | Self::Sending
            | Self::AwaitingVendor
            | Self::Finishing => false,
            Self::Succeeded | Self::SucceededWithErrors | Self::Failed | Self::Cancelled | Self::Discarded | Self::Expired => true,
        }
    }
}

words! {
    /// Why a run was started.
    TriggerKind { Manual "manual", Schedule "schedule" }
}

words! {
    /// What a person decided about a held diff.
    DecisionKind { Confirm "confirm", Discard "discard" }
}

/// Why and by whom a run was started.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Trigger {
    pub kind: TriggerKind,
    pub by: String,
}

/// A run to make.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Of which activation.
    pub activation: ActivationId,
    /// Why and by whom.
    pub trigger: Trigger,
    /// What is special about it (full resync, retry rejected, dry run …): JSON that only `runs` reads.
    pub flags: serde_json::Value,
    /// The instant that every relative bound of this run is counted from.
    pub now: Timestamp,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Failure {
    pub code: Code,
    /// The cause, for people; no row values.
    pub cause: String,
}

/// Why a run waits for a person, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Hold {
    pub code: Code,
    /// The cause with its counts, for people.
    pub cause: String,
    /// Hash of the very diff that is held; a decision must name it.
    pub diff_hash: String,
    pub expires_at: Timestamp,
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Decision {
    pub kind: DecisionKind,
    pub diff_hash: String,
    pub by: String,
    pub at: Timestamp,
}

/// One execution of an activation.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Run {
    pub id: RunId,
    pub workspace: WorkspaceId,
    pub activation: ActivationId,
    /// The activation's revision when the run was made.
    pub activation_revision: u64,
    pub trigger: Trigger,
    pub flags: serde_json::Value,
    pub state: RunState,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The frozen instant that relative bounds are counted from.
    pub now: Timestamp,
    /// Digest of the component, once known.
    pub component: Option<String>,
    pub counters: serde_json::Value,
    pub details: serde_json::Value,
    pub failure: Option<Failure>,
    /// The last hold, kept after it is decided.
    pub hold: Option<Hold>,
    pub decision: Option<Decision>,
    pub cancel_requested: bool,
    /// How often a worker took it up.
    pub epoch: u64,
    /// The number that the next journal entry has.
    pub journal_next: u64,
}

/// Which runs; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RunFilter {
    pub activation: Option<ActivationId>,
    pub states: Vec<RunState>,
}

fn optional_code(row: &SqliteRow, column: &str) -> Result<Option<Code>, StoreError> {
    let text: Option<String> = row.get(column);
    text.map(|text| text.parse().map_err(|_| StoreError::Unreadable { what: "a code of a run" })).transpose()
}

pub(crate) fn read(row: &SqliteRow) -> Result<Run, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "a run's ids" };
    let failure = optional_code(row, "failure_code")?
        .map(|code| Failure { code, cause: row.get::<Option<String>, _>("failure_cause").unwrap_or_default() });
    let hold = optional_code(row, "hold_code")?.map(|code| Hold {
        code,
        cause: row.get::<Option<String>, _>("hold_cause").unwrap_or_default(),
        diff_hash: row.get::<Option<String>, _>("hold_diff").unwrap_or_default(),
        expires_at: at(row.get::<Option<i64>, _>("hold_expires_at").unwrap_or_default()),
    });
    let decision = match row.get::<Option<String>, _>("decision") {
        None => None,
        Some(kind) => Some(Decision {
            kind: DecisionKind::parse(&kind)?,
            diff_hash: row.get::<Option<String>, _>("decision_diff").unwrap_or_default(),
            by: row.get::<Option<String>, _>("decision_by").unwrap_or_default(),
            at: at(row.get::<Option<i64>, _>("decision_at").unwrap_or_default()),
        }),
    };
    let json = |column: &str| serde_json::from_str(row.get(column)).map_err(|_| StoreError::Unreadable { what: "a run's JSON" });
    Ok(Run {
        id: row.get::<String, _>("id").parse().map_err(|_| unreadable())?,
        workspace: row.get::<String, _>("workspace").parse().map_err(|_| unreadable())?,
        activation: row.get::<String, _>("activation").parse().map_err(|_| unreadable())?,
        activation_revision: row.get::<i64, _>("activation_revision") as u64,
        trigger: Trigger { kind: TriggerKind::parse(row.get("trigger_kind"))?, by: row.get("triggered_by") },
        flags: json("flags")?,
        state: RunState::parse(row.get("state"))?,
        created_at: at(row.get("created_at")),
        started_at: row.get::<Option<i64>, _>("started_at").map(at),
        finished_at: row.get::<Option<i64>, _>("finished_at").map(at),
        now: at(row.get("frozen_now")),
        component: row.get("component"),
        counters: json("counters")?,
        details: json("details")?,
        failure,
        hold,
        decision,
        cancel_requested: row.get::<i64, _>("cancel_requested") == 1,
        epoch: row.get::<i64, _>("epoch") as u64,
        journal_next: row.get::<i64, _>("journal_next") as u64,
    })
}

impl Store {
    /// Makes a queued run. [`StoreError::RunOverlap`] names the run that is under way, if one is.
    pub async fn create_run(&self, ws: WorkspaceId, new: &NewRun) -> Result<Run, StoreError> {
        let now = self.now();
        let id = RunId::new(id_ms(now), self.inner.entropy.bits());
        let mut tx = self.begin().await?;
        let revision = sqlx::query_scalar::<_, i64>(
            "SELECT revision FROM objects WHERE workspace = $1 AND kind = 'activation' AND id = $2 AND deleted_at IS NULL",
        )
        .bind(ws.to_string())
        .bind(new.activation.to_string())
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(StoreError::NotFound { what: "activation" })?;
        let under_way = sqlx::query_scalar::<_, String>("SELECT id FROM runs WHERE activation = $1 AND finished_at IS NULL")
            .bind(new.activation.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(run) = under_way {
            return Err(StoreError::RunOverlap { run });
        }
        sqlx::query(
            "INSERT INTO runs (id, workspace, activation, activation_revision, trigger_kind, triggered_by, flags, state, created_at, \
             frozen_now, counters, details, cancel_requested, epoch, journal_next, egress_next) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, '{}', '{}', 0, 0, 0, 0)",
        )
        .bind(id.to_string())
        .bind(ws.to_string())
        .bind(new.activation.to_string())
        .bind(revision)
        .bind(new.trigger.kind.as_str())
        .bind(new.trigger.by.clone())
        .bind(new.flags.to_string())
        .bind(us(now))
        .bind(us(new.now))
        .execute(&mut *tx)
        .await?;
        let id_text = id.to_string();
        let event = Event::new("started", "run", &id_text, "")
            .details(serde_json::json!({ "activation": new.activation, "trigger": new.trigger.kind }));
        audit::write(&mut tx, ws, now, &Actor::new(new.trigger.by.clone()), &event).await?;
        tx.commit().await?;
        self.run(ws, id).await
    }

    /// One run.
    pub async fn run(&self, ws: WorkspaceId, id: RunId) -> Result<Run, StoreError> {
        let row = sqlx::query("SELECT * FROM runs WHERE workspace = $1 AND id = $2")
            .bind(ws.to_string())
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        read(&row.ok_or(StoreError::NotFound { what: "run" })?)
    }

    /// Runs, newest first. `page.after` is the id of the last one seen.
    pub async fn list_runs(&self, ws: WorkspaceId, filter: &RunFilter, page: &PageRequest) -> Result<Page<Run>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM runs WHERE workspace = ");
        sql.push_bind(ws.to_string());
        if let Some(activation) = filter.activation {
            sql.push(" AND activation = ").push_bind(activation.to_string());
        }
        if !filter.states.is_empty() {
            let mut list = sql.push(" AND state IN (").separated(", ");
            for state in &filter.states {
                list.push_bind(state.as_str());
            }
            sql.push(")");
        }
        if let Some(before) = &page.after {
            sql.push(" AND id < ").push_bind(before.clone());
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(page.sql_limit());
        let rows = sql.build().fetch_all(self.read()).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, page, |run: &Run| run.id.to_string()))
    }
}
