//! A situation's scene: the stand-in as at the start, a fresh stage, the activation set up without harm.

use jiff::Timestamp;
use sluice_catalog::{columnar::Field, contract::Operation, manifest::Service};

use super::attempt::{Attempt, Prepared};
use crate::{
    error::Unfit,
    line::{Harm, Line, Meets},
    plan::{Case, Plan},
    stage::{Account, Stage},
    standing::Standing,
    subject::Subject,
    table::{Cell, Table},
};

/// What all situations share.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) subject: &'a Subject,
    pub(super) plan: &'a Plan,
    pub(super) standing: &'a Standing,
    pub(super) relay: &'a Line,
}

/// A case on this scene.
pub(super) struct Act<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) case: &'a Case,
    pub(super) service: &'a Service,
    pub(super) columns: Vec<Field>,
    pub(super) options: String,
    pub(super) now: Timestamp,
}

impl<'a> Scene<'a> {
    pub(super) fn of(self, case: &'a Case) -> Result<Act<'a>, Unfit> {
        let service = case.service_of(self.subject).map_err(Unfit::Mismatch)?;
        let columns = case.columns_of(self.subject).map_err(Unfit::Mismatch)?;
        #[allow(clippy::disallowed_methods, reason = "stand-ins live on the real clock, and some look at how old an event is")]
        let now = Timestamp::now();
        Ok(Act { scene: self, case, service, columns, options: case.options.to_string(), now })
    }

    /// A stage that leads to this origin.
    pub(super) fn stage(self, origin: &str, now: Timestamp) -> Result<Stage, Unfit> {
        let account = Account {
            settings: self.plan.settings.clone(),
            credentials: self.plan.credentials.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            leads: self.plan.hosts.iter().map(|host| (host.clone(), origin.to_owned())).collect(),
        };
        Ok(Stage::new(self.subject, &account)?.now_ms(u64::try_from(now.as_millisecond()).unwrap_or(0)))
    }
}

impl Act<'_> {
    pub(super) fn stage(&self) -> Result<Stage, Unfit> {
        self.scene.stage(&self.scene.relay.origin(), self.now)
    }

    /// The stand-in as at the start, and the activation set up on a fresh stage.
    pub(super) async fn begin(&self) -> Result<Prepared<'_>, Unfit> {
        self.begin_on(self.stage()?).await
    }

    pub(super) async fn begin_on(&self, stage: Stage) -> Result<Prepared<'_>, Unfit> {
        self.scene.standing.begin(self.scene.plan).await?;
        self.set_up(stage).await
    }

    /// The activation set up, on a stand-in that stays as it is.
    pub(super) async fn set_up(&self, stage: Stage) -> Result<Prepared<'_>, Unfit> {
        Prepared::new(self, stage, self.case.operation()).await
    }

    /// Rows of these numbers; none is the row that is refused.
    pub(super) fn rows(&self, numbers: &[Option<u64>]) -> Table {
        self.case.table(&self.columns, numbers, self.now)
    }

    /// The cell of a column in a row of this number.
    pub(super) fn cell(&self, column: usize, number: u64) -> Cell {
        self.case.cell(&self.columns, column, Some(number), self.now)
    }

    pub(super) fn three(&self) -> Table {
        self.rows(&[Some(1), Some(2), Some(3)])
    }

    /// Three good rows, written while this is done to what writes. The harm is over afterwards.
    pub(super) async fn harmed(&self, harm: Harm) -> Result<Attempt, Unfit> {
        let prepared = self.begin().await?;
        self.hurt(&prepared, harm).await
    }

    pub(super) async fn hurt(&self, prepared: &Prepared<'_>, harm: Harm) -> Result<Attempt, Unfit> {
        let relay = self.scene.relay;
        let before = relay.requests();
        relay.arm(harm, Meets::Writes);
        let mut attempt = prepared.write(self.case.operation(), &self.three()).await;
        attempt.harmed = relay.disarm();
        attempt.requests = relay.requests() - before;
        Ok(attempt)
    }

    /// The stand-in's state, where it shows one.
    pub(super) async fn state(&self) -> Result<Option<serde_json::Value>, Unfit> {
        self.scene.standing.state(self.scene.plan).await
    }

    /// What undoes the case's operation.
    pub(super) fn removal(&self) -> Option<Operation> {
        match self.case.operation() {
            Operation::Add => Some(Operation::Remove),
            _ => None,
        }
    }
}
