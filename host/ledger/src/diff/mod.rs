//! The diff: a source's rows against what the destination holds, in one pass in hash order, into a durable change set.
//!
//! Both sides come sorted: the ledger as it lies on disk, the intake part by part. What becomes of each row is decided in
//! [`crate::decide`]; here it is carried out. Memory is one part of the intake and a block per file.

mod members;
mod offer;

use sluice_catalog::{Code, outcome::Word};

use crate::{
    change_set::{self, ChangeSet, Counts, DiffHash, Head, ListedState, Move, PhaseHead, Writer},
    decide::{self, Decision, Left, Why},
    error::LedgerError,
    intake::{Finished, Incoming, Leaf},
    layout::Layout,
    row::{self, REMOVAL, Row, Tried},
    rules::Rules,
    table::{BaseRows, Generation, RowRef, prefix},
};

/// Compares, and writes the change set into the intake's folder. Nothing at the destination or of `base` is touched.
///
/// * Cancel-safe: until it returns there is no change set.
/// * Errors: damage of a ledger file ends it before anything is compared with the damaged part; nothing is sent.
pub fn diff(base: &Generation, mut intake: Finished, rules: &Rules) -> Result<ChangeSet, LedgerError> {
    let space = intake.space.clone();
    let mut rows = BaseRows::open(&space, base)?;
    let mut differ = Differ::new(base, &intake, rules)?;
    let mut leaf = Leaf::default();
    for part in 0..intake.parts() {
        intake.load(part, &mut leaf)?;
        for group in leaf.groups() {
            while let Some(row) = rows.row().filter(|r| (r.hash, r.key) < (group.hash, group.key)) {
                differ.left(&row)?;
                rows.advance()?;
            }
            let mut count = 1;
            let incoming = match group.rows() {
                1 => Incoming::parse(group.row),
                many => {
                    count = many;
                    Some(Incoming::Many { rows: many })
                }
            };
            let incoming = incoming.expect("the intake wrote it");
            let known = rows.row().filter(|r| r.hash == group.hash && r.key == group.key);
            let met = known.is_some();
            differ.present(group.hash, group.key, known, &incoming, count)?;
            if met {
                rows.advance()?;
            }
        }
    }
    while let Some(row) = rows.row() {
        differ.left(&row)?;
        rows.advance()?;
    }
    differ.finish(intake)
}

struct Differ<'a> {
    rules: &'a Rules,
    base: &'a Generation,
    layouts: Vec<Layout>,
    current: u32,
    out: Writer,
    phases: Vec<PhaseHead>,
    counts: Counts,
    removals: members::Removals,
    offers: offer::Offers,
    moves_by_partition: Vec<u64>,
    fresh: u64,
}

impl<'a> Differ<'a> {
    fn new(base: &'a Generation, intake: &Finished, rules: &'a Rules) -> Result<Self, LedgerError> {
        let mut layouts = base.layouts.clone();
        let current = base.layout_index(&intake.layout);
        if current as usize == layouts.len() {
            layouts.push(intake.layout.clone());
        }
        let removed = rules.removed.into_iter().map(|operation| PhaseHead { operation, removal: true, rows: 0 });
        let delivered = rules.deliveries().into_iter().map(|operation| PhaseHead { operation, removal: false, rows: 0 });
        let phases: Vec<PhaseHead> = removed.chain(delivered).collect();
        let out = Writer::create(&intake.space, &intake.folder, phases.len())?;
        let removals = members::Removals::new(intake, base, &layouts, current, rules.removed.is_some())?;
        let source = intake.counts();
        let counts = Counts { source_rows: source.rows, null_keys: source.null_keys, ..Counts::default() };
        Ok(Self {
            rules,
            base,
            offers: offer::Offers::new(&layouts, current, intake.space.seed),
            layouts,
            current,
            out,
            phases,
            counts,
            removals,
            moves_by_partition: vec![0; base.partitions.len()],
            fresh: 0,
        })
    }

    fn present(
        &mut self,
        hash: u64,
        key: &[u8],
        known: Option<RowRef<'_>>,
        incoming: &Incoming<'_>,
        rows: u32,
    ) -> Result<(), LedgerError> {
        // Nearly every row of a quiet run: accepted, nothing else known of it, and the same as then.
        if let (Some(known), &Incoming::Valid { payload, .. }) = (&known, incoming)
            && let Some((_, sent)) = known.plain()
            && !self.rules.full_resync
            && !self.rules.replaces()
            && sent == payload
        {
            self.counts.base_rows += 1;
            self.counts.unchanged += 1;
            return Ok(());
        }
        let row = known.map(|known| known.decode(&self.base.layouts)).transpose()?;
        let held = row.as_ref().is_some_and(Row::is_held);
        self.counts.base_rows += u64::from(held);
        match *incoming {
            Incoming::Many { rows } => {
                self.counts.duplicate_keys += 1;
                self.counts.duplicate_rows += u64::from(rows);
                self.invalid(Code::DuplicatePrimaryKey, u64::from(rows));
                self.list(hash, key, ListedState::Invalid, Code::DuplicatePrimaryKey, None, rows)?;
                self.is_left_out(hash, key, row.as_ref())
            }
            Incoming::Invalid { payload, code, field } => {
                let tried = row.as_ref().and_then(|r| r.tried.as_ref());
                if tried.is_some_and(|t| t.word == Word::Invalid && decide::still_refused(t, payload, key, self.rules)) {
                    self.counts.still_rejected += 1;
                    self.list(hash, key, ListedState::StillRejected, code, field, rows)?;
                    return self.is_left_out(hash, key, row.as_ref());
                }
                self.invalid(code, 1);
                self.list(hash, key, ListedState::Invalid, code, field, rows)?;
                self.push(hash, key, row.is_some(), &Move::Refuse { word: Word::Invalid, code, payload })
            }
            Incoming::Valid { payload, cells } => {
                let source = offer::Source { hash, key, payload, cells };
                self.decided(&source, row.as_ref())
            }
        }
    }

    /// What came of the last attempt stands. Where there was nothing to do with the row, there still is not.
    fn still(&mut self, hash: u64, key: &[u8], tried: Option<&Tried>, rows: u32) -> Result<(), LedgerError> {
        let (state, count) = match tried.map(|t| t.word) {
            Some(Word::Skipped) => (ListedState::StillSkipped, &mut self.counts.still_skipped),
            _ => (ListedState::StillRejected, &mut self.counts.still_rejected),
        };
        *count += 1;
        self.list(hash, key, state, tried.and_then(|t| t.code).unwrap_or(Code::StillRejected), None, rows)
    }

    fn decided(&mut self, source: &offer::Source<'_>, row: Option<&Row>) -> Result<(), LedgerError> {
        let (hash, key, payload) = (source.hash, source.key, source.payload);
        match decide::present(row, key, payload, self.rules) {
            Decision::Unchanged => self.counts.unchanged += 1,
            Decision::Moot => {
                self.counts.unchanged += 1;
                self.push(hash, key, true, &Move::Moot)?;
            }
            Decision::OutsideMode => self.counts.outside_mode += 1,
            Decision::StillRejected => {
                self.still(hash, key, row.and_then(|r| r.tried.as_ref()), 1)?;
                self.is_left_out(hash, key, row)?;
            }
            Decision::Expired => {
                self.counts.expired += 1;
                self.list(hash, key, ListedState::Expired, Code::CarriedTooLong, None, 1)?;
                let refuse = Move::Refuse { word: Word::Expired, code: Code::CarriedTooLong, payload };
                self.push(hash, key, row.is_some(), &refuse)?;
            }
            Decision::Held => {
                self.counts.held += 1;
                self.list(hash, key, ListedState::Held, Code::UnknownHeld, None, 1)?;
            }
            Decision::AssumeSent => {
                self.counts.assumed += 1;
                self.push(hash, key, row.is_some(), &Move::Assume)?;
            }
            Decision::Adopt => {
                self.counts.adopted += 1;
                let attempt = self.offers.attempt(source, &self.layouts[self.current as usize]);
                self.push(hash, key, row.is_some(), &Move::Adopt(attempt))?;
            }
            Decision::Offer(how) => self.offer(source, row, how)?,
        }
        Ok(())
    }

    /// A row of the source that is not sent; where a session takes the place of everything, what was there of it goes with that.
    fn is_left_out(&mut self, hash: u64, key: &[u8], row: Option<&Row>) -> Result<(), LedgerError> {
        let held = row.is_some_and(Row::is_held);
        if held && self.rules.replaces() { self.push(hash, key, true, &Move::Replaced) } else { Ok(()) }
    }

    fn offer(&mut self, source: &offer::Source<'_>, row: Option<&Row>, how: decide::Offer) -> Result<(), LedgerError> {
        let (hash, key, payload) = (source.hash, source.key, source.payload);
        let layout = &self.layouts[self.current as usize];
        let sent = row.and_then(|r| r.sent.as_ref());
        let attempt = self.offers.attempt(source, layout);
        let Some(whole) = self.offers.choose(source, &attempt, sent, how.whole, &self.layouts) else {
            self.counts.skipped += 1;
            self.list(hash, key, ListedState::Skipped, Code::NothingToSend, None, 1)?;
            let refuse = Move::Refuse { word: Word::Skipped, code: Code::NothingToSend, payload };
            return self.push(hash, key, row.is_some(), &refuse);
        };
        let mut parts = Vec::new();
        let before = self.removals.thought_of();
        if let Some(row) = row
            && layout.members()
        {
            parts = self.removals.replaced(hash, key, row, &attempt, &self.layouts, &mut self.out)?;
        }
        let operation = if sent.is_some() { self.rules.changed } else { self.rules.added }.or(self.rules.added);
        let operation = operation.expect("an offer has an operation");
        let phase = self.phases.iter().position(|p| !p.removal && p.operation == operation).expect("each operation has a phase");
        let cells = if whole { source.cells } else { self.offers.masked() };
        let index = match layout.remote_id() {
            None => self.out.row(phase, hash, key, payload, cells)?,
            Some(_) => {
                let known = sent.filter(|s| row::is_of(s, &attempt.identifiers, &self.layouts, self.current));
                let mut cells = cells.to_vec();
                row::put_remote_id(known.and_then(|s| s.remote_id.as_deref()), &mut cells);
                self.out.row(phase, hash, key, payload, &cells)?
            }
        };
        match how.why {
            Why::Added => self.counts.added += 1,
            Why::Changed => self.counts.changed += 1,
            Why::Again => self.counts.again += 1,
            Why::Same => self.counts.unchanged += 1,
        }
        self.push_after(hash, key, row.is_some(), &Move::Offer { phase: phase as u8, index, parts, attempt }, before)
    }

    fn left(&mut self, known: &RowRef<'_>) -> Result<(), LedgerError> {
        // Rows that stay without a look: most modes keep what left, and accepted rows carry nothing else.
        if known.plain().is_some() && self.rules.removed.is_none() && !self.rules.appends() && !self.rules.replaces() {
            self.counts.base_rows += 1;
            self.counts.gone += 1;
            return Ok(());
        }
        let row = known.decode(&self.base.layouts)?;
        let (hash, key) = (known.hash, known.key);
        self.counts.base_rows += u64::from(row.is_held());
        match decide::left(&row, key, self.rules) {
            Left::Keep => self.counts.gone += 1,
            Left::Moot => {
                self.counts.gone += 1;
                self.push(hash, key, true, &Move::Moot)?;
            }
            Left::Forget => {
                self.counts.forgotten += 1;
                self.push(hash, key, true, &Move::Forget)?;
            }
            Left::LateUnsent => {
                self.counts.late_unsent += 1;
                self.push(hash, key, true, &Move::Forget)?;
            }
            Left::StillRejected => self.still(hash, key, row.tried.as_ref(), 0)?,
            Left::Expired => {
                self.counts.expired += 1;
                self.list(hash, key, ListedState::Expired, Code::CarriedTooLong, None, 0)?;
                let refuse = Move::Refuse { word: Word::Expired, code: Code::CarriedTooLong, payload: REMOVAL };
                self.push(hash, key, true, &refuse)?;
            }
            Left::Replaced => {
                self.counts.removed += 1;
                self.push(hash, key, true, &Move::Replaced)?;
            }
            Left::Remove => {
                self.counts.removed += 1;
                let before = self.removals.thought_of();
                let parts = self.removals.left(hash, key, &row, &self.layouts, &mut self.out)?;
                self.push_after(hash, key, true, &Move::Remove { parts }, before)?;
            }
        }
        Ok(())
    }

    fn invalid(&mut self, code: Code, rows: u64) {
        *self.counts.invalid.entry(code).or_default() += rows;
    }

    fn list(
        &mut self,
        hash: u64,
        key: &[u8],
        state: ListedState,
        code: Code,
        field: Option<u16>,
        rows: u32,
    ) -> Result<(), LedgerError> {
        change_set::list(&mut self.out, hash, key, state, code, field, rows)
    }

    fn push(&mut self, hash: u64, key: &[u8], known: bool, what: &Move) -> Result<(), LedgerError> {
        self.push_after(hash, key, known, what, self.removals.thought_of())
    }

    fn push_after(&mut self, hash: u64, key: &[u8], known: bool, what: &Move, removals: u64) -> Result<(), LedgerError> {
        self.fresh += u64::from(!known);
        if let Some(count) = self.moves_by_partition.get_mut(prefix(hash, self.base.bits)) {
            *count += 1;
        }
        change_set::push_move(&mut self.out, hash, key, what, removals)
    }

    fn finish(mut self, intake: Finished) -> Result<ChangeSet, LedgerError> {
        // Rows without a usable key never reached a part; they are counted where they were refused.
        let unkeyed = intake.counts();
        for (code, rows) in &unkeyed.unkeyed {
            self.invalid(*code, *rows);
        }
        let withheld = self.removals.finish(&mut self.out, self.base, &mut self.counts)?;
        let idle = self.rules.replaces() && self.counts.is_quiet();
        let head = Head {
            phases: self.phases,
            counts: self.counts,
            diff_hash: DiffHash::default(),
            base: self.base.number,
            layouts: self.layouts,
            current: self.current,
            revision: self.rules.revision,
            now_seconds: self.rules.now.as_second(),
            dated: self.rules.appends(),
            moves: self.out.moves.rows(),
            moves_by_partition: self.moves_by_partition,
            fresh: self.fresh,
            idle,
            place: self.rules.place,
        };
        self.out.commit(head, withheld)
    }
}
