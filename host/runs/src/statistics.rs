//! Statistics of segments: how large each was, night after night, and how many members came and went in between (features 5.6).
//!
//! A computation keeps the hashes of the members in a sealed file ([`crate::member_list`]), as the ledger keeps what was sent: enough to tell who is
//! new, and no name in a second place. The store's newest row names the file; what no row names is swept. A lost or damaged file costs
//! one turnover, never a number that is wrong. A segment that tracks its members has another beside it, of when each came and went.

use std::{path::PathBuf, sync::Arc};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::Value;
use sluice_catalog::{
    ids::{SegmentId, WorkspaceId},
    segment::{Segment, SegmentState},
};
use sluice_query::{Analysis, Census};
use sluice_store::{PageRequest, SegmentStatistics, Stored};

use crate::{
    Asked,
    error::RunError,
    host::{Host, private_dir},
    limits::STATISTICS_HOUR,
    member_list::{self as list, Stay},
    order::blocking,
};

impl Host {
    /// Computes a segment's statistics now and keeps them.
    pub async fn compute_statistics(&self, ws: WorkspaceId, id: SegmentId) -> Result<SegmentStatistics, RunError> {
        let ready = self.ready(ws, &Asked::Saved(id), "").await?;
        let key = self.store().data_key(ws).await?;
        let last = self.store().segment_statistics(ws, id, 1).await?.first().map(|found| found.at);
        // A clock that was set back must not make the newest computation an old one.
        let after = last.and_then(|last| last.checked_add(1.microsecond()).ok()).unwrap_or(Timestamp::MIN);
        let at = self.store().now().max(after);
        let seed = format!("{:016x}", key.fingerprint_seed());
        let analysis = self.analysis(ws, &ready).await?;
        let (condition, limit) = (&ready.segment.condition.root, ready.segment.limit.as_ref());
        let Census { size, total, mut members } = analysis.census(condition, limit, &seed).await?;

        let folder = self.member_lists(ws);
        private_dir(&folder).map_err(RunError::io("the folder of member lists"))?;
        let before = last.map(|last| list::path(&folder, id, last));
        let (give, take) = tokio::sync::mpsc::channel(2);
        let (file, store, to_read) = (list::path(&folder, id, at), self.store().clone(), Arc::clone(&key));
        let mut kept = vec![file.clone()];
        let compared = blocking(move || list::replace(&file, before.as_deref(), take, &to_read, store.entropy()));
        let fed = async move {
            while let Some(hashes) = members.next().await? {
                // The other side ends early only with an error of its own, which is told below.
                if give.send(hashes).await.is_err() {
                    break;
                }
            }
            Ok::<_, RunError>(())
        };
        let (compared, fed) = tokio::join!(compared, fed);
        let compared = compared?;
        fed?;
        let list::Compared { members, turnover } = compared.map_err(RunError::io("a member list"))?;
        if ready.segment.tracks_members {
            let before = last.map(|last| list::stays_path(&folder, id, last));
            let (file, list, store) = (list::stays_path(&folder, id, at), list::path(&folder, id, at), self.store().clone());
            kept.push(file.clone());
            let followed = blocking(move || list::follow(&file, before.as_deref(), &list, at, &key, store.entropy()));
            followed.await?.map_err(RunError::io("who came and went"))?;
        }
        let (entered, left) = turnover.map_or((None, None), |(entered, left)| (Some(entered), Some(left)));
        let found = SegmentStatistics { at, revision: ready.revision, size, total, members, entered, left };
        self.store().add_segment_statistics(ws, id, &found).await?;
        blocking(move || list::sweep(&folder, id, &kept)).await?.map_err(RunError::io("a member list"))?;
        Ok(found)
    }

    /// When a record came into a segment and left it, as far as that is noted. `key`: a value for each field of the primary key.
    pub(crate) async fn stay(
        &self,
        ws: WorkspaceId,
        id: SegmentId,
        analysis: &Analysis,
        key: &[Value],
    ) -> Result<Option<Stay>, RunError> {
        let Some(last) = self.store().segment_statistics(ws, id, 1).await?.first().map(|found| found.at) else { return Ok(None) };
        let data_key = self.store().data_key(ws).await?;
        let seed = format!("{:016x}", data_key.fingerprint_seed());
        let Some(hash) = analysis.member_hash(key, &seed).await? else { return Ok(None) };
        let file = list::stays_path(&self.member_lists(ws), id, last);
        blocking(move || list::find(&file, hash, &data_key)).await?.map_err(RunError::io("who came and went"))
    }

    /// Computes the statistics of every active segment that has none of this night yet, one after the other. What fails is logged and tried
    /// again an hour later.
    pub(crate) async fn nightly_statistics(&self) -> Result<(), RunError> {
        let mut page = PageRequest::default();
        loop {
            let workspaces = self.store().workspaces(&page).await?;
            for workspace in &workspaces.items {
                let zone = TimeZone::get(&workspace.time_zone).unwrap_or(TimeZone::UTC);
                self.night_of(workspace.id, last_night(self.store().now(), &zone)).await?;
            }
            match workspaces.next {
                None => return Ok(()),
                next => page.after = next,
            }
        }
    }

    async fn night_of(&self, ws: WorkspaceId, night: Timestamp) -> Result<(), RunError> {
        let mut page = PageRequest::default();
        loop {
            let segments = self.store().list::<Segment>(ws, &page).await?;
            let kept = |segment: &&Stored<Segment>| segment.created_at < night && segment.value.state == SegmentState::Active;
            for segment in segments.items.iter().filter(kept) {
                let last = self.store().segment_statistics(ws, segment.id, 1).await?.first().map(|found| found.at);
                if last.is_none_or(|at| at < night)
                    && let Err(error) = self.compute_statistics(ws, segment.id).await
                {
                    tracing::warn!(segment = %segment.id, code = error.code().as_str(), "no statistics of a segment tonight");
                }
            }
            match segments.next {
                None => break,
                next => page.after = next,
            }
        }
        Ok(())
    }

    /// Where the lists of members of a workspace's segments lie.
    pub(crate) fn member_lists(&self, ws: WorkspaceId) -> PathBuf {
        self.store().state_dir().join("members").join(ws.to_string())
    }
}

/// The last time that the clock of the zone said the hour of statistics.
fn last_night(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = now.to_zoned_datetime(zone.clone());
    let tonight =
        |day: jiff::civil::Date| day.at(STATISTICS_HOUR, 0, 0, 0).to_zoned_datetime(zone.clone()).map(|night| night.timestamp());
    match tonight(local.date()) {
        Ok(night) if night <= now => night,
        _ => tonight(local.date().saturating_sub(1.day())).unwrap_or(Timestamp::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_ends_at_three_of_the_workspaces_clock() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        for (now, night) in [
            ("2026-11-24T01:59:59Z", "2026-11-23T02:00:00Z"),
            ("2026-11-24T02:00:00Z", "2026-11-24T02:00:00Z"),
            ("2026-11-24T22:00:00Z", "2026-11-24T02:00:00Z"),
            ("2026-07-01T12:00:00Z", "2026-07-01T01:00:00Z"),
        ] {
            assert_eq!(last_night(now.parse().unwrap(), &paris), night.parse().unwrap(), "{now}");
        }
    }
}
