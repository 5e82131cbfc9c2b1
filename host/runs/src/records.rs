//! Row-level results of a run: what became of each record, read from the run's change set and journal (features 9.3).
//!
//! Nothing of this is stored twice: the change set knows the rows, the journal knows the verdicts. When retention has taken the
//! run's folder, the counts and reasons of the run stay and its records are gone.

use sha2::{Digest, Sha256};
use sluice_catalog::{
    Code,
    activation::Activation,
    contract::Operation,
    ids::{RunId, WorkspaceId},
    outcome::Word,
};
use sluice_ledger::{ChangeSet, Listed, ListedState, key_text};
use sluice_store::{Run, RunState, StoreError};

use crate::{
    declared::Rows,
    error::RunError,
    host::{Flags, Host},
    journal,
    limits::RECORDS_PAGE_MAX,
    order::{self, Of},
    progress::{Phase, Progress},
    verdict::{Verdict, Why},
};

/// Rows read from the change set at once.
const CHUNK_ROWS: u64 = 4_096;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Record {
    /// The primary key as text; parts of a composite key are joined by ` / `. Where a field of it is personal data: a mark instead.
    pub key: String,
    /// What was to be done; none for rows that were refused before.
    pub operation: Option<Operation>,
    /// One of the eight words; none while the row waits to be sent, `pending` while the platform works on it.
    pub outcome: Option<Word>,
    /// Code of the registry, or the connector's text; none for plain acceptance.
    pub code: Option<String>,
    /// The platform's words, or the code's title.
    pub message: Option<String>,
    /// The field concerned.
    pub field: Option<String>,
    /// The platform's own code.
    pub vendor_code: Option<String>,
    /// Rows of the source with this key: more than one for duplicates.
    pub rows: u32,
}

/// Which records; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// One of the eight words.
    pub outcome: Option<Word>,
    /// Exactly this code.
    pub code: Option<String>,
    /// Exactly this key, as text.
    pub key: Option<String>,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// At most as many as were asked for.
    pub records: Vec<Record>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// A place in the sequence of all records: phases in order, then the listed rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    phase: usize,
    row: u64,
}

impl RecordPage {
    /// The page with a mark in the place of each key. Equal keys of one run have one mark, so that records can be told apart; `seed`
    /// makes the marks of two runs have nothing in common.
    fn masked(mut self, seed: &str) -> Self {
        for record in &mut self.records {
            let digest = hex::encode(Sha256::digest(format!("{seed}/{}", record.key)));
            record.key = format!("•••{}", &digest[..8]);
        }
        self
    }
}

impl At {
    fn parse(text: &str) -> Option<Self> {
        let (phase, row) = text.split_once('.')?;
        Some(Self { phase: phase.parse().ok()?, row: row.parse().ok()? })
    }
}

impl Host {
    /// Records of a run, in the order of delivery, from `after` on (a page's `next`).
    pub async fn records(
        &self,
        ws: WorkspaceId,
        id: RunId,
        filter: &RecordFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<RecordPage, RunError> {
        let run = self.store().run(ws, id).await?;
        let from = match after {
            Some(text) => {
                At::parse(text).ok_or_else(|| RunError::Said(Why::ours(Code::ApiInvalid, "The cursor is not one of ours.")))?
            }
            None => At { phase: 0, row: 0 },
        };
        let scratch = self.scratch(ws, id);
        if !tokio::fs::try_exists(&scratch).await.map_err(RunError::io("the run's folder"))? {
            return Ok(RecordPage { records: Vec::new(), next: None });
        }
        let of = Of { workspace: ws, activation: run.activation, now: run.now, flags: Flags::default(), scratch: scratch.clone() };
        let space = order::space(self, &of).await?;
        let Some(change_set) = order::blocking(move || ChangeSet::open(&space, &scratch)).await?? else {
            return Ok(RecordPage { records: Vec::new(), next: None });
        };
        let key = self.store().data_key(ws).await?;
        let events = journal::read(self.store(), &key, ws, id).await?;
        let mut progress = Progress::of(change_set.phases());
        events.iter().for_each(|event| progress.apply(event));
        if let Some(why) = ended_early(&run) {
            progress.give_up(&why);
        }
        let filter = filter.clone();
        let limit = limit.clamp(1, RECORDS_PAGE_MAX);
        let personal = self.has_personal_key(ws, &run).await?;
        let page = order::blocking(move || Reader { change_set, progress, filter, limit }.page(from)).await??;
        Ok(if personal { page.masked(&format!("{ws}/{id}")) } else { page })
    }

    /// Whether the keys of a run's records are personal data: a field of the key is, or what the run sent is not there any more.
    async fn has_personal_key(&self, ws: WorkspaceId, run: &Run) -> Result<bool, RunError> {
        let activation = match self.store().get::<Activation>(ws, run.activation).await {
            Err(StoreError::NotFound { .. }) => return Ok(true),
            other => other?,
        };
        match Rows::load(self.store(), ws, activation.value.from).await {
            // What a calculated field is made of is not followed here: it may be personal data.
            Ok(rows) => Ok(rows.model.value.key_fields().any(|field| field.pii || field.calculated.is_some())),
            Err(RunError::Store(StoreError::NotFound { .. })) => Ok(true),
            Err(other) => Err(other),
        }
    }
}

/// Why rows without an outcome in the journal were given up, for a run that has ended.
fn ended_early(run: &Run) -> Option<Why> {
    match run.state {
        RunState::Cancelled => Some(Why::ours(Code::RunCancelled, "the run was cancelled")),
        RunState::Discarded | RunState::Expired => Some(Why::ours(Code::ConfirmationExpired, "the held diff was not confirmed")),
        state if state.is_final() => {
            let failure = run.failure.as_ref();
            Some(failure.map_or_else(|| Why::ours(Code::RunInterrupted, ""), |f| Why::ours(f.code, f.cause.clone())))
        }
        _ => None,
    }
}

struct Reader {
    change_set: ChangeSet,
    progress: Progress,
    filter: RecordFilter,
    limit: usize,
}

impl Reader {
    fn page(&self, from: At) -> Result<RecordPage, RunError> {
        let mut records = Vec::new();
        let phases = self.change_set.phases().len();
        for phase in from.phase..phases {
            let start = if phase == from.phase { from.row } else { 0 };
            if let Some(at) = self.phase(phase, start, &mut records)? {
                return Ok(RecordPage { records, next: Some(format!("{phase}.{at}")) });
            }
        }
        let start = if from.phase >= phases { from.row } else { 0 };
        for (at, listed) in self.change_set.listed().enumerate().skip(start as usize) {
            if records.len() == self.limit {
                return Ok(RecordPage { records, next: Some(format!("{phases}.{at}")) });
            }
            let record = self.listed(listed?);
            records.extend(self.takes(&record).then_some(record));
        }
        Ok(RecordPage { records, next: None })
    }

    /// Reads a phase on; gives the place where the page was full.
    fn phase(&self, phase: usize, start: u64, records: &mut Vec<Record>) -> Result<Option<u64>, RunError> {
        let (rows, operation) = (self.change_set.phases()[phase].rows, self.change_set.phases()[phase].operation);
        let progress = &self.progress.phases[phase];
        let mut at = start;
        while at < rows {
            let chunk = CHUNK_ROWS.min(rows - at);
            // Whole stretches that the filter does not want are not read.
            if self.wants_any(progress, at, chunk) {
                let read = self.change_set.batch(phase as u8, &[(at, chunk as u32)])?;
                for (offset, key) in read.keys().enumerate() {
                    let row = at + offset as u64;
                    if records.len() == self.limit {
                        return Ok(Some(row));
                    }
                    let record = sent(key_text(key), operation, progress, row);
                    records.extend(self.takes(&record).then_some(record));
                }
            }
            at += chunk;
        }
        Ok(None)
    }

    fn wants_any(&self, phase: &Phase, start: u64, len: u64) -> bool {
        let Some(wanted) = self.filter.outcome else { return true };
        let within = |s: u64, l: u64| s < start + len && s + l > start;
        (wanted == Word::Pending && phase.pending.iter().any(|(s, l, _)| within(s, l)))
            || phase.judged.iter().any(|(s, l, verdict)| verdict.word == wanted && within(s, l))
    }

    fn listed(&self, listed: Listed) -> Record {
        let outcome = match listed.state {
            ListedState::StillRejected => Some(Word::Rejected),
            ListedState::StillSkipped => Some(Word::Skipped),
            ListedState::Held => Some(Word::Unknown),
            other => other.word(),
        };
        let fields = self.change_set.phases().iter().find(|p| !p.removal).map(|p| &p.schema);
        let field = listed.field.and_then(|at| fields?.get(usize::from(at)).map(|f| f.name.clone()));
        Record {
            key: key_text(&listed.key),
            operation: None,
            outcome,
            code: Some(listed.code.as_str().to_owned()),
            message: Some(listed.code.title().to_owned()),
            field,
            vendor_code: None,
            rows: listed.rows,
        }
    }

    fn takes(&self, record: &Record) -> bool {
        let RecordFilter { outcome, code, key } = &self.filter;
        outcome.is_none_or(|o| record.outcome == Some(o))
            && code.as_ref().is_none_or(|c| record.code.as_ref() == Some(c))
            && key.as_ref().is_none_or(|k| record.key == *k)
    }
}

fn sent(key: String, operation: Operation, phase: &Phase, row: u64) -> Record {
    let waiting = phase.again.get(row).map(|again| Verdict { word: Word::Pending, why: Some(again.why.clone()) });
    let judged = phase.judged.get(row);
    let why = judged.or(waiting.as_ref()).and_then(|v| v.why.clone());
    Record {
        key,
        operation: Some(operation),
        outcome: judged.map(|v| v.word).or_else(|| phase.pending.get(row).map(|_| Word::Pending)),
        code: why.as_ref().map(|w| w.code.clone()),
        message: why.as_ref().map(|w| w.message.clone()),
        field: why.as_ref().and_then(|w| w.field.clone()),
        vendor_code: why.and_then(|w| w.vendor_code),
        rows: 1,
    }
}
