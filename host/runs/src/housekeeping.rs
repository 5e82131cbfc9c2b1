//! What nobody needs any more goes away by itself: leftovers of a killed process at the start, old records every hour. In the same round
//! the statistics of the night are computed ([`crate::statistics`]).
//!
//! Counts, reasons and the audit stay for ever; ledgers hold what destinations hold. What goes is the rows of ended runs (change set,
//! journal, egress lines) and remembered Idempotency-Keys.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::{Timestamp, ToSpan};
use sluice_catalog::{
    ids::{RunId, WorkspaceId},
    segment::Segment,
};
use sluice_store::StoreError;

use crate::{
    error::RunError,
    host::Host,
    limits::{HOUSEKEEPING_EVERY, RECORDS_KEPT_DAYS},
    member_list,
    order::blocking,
};

/// Takes away what a killed process has left that is of no use to its successor: scratch of previews, tests and queries. Only while
/// no other process uses the state folder.
pub(crate) fn sweep_scratch(state_dir: &Path) -> io::Result<()> {
    for folder in ["questions", "spill"] {
        match std::fs::remove_dir_all(state_dir.join(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl Host {
    /// Every hour, for ever: removes what is older than it is kept. A failure is logged and tried again an hour later.
    pub(crate) async fn keep_house(&self) {
        loop {
            let until = self.store().now().saturating_sub((24 * RECORDS_KEPT_DAYS).hours()).unwrap_or(Timestamp::MIN);
            if let Err(error) = self.remove_records_of_runs_before(until).await {
                tracing::warn!(%error, "old records stay for another hour");
            }
            if let Err(error) = self.look_after_every_model().await {
                tracing::warn!(%error, "models are looked after in an hour");
            }
            if let Err(error) = Box::pin(self.nightly_statistics()).await {
                tracing::warn!(%error, "the statistics of this night wait for another hour");
            }
            if let Err(error) = self.remove_lists_of_gone_segments().await {
                tracing::warn!(%error, "lists of members of segments that are gone stay for another hour");
            }
            tokio::time::sleep(HOUSEKEEPING_EVERY).await;
        }
    }

    /// Looks after the models of every workspace; each fact is at most a day old afterwards.
    async fn look_after_every_model(&self) -> Result<(), RunError> {
        for ws in self.every_workspace().await? {
            self.look_after_models(ws).await?;
            self.pause_what_is_broken(ws).await?;
        }
        Ok(())
    }

    /// Removes the files that name the members of segments that were deleted: those of statistics and those read from platforms.
    pub async fn remove_lists_of_gone_segments(&self) -> Result<(), RunError> {
        for ws in self.every_workspace().await? {
            for folder in [self.member_lists(ws), self.remote_lists(ws)] {
                let lists = blocking(move || member_list::segments(&folder)).await?;
                for (segment, file) in lists.map_err(RunError::io("the folder of member lists"))? {
                    if let Err(StoreError::NotFound { .. }) = self.store().get::<Segment>(ws, segment).await {
                        blocking(move || std::fs::remove_file(file)).await?.map_err(RunError::io("a member list"))?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn every_workspace(&self) -> Result<Vec<WorkspaceId>, RunError> {
        let mut page = sluice_store::PageRequest { after: None, limit: sluice_store::limits::PAGE_ROWS_MAX };
        let mut all = Vec::new();
        loop {
            let got = self.store().workspaces(&page).await?;
            all.extend(got.items.iter().map(|workspace| workspace.id));
            match got.next {
                Some(next) => page.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Removes the rows of runs that ended before `until`, and what goes with them. Their counts and reasons stay.
    pub async fn remove_records_of_runs_before(&self, until: Timestamp) -> Result<(), RunError> {
        let store = self.store();
        let journal = store.purge_journal(until).await?;
        let egress = store.purge_egress(until).await?;
        let keys = store.purge_idempotency().await?;
        let mut folders = 0;
        let root = self.runs();
        let unchanged_since = SystemTime::UNIX_EPOCH + Duration::from_secs(until.as_second().max(0).unsigned_abs());
        let old = blocking(move || older(&root, unchanged_since)).await?.map_err(RunError::io("the folder of runs"))?;
        for Found { workspace, run, folder } in old {
            let ended = match store.run(workspace, run).await {
                Ok(run) => run.finished_at.is_some_and(|at| at < until),
                // The run is gone, or its workspace is.
                Err(StoreError::NotFound { .. }) => true,
                Err(other) => return Err(other.into()),
            };
            if ended {
                blocking(move || std::fs::remove_dir_all(folder)).await?.map_err(RunError::io("the folder of an ended run"))?;
                folders += 1;
            }
        }
        if journal + egress + keys + folders > 0 {
            tracing::info!(folders, journal, egress, keys, "old records were removed");
        }
        Ok(())
    }
}

struct Found {
    workspace: WorkspaceId,
    run: RunId,
    folder: PathBuf,
}

/// Run folders that nothing has been made in since `until`; whether the run has ended is for the store to say.
fn older(root: &Path, until: SystemTime) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for (workspace, folder) in named::<WorkspaceId>(root)? {
        for (run, folder) in named::<RunId>(&folder)? {
            if std::fs::metadata(&folder)?.modified()? < until {
                found.push(Found { workspace, run, folder });
            }
        }
    }
    Ok(found)
}

/// Folders below `root` whose names are ids; anything else is not ours to touch.
fn named<T: std::str::FromStr>(root: &Path) -> io::Result<Vec<(T, PathBuf)>> {
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(id) = entry.file_name().to_string_lossy().parse()
            && entry.file_type()?.is_dir()
        {
            found.push((id, entry.path()));
        }
    }
    Ok(found)
}
