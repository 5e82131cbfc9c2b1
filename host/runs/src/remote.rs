//! Remote segments: members of a platform's segment, read back and found again among the rows of a model (features 5.10).
//!
//! A reading ends in a list of hashes of primary keys ([`crate::member_list`]), by which the segment is evaluated from then on, here or
//! inside of other segments. A reading that fails, or that gives less than half of what was there, leaves the list as it was.

mod matching;
mod state;

use std::{path::PathBuf, sync::Arc};

use jiff::{Timestamp, ToSpan};
use sluice_catalog::{
    Code,
    activation::Schedule,
    condition::Context,
    destination::Destination,
    ids::{SegmentId, WorkspaceId},
    model::Field,
    problem::Problem,
    remote::Remote,
    seal::DataKey,
    segment::Segment,
};
use sluice_query::{Blocks, Hashes, List};
use sluice_store::{PageRequest, StoreError, Stored};

use self::{
    matching::{Found, Matching},
    state::Reference,
};
use crate::{
    MembersError, RemoteSegment, SourceAt,
    declared::{Platform, Rows},
    error::RunError,
    host::{Host, private_dir},
    limits::REMOTE_TICK,
    member_list,
    order::blocking,
};

pub use state::{Membership, Outcome, Refresh, RemoteState};

/// The hashes of a list's file.
struct Kept {
    file: PathBuf,
    key: Arc<DataKey>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Hashes for Kept {
    fn read(&self) -> std::io::Result<Blocks> {
        Ok(Box::new(member_list::blocks(&self.file, &self.key)?))
    }
}

impl Host {
    /// What is wrong with a segment's remote part beside its destination.
    pub async fn remote_problems(&self, ws: WorkspaceId, segment: &Segment) -> Result<Vec<Problem>, RunError> {
        let Some(remote) = &segment.remote else { return Ok(Vec::new()) };
        match self.store().get::<Destination>(ws, remote.destination).await {
            Ok(_) => {}
            Err(StoreError::NotFound { .. }) => {
                let cause = format!("There is no destination {} in this workspace.", remote.destination);
                return Ok(vec![Problem::new("/remote/destination", Code::FieldUnknown, cause)]);
            }
            Err(other) => return Err(other.into()),
        }
        let platform = Platform::load(self.store(), ws, remote.destination).await?;
        let found = remote.unsupported(&platform.manifest).into_iter();
        Ok(found.map(|problem| Problem { pointer: format!("/remote{}", problem.pointer), ..problem }).collect())
    }

    /// What is known of a remote segment, and whether it is being read now. A membership that was read of something else than what the
    /// segment says now is not told: it is not in force.
    pub async fn remote_state(&self, ws: WorkspaceId, id: SegmentId) -> Result<(RemoteState, bool), RunError> {
        let (segment, remote) = self.remote_of(ws, id).await?;
        // Asked first: a reading that ends in between is told as under way, and not as ended with what was known before it.
        let refreshing = self.refreshing().contains(&id);
        let mut state: RemoteState = self.store().remote_segment(ws, id).await?.unwrap_or_default();
        state.membership = state.membership_of(&Reference::new(segment.value.model, &remote));
        Ok((state, refreshing))
    }

    /// Begins to read a remote segment, unless that is under way. `confirmed`: somebody has looked, and less than half is right.
    pub async fn start_refresh(&self, ws: WorkspaceId, id: SegmentId, confirmed: bool) -> Result<(), RunError> {
        self.remote_of(ws, id).await?;
        if !self.refreshing().insert(id) {
            return Ok(());
        }
        let host = self.clone();
        self.0.tasks.spawn(async move {
            if let Err(error) = host.refresh(ws, id, confirmed).await {
                tracing::error!(segment = %id, %error, "the reading of a remote segment could not be written down");
            }
            host.refreshing().remove(&id);
        });
        Ok(())
    }

    fn refreshing(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<SegmentId>> {
        self.0.refreshing.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn remote_of(&self, ws: WorkspaceId, id: SegmentId) -> Result<(Stored<Segment>, Remote), RunError> {
        let segment = self.store().get::<Segment>(ws, id).await?;
        match segment.value.remote.clone() {
            Some(remote) => Ok((segment, remote)),
            None => {
                let cause = format!("The segment {} is made of conditions; nothing is read for it.", segment.value.name);
                Err(RunError::Problems(vec![Problem::new("/remote", Code::FieldInvalid, cause)]))
            }
        }
    }

    async fn refresh(&self, ws: WorkspaceId, id: SegmentId, confirmed: bool) -> Result<(), RunError> {
        let mut state: RemoteState = self.store().remote_segment(ws, id).await?.unwrap_or_default();
        // A clock that was set back must not make the newest list an old one.
        let after = state.membership.and_then(|before| before.at.checked_add(1.microsecond()).ok()).unwrap_or(Timestamp::MIN);
        let at = self.store().now().max(after);
        let mut of = None;
        let refresh = match self.read_remote(ws, id).await {
            Err((code, cause)) => Refresh::failed(at, code.as_str(), cause),
            Ok((reference, found)) => {
                let Found { members, matched, unmatched, ambiguous, unmatched_sample, ambiguous_sample, rows } = found;
                let before = state.membership_of(&reference).filter(|before| before.shrinks(members, rows.len() as u64));
                let shrunk = before.filter(|_| !confirmed);
                of = Some(reference);
                let mut refresh = Refresh {
                    outcome: if shrunk.is_some() { Outcome::Shrunk } else { Outcome::Taken },
                    members,
                    matched,
                    unmatched,
                    ambiguous,
                    rows: rows.len() as u64,
                    unmatched_sample,
                    ambiguous_sample,
                    code: None,
                    cause: None,
                    ..Refresh::failed(at, "", String::new())
                };
                if let Some(before) = shrunk {
                    refresh.code = Some(Code::RemoteShrunk.as_str().to_owned());
                    refresh.cause = Some(format!(
                        "The platform gave {members} members, which are {} rows; before it were {} and {}. The membership before is kept.",
                        refresh.rows, before.members, before.rows
                    ));
                } else if let Err(error) = self.keep_list(ws, id, at, rows).await {
                    refresh = Refresh::failed(at, error.code().as_str(), format!("{error}."));
                }
                refresh
            }
        };
        let outcome = refresh.outcome;
        if outcome != Outcome::Taken {
            tracing::warn!(segment = %id, code = refresh.code.as_deref().unwrap_or_default(), "the membership before is kept");
        }
        state.took(refresh, of);
        // The segment may have gone while it was read.
        if self.store().get::<Segment>(ws, id).await.is_err() {
            return Ok(());
        }
        self.store().keep_remote_segment(ws, id, &state).await?;
        if outcome == Outcome::Taken {
            let folder = self.remote_lists(ws);
            let kept = [Some(at), state.before].into_iter().flatten().map(|at| member_list::path(&folder, id, at));
            let kept: Vec<PathBuf> = kept.collect();
            blocking(move || member_list::sweep(&folder, id, &kept)).await?.map_err(RunError::io("a list of members"))?;
        }
        Ok(())
    }

    /// Reads the members and finds their rows, or says why not. What was read is told beside them: the segment may be changed meanwhile.
    async fn read_remote(&self, ws: WorkspaceId, id: SegmentId) -> Result<(Reference, Found), (Code, String)> {
        let told = |error: RunError| (error.code(), format!("{error}."));
        let (segment, remote) = self.remote_of(ws, id).await.map_err(told)?;
        let rows = Rows::of_model(self.store(), ws, segment.value.model).await.map_err(told)?;
        let model = &rows.model.value;
        let fields: Option<Vec<&Field>> = remote.matches.iter().map(|shared| model.field(&shared.field)).collect();
        let Some(fields) = fields else {
            return Err((Code::SegmentBroken, format!("A field that members are found by is not in {} any more.", model.name)));
        };
        let mut matching = Matching::new(&remote.matches, &fields);
        let unmapped = |gives: Vec<String>| {
            let cause = format!("the platform identifies members by {}; none of these is matched with a field", gives.join(", "));
            RunError::Problems(vec![Problem::new("/remote/matches", Code::MappingIdentifierMissing, cause)])
        };
        let at = RemoteSegment { workspace: ws, destination: remote.destination, id: &remote.segment };
        let read = self.remote_members(at, &self.0.ending, |page| matching.members(&page).map_err(unmapped)).await;
        read.map_err(|error: MembersError| (error.code(), format!("{error}.")))?;
        matching.sort();
        if matching.count() > 0 {
            let ids: Vec<&str> = fields.iter().map(|field| field.id.as_str()).collect();
            let query = self.asking(ws, SourceAt::stored(&rows.source), model, (None, &rows.context), &ids, self.store().now());
            let seed = self.list_seed(ws).await.map_err(told)?;
            let mut identified = query.await.map_err(told)?.identified(&seed, &ids).await.map_err(|error| told(error.into()))?;
            while let Some(batch) = identified.next().await.map_err(|error| told(error.into()))? {
                matching.rows(&batch).map_err(told)?;
                tokio::task::yield_now().await;
            }
        }
        Ok((Reference::new(segment.value.model, &remote), matching.found()))
    }

    async fn keep_list(&self, ws: WorkspaceId, id: SegmentId, at: Timestamp, rows: Vec<u128>) -> Result<(), RunError> {
        let folder = self.remote_lists(ws);
        private_dir(&folder).map_err(RunError::io("the folder of remote segments"))?;
        let (file, key, store) = (member_list::path(&folder, id, at), self.store().data_key(ws).await?, self.store().clone());
        let (give, take) = tokio::sync::mpsc::channel(1);
        let written = blocking(move || member_list::replace(&file, None, take, &key, store.entropy()));
        let fed = async move {
            // The other side ends early only with an error of its own, which is told below.
            let _ = give.send(rows).await;
        };
        let (written, ()) = tokio::join!(written, fed);
        written?.map_err(RunError::io("a list of members"))?;
        Ok(())
    }

    /// The lists of the remote segments among those that a condition reaches. Refused where one was never read, or was read of something
    /// else than what it says now.
    pub(crate) async fn lists(
        &self,
        ws: WorkspaceId,
        context: &Context,
    ) -> Result<std::collections::BTreeMap<SegmentId, List>, RunError> {
        let mut lists = std::collections::BTreeMap::new();
        for (id, segment) in &context.segments {
            let Some(remote) = &segment.remote else { continue };
            let state: RemoteState = self.store().remote_segment(ws, *id).await?.unwrap_or_default();
            let Some(membership) = state.membership_of(&Reference::new(segment.model, remote)) else {
                let cause = format!("The members of {} have not been read from the platform yet.", segment.name);
                return Err(RunError::Problems(vec![Problem::new("/remote", Code::RemoteNotRead, cause)]));
            };
            let file = member_list::path(&self.remote_lists(ws), *id, membership.at);
            let hashes = Arc::new(Kept { file, key: self.store().data_key(ws).await? });
            lists.insert(*id, List { seed: self.list_seed(ws).await?, hashes });
        }
        Ok(lists)
    }

    async fn list_seed(&self, ws: WorkspaceId) -> Result<String, RunError> {
        Ok(format!("{:016x}", self.store().data_key(ws).await?.fingerprint_seed()))
    }

    /// Where the lists of a workspace's remote segments lie.
    pub(crate) fn remote_lists(&self, ws: WorkspaceId) -> PathBuf {
        self.store().state_dir().join("remote").join(ws.to_string())
    }

    /// For ever: begins the readings that are due. A failure is logged and tried again a minute later.
    pub(crate) async fn refresh_what_is_due(&self) {
        loop {
            if let Err(error) = self.refresh_due().await {
                tracing::warn!(%error, "remote segments wait for another minute");
            }
            tokio::time::sleep(REMOTE_TICK).await;
        }
    }

    async fn refresh_due(&self) -> Result<(), RunError> {
        let mut page = PageRequest::default();
        loop {
            let workspaces = self.store().workspaces(&page).await?;
            for workspace in &workspaces.items {
                self.refresh_due_in(workspace.id).await?;
            }
            match workspaces.next {
                None => return Ok(()),
                next => page.after = next,
            }
        }
    }

    async fn refresh_due_in(&self, ws: WorkspaceId) -> Result<(), RunError> {
        let mut page = PageRequest::default();
        loop {
            let segments = self.store().list::<Segment>(ws, &page).await?;
            for segment in &segments.items {
                let Some(Schedule::EverySeconds(seconds)) = segment.value.remote.as_ref().map(|remote| remote.schedule) else {
                    continue;
                };
                let state: RemoteState = self.store().remote_segment(ws, segment.id).await?.unwrap_or_default();
                let wait = i64::try_from(seconds).unwrap_or(i64::MAX).min(10 * 366 * 86_400).seconds();
                let due = state
                    .refreshes
                    .first()
                    .is_none_or(|last| last.at.saturating_add(wait).is_ok_and(|due| due <= self.store().now()));
                if due {
                    self.start_refresh(ws, segment.id, false).await?;
                }
            }
            match segments.next {
                None => return Ok(()),
                next => page.after = next,
            }
        }
    }
}
