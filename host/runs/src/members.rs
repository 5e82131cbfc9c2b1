//! Members of a segment that lives on a platform, read page by page: what a remote segment is built from (features 5.10).
//!
//! A page is in memory at a time and is handed on before the next one is asked for. Where the reading breaks off, what was handed on
//! is a part of the segment and nobody knows which: every error says so, and the membership that was there before has to be kept.

mod columns;

use std::time::Duration;

use arrow::array::RecordBatch;
use sluice_catalog::{
    Code,
    columnar::Field,
    contract::{Halt, MembersPage, Reason, Task},
    ids::{DestinationId, WorkspaceId},
    manifest::{Capability, FieldRole},
};
use sluice_sandbox::Session;
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    call,
    declared::Platform,
    error::RunError,
    host::{Host, private_dir},
    limits::{
        BACKOFF_FIRST, MEMBERS_MAX, MEMBERS_PAGE_ROWS_MAX, MEMBERS_PAGES_MAX, MEMBERS_TRIES_MAX, MEMBERS_WAIT_MAX, TOKEN_BYTES_MAX,
    },
    link::{self, Opening},
    verdict::Why,
};

/// A segment at a platform.
#[derive(Debug, Clone, Copy)]
pub struct RemoteSegment<'a> {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Where it lives. Its connector declares the capability `list-members`.
    pub destination: DestinationId,
    /// The platform's own id of it.
    pub id: &'a str,
}

/// A segment that was read to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MembersRead {
    /// Rows handed on; 0 for an empty segment.
    pub members: u64,
    /// Pages that they came in.
    pub pages: u32,
}

/// Why a segment was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// The connector does not list members. `remote-not-supported`.
    #[error("{connector} does not list the members of a segment")]
    NotSupported {
        /// Its id.
        connector: String,
    },
    /// The platform has no such segment. `remote-segment-not-found`.
    #[error("{}", .0.message)]
    SegmentNotFound(Why),
    /// The platform wants us to come back later than somebody waits here; no member was handed on. `dest-rate-limited`.
    #[error("{}", .0.message)]
    RateLimited(Why),
    /// It broke off after some pages: what was handed on is a part. `remote-partial`.
    #[error("the platform gave {members} members, and then: {source}")]
    Partial {
        /// Rows handed on before.
        members: u64,
        /// What happened.
        source: Box<RunError>,
    },
    /// Anything else before the first page: the connector or its platform, our store, a stop; or what `take` gave.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl MembersError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::NotSupported { .. } => Code::RemoteNotSupported,
            Self::SegmentNotFound(_) => Code::RemoteSegmentNotFound,
            Self::RateLimited(_) => Code::DestRateLimited,
            Self::Partial { .. } => Code::RemotePartial,
            Self::Run(error) => error.code(),
        }
    }
}

impl Host {
    /// Do not drop the future half-way while it waits for the component: that call's reply is lost.
    ///
    /// Reads all members of a segment at a platform, page by page, and hands each page to `take`, which says where they go.
    ///
    /// * A batch has one column per field of the page, the same fields on every page; a field's metadata are the contract's: `role`
    ///   (`identifier` of at least one), `identifier` (the platform's name of it), `form` (normaliser and hash, where it is not
    ///   plain). A cell that the platform did not give is null. Rows are in the platform's order; duplicates are not taken out.
    /// * Memory: one page, at most [`MEMBERS_PAGE_ROWS_MAX`] rows. At most [`MEMBERS_MAX`] members; more are [`MembersError::Partial`].
    /// * A platform that prepares a file first is waited for, without a thread or an instance, until the connector gives up or `stop`
    ///   is cancelled (`run-cancelled`). One that does not work, or wants us to slow down by up to [`MEMBERS_WAIT_MAX`], is asked for
    ///   the same page up to [`MEMBERS_TRIES_MAX`] times.
    /// * Any error means that what `take` was given is not the segment. An error of `take` ends the reading and comes back as it is.
    /// * Every request leaves its line in the egress ledger, under the destination's id.
    pub async fn remote_members(
        &self,
        segment: RemoteSegment<'_>,
        stop: &CancellationToken,
        mut take: impl FnMut(RecordBatch) -> Result<(), RunError>,
    ) -> Result<MembersRead, MembersError> {
        let ws = segment.workspace;
        let platform = Platform::load(self.store(), ws, segment.destination).await?;
        if !platform.manifest.can(Capability::ListMembers) {
            return Err(MembersError::NotSupported { connector: platform.manifest.title.clone() });
        }
        let scratch = self.questions().join(segment.destination.to_string());
        private_dir(&scratch).map_err(RunError::io("the folder for questions"))?;
        let opening = Opening {
            store: self.store(),
            engine: self.engine(),
            pacers: &self.0.pacers,
            tokens: &self.0.tokens,
            workspace: ws,
            platform: &platform,
            cause: segment.destination.to_string(),
            scratch: &scratch,
            limits: link::limits(&platform.manifest).for_rows(MEMBERS_MAX),
        };
        let link = opening.open().await?;
        let now_ms = self.store().now().as_millisecond().max(0) as u64;
        let task = link::task(&link, &platform, "", "", &serde_json::json!({}), now_ms, Vec::new());
        let mut reading = Reading {
            store: self.store(),
            session: &link.session,
            stop,
            task,
            segment: segment.id,
            schema: None,
            read: MembersRead::default(),
        };
        let mut cursor = None;
        loop {
            let page = reading.page(cursor.as_deref()).await;
            self.store().append_egress(ws, segment.destination, link.records.take()).await.map_err(RunError::from)?;
            let (batch, next) = reading.counted(page?, cursor.as_deref())?;
            if batch.num_rows() > 0 {
                take(batch)?;
            }
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(reading.read),
            }
        }
    }
}

/// A reading under way.
struct Reading<'a> {
    store: &'a Store,
    session: &'a Session,
    stop: &'a CancellationToken,
    task: Task,
    segment: &'a str,
    /// Of the first page.
    schema: Option<Vec<Field>>,
    read: MembersRead,
}

impl Reading<'_> {
    /// Asks for a page, with patience.
    async fn page(&self, cursor: Option<&[u8]>) -> Result<MembersPage, MembersError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let halt = match call::members(self.session, self.stop, &self.task, self.segment, cursor).await {
                Ok(Ok(page)) => return Ok(page),
                Ok(Err(halt)) => halt,
                Err(error) => return Err(self.broken(error)),
            };
            let wait = match &halt {
                Halt::Throttled(reason) | Halt::Unavailable(reason) => self.wait(reason, tries),
                _ => None,
            };
            let Some(wait) = wait else { return Err(self.ended(halt)) };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.stop.cancelled() => return Err(RunError::Cancelled.into()),
            }
        }
    }

    /// How long to wait before the next try; none when there is none.
    fn wait(&self, reason: &Reason, tries: u32) -> Option<Duration> {
        let now_ms = self.store.now().as_millisecond().max(0) as u64;
        let until = reason.at_ms.map(|at| at.saturating_sub(now_ms));
        let wish = reason.after_ms.or(until).map(Duration::from_millis);
        let wait = wish.unwrap_or(BACKOFF_FIRST * 2u32.pow(tries));
        (tries < MEMBERS_TRIES_MAX && wait <= MEMBERS_WAIT_MAX).then_some(wait)
    }

    fn ended(&self, halt: Halt) -> MembersError {
        match halt {
            Halt::Missing(reason) if self.read.pages == 0 => MembersError::SegmentNotFound(reason.into()),
            Halt::Throttled(reason) if self.read.pages == 0 => MembersError::RateLimited(reason.into()),
            halt => self.broken(RunError::Said(call::why(halt))),
        }
    }

    /// Before the first page it is what it is; after it, what was handed on is a part.
    fn broken(&self, error: RunError) -> MembersError {
        match error {
            RunError::Cancelled => MembersError::Run(error),
            error if self.read.pages == 0 => MembersError::Run(error),
            error => MembersError::Partial { members: self.read.members, source: Box::new(error) },
        }
    }

    fn protocol(&self, what: &str) -> MembersError {
        self.broken(RunError::Said(Why::ours(Code::ConnectorProtocol, what)))
    }

    /// Holds a page against the contract and the limits; its rows, and where the next one begins.
    fn counted(&mut self, page: MembersPage, cursor: Option<&[u8]>) -> Result<(RecordBatch, Option<Vec<u8>>), MembersError> {
        let MembersPage { schema, members, next } = page;
        if members.rows > MEMBERS_PAGE_ROWS_MAX {
            return Err(self.protocol(&format!("a page of members has more than {MEMBERS_PAGE_ROWS_MAX} rows")));
        }
        if next.as_ref().is_some_and(|next| next.len() > TOKEN_BYTES_MAX) {
            return Err(self.protocol(&format!("a cursor of members has more than {TOKEN_BYTES_MAX} bytes")));
        }
        if next.is_some() && next.as_deref() == cursor {
            return Err(self.protocol("a page of members leads to itself"));
        }
        if !schema.iter().any(|field| field.attr("role") == Some(FieldRole::Identifier.as_str())) {
            return Err(self.protocol("members have no column with the role `identifier`"));
        }
        if self.schema.as_ref().is_some_and(|first| *first != schema) {
            return Err(self.protocol("the columns of the members are not those of the first page"));
        }
        let batch = columns::record_batch(&schema, members).map_err(|what| self.protocol(&format!("a page of members {what}")))?;
        self.schema.get_or_insert(schema);
        let members = self.read.members + batch.num_rows() as u64;
        if members > MEMBERS_MAX || self.read.pages == MEMBERS_PAGES_MAX {
            let what = format!("a remote segment is read up to {MEMBERS_MAX} members and {MEMBERS_PAGES_MAX} pages");
            return Err(self.broken(RunError::Said(Why::ours(Code::DestProtocol, what))));
        }
        self.read = MembersRead { members, pages: self.read.pages + 1 };
        Ok((batch, next))
    }
}
