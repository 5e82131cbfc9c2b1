//! The books of a run: the activation's ledger as the run found it, and the folder with the run's change set.
//!
//! They need nothing of what is declared. So what a run has sent is entered also where the declarations do not fit together any more.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sluice_catalog::ids::{ActivationId, WorkspaceId};
use sluice_ledger::{ChangeSet, Generation, Space};
use sluice_store::Store;

use crate::{
    error::RunError,
    host::{Host, private_dir},
    order::{Of, Verdicts, blocking, space},
    remote_ids::RemoteIds,
};

/// What a run reads from and enters into.
pub(crate) struct Books {
    pub(crate) space: Space,
    pub(crate) base: Generation,
    scratch: PathBuf,
    /// Nothing was known of the destination before this run.
    pub(crate) first: bool,
}

impl Books {
    /// Makes the run's folder where there is none.
    pub(crate) async fn open(host: &Host, of: &Of) -> Result<Self, RunError> {
        private_dir(&of.scratch).map_err(RunError::io("the run's folder"))?;
        let space = space(host, of).await?;
        let pointer = host.store().ledger_pointer(of.workspace, of.activation).await?;
        let pointer = pointer.filter(|_| !of.flags.new_ledger);
        let base: Generation = match &pointer {
            Some(text) => {
                serde_json::from_str(text).map_err(|_| RunError::Defect("the ledger's pointer does not read back".into()))?
            }
            None => Generation::empty(),
        };
        Ok(Self { space, base, scratch: of.scratch.clone(), first: pointer.is_none() })
    }

    /// The books of rows that lie at this place: what another destination or another service holds is not in them.
    pub(crate) fn at(mut self, place: Option<u64>) -> Self {
        if place.is_some() && self.base.place.is_some_and(|of| Some(of) != place) {
            (self.base, self.first) = (Generation::empty(), true);
        }
        self
    }

    /// The run's folder.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The change set that an earlier worker of the run has committed; none when there is none.
    pub(crate) async fn committed(&self) -> Result<Option<ChangeSet>, RunError> {
        let (space, scratch) = (self.space.clone(), self.scratch.clone());
        Ok(blocking(move || ChangeSet::open(&space, &scratch)).await??)
    }

    /// Works the verdicts into the ledger, with the ids that the platform told. Gives the pointer to move to; none when the ledger is
    /// as it was.
    pub(crate) async fn settle(
        &self,
        change_set: Arc<ChangeSet>,
        verdicts: Verdicts,
        mut told: Option<RemoteIds>,
    ) -> Result<Option<String>, RunError> {
        let (base, place) = (self.base.clone(), change_set.place());
        let settled = blocking(move || {
            let mut ids = |phase, row| told.as_mut().and_then(|told| told.of(phase, row));
            let next = sluice_ledger::settle_with_ids(&base, &change_set, &mut |phase, row| verdicts(phase, row), &mut ids);
            told.and_then(RemoteIds::failed).map_or(next.map_err(RunError::from), Err)
        });
        let next = settled.await??;
        // A first run that found nothing is remembered as such: "from now on" begins with it.
        let first = (self.base == Generation::empty()).then(|| {
            let mut empty = Generation::empty();
            empty.place = place;
            empty
        });
        Ok(next.or(first).map(|g| serde_json::to_string(&g).expect("a generation is plain data")))
    }

    /// Deletes ledger files that the pointer does not name. To be called after the pointer has moved.
    pub(crate) async fn sweep(&self, store: &Store, of: (WorkspaceId, ActivationId)) -> Result<(), RunError> {
        let Some(pointer) = store.ledger_pointer(of.0, of.1).await? else { return Ok(()) };
        let live: Generation = serde_json::from_str(&pointer).map_err(|e| RunError::Defect(e.to_string()))?;
        let space = self.space.clone();
        blocking(move || space.sweep(&[&live])).await??;
        Ok(())
    }
}
