//! The end of a round: batches that the platform works on by itself are asked after until each row has its outcome.
//!
//! Nothing here writes rows, so a crash costs one question more: the journal has the ticket of every batch that waits, and whoever
//! takes the run up asks with it. A question that fails says nothing about the rows; it is asked again, until the ticket's time is up.

use std::{collections::BTreeMap, time::Duration};

use sluice_catalog::{Code, contract::Halt, manifest::PollRows};

use crate::{
    deliver::{Delivery, End, cancelled},
    error::RunError,
    lanes::{Back, Errand, Question},
    limits::{AWAIT_HERE_MAX, LANDED_LOOK, TOKEN_BYTES_MAX},
    progress::Event,
    settle_batch::{self, Asked},
    verdict::Why,
};

/// What is known of a batch's questions beyond the journal.
#[derive(Debug, Clone, Default)]
struct Questions {
    /// One is on its way.
    under_way: bool,
    /// Not before, in milliseconds since 1970-01-01T00:00:00Z: the last one failed.
    not_before_ms: i64,
    /// How many in a row have failed in the component.
    broken: u32,
    /// The connector needs the rows to tell what became of them, and is asked with this token.
    with_rows: Option<Vec<u8>>,
}

impl Delivery {
    /// Asks until no batch of the phase waits, or until the next question is so late that the run is better laid down meanwhile.
    pub(crate) async fn ask_after(&mut self, phase: u8) -> Result<End, RunError> {
        let mut lanes = self.lanes(phase, self.terms.in_flight);
        let mut questions: BTreeMap<u32, Questions> = BTreeMap::new();
        let mut end: Option<End> = None;
        loop {
            let now_ms = self.terms.store.now().as_millisecond();
            if end.is_none() && self.terms.cancel.is_cancelled() {
                end = Some(End::Stopped(cancelled()));
            }
            if end.is_some() {
                lanes.take_back();
            } else {
                self.end_overdue(phase, &questions, now_ms).await?;
                for waiting in self.waiting(phase).filter(|w| w.due_ms <= now_ms) {
                    let asked = questions.entry(waiting.cut.batch).or_default();
                    if !asked.under_way && asked.not_before_ms <= now_ms {
                        asked.under_way = true;
                        let with_rows = self.terms.poll_rows == PollRows::Always || asked.with_rows.is_some();
                        let token = asked.with_rows.clone().unwrap_or_else(|| waiting.ticket.token.clone());
                        let (cut, question) = (waiting.cut.clone(), Some(Question { token, with_rows }));
                        lanes.give(Errand { cut, question, seal: self.is_sequential().then_some(waiting.seal) });
                    }
                }
                lanes.go_on();
            }
            if lanes.under_way() == 0 {
                if let Some(end) = end {
                    return Ok(end);
                }
                let Some(next_ms) = self.next_question_ms(phase, &questions) else { return Ok(End::Done) };
                let wait = Duration::from_millis(next_ms.saturating_sub(now_ms).max(1) as u64);
                if wait > AWAIT_HERE_MAX {
                    return Ok(End::Awaiting(next_ms));
                }
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = self.terms.cancel.cancelled() => {}
                }
                continue;
            }
            tokio::select! {
                backs = lanes.landed() => {
                    let stop = self.answered(phase, backs, &mut questions).await?;
                    end = end.or(stop);
                }
                () = tokio::time::sleep(LANDED_LOOK) => {}
            }
        }
    }

    /// Takes answers in, durably.
    async fn answered(
        &mut self,
        phase: u8,
        backs: Vec<Back>,
        questions: &mut BTreeMap<u32, Questions>,
    ) -> Result<Option<End>, RunError> {
        let now_ms = self.terms.store.now().as_millisecond();
        let (mut events, mut consequences, mut stop) = (Vec::new(), Vec::new(), None);
        for Back { cut, landed } in backs {
            let before = questions.remove(&cut.batch).unwrap_or_default();
            let mut after = Questions::default();
            let landed = match landed? {
                Ok(Err(Halt::Later(ticket))) if self.asks_for_rows(&before) && ticket.token.len() <= TOKEN_BYTES_MAX => {
                    questions.insert(cut.batch, Questions { with_rows: Some(ticket.token), broken: before.broken, ..after });
                    continue;
                }
                landed => landed,
            };
            events.extend(self.told_ids(&cut, &landed));
            match settle_batch::asked(&cut, landed, &self.rules(now_ms), before.broken) {
                Asked::Answered(event, consequence) => {
                    events.push(*event);
                    consequences.push(consequence);
                }
                Asked::Again { wait_ms, broken } => {
                    after.not_before_ms = now_ms.saturating_add(wait_ms as i64);
                    after.broken = if broken { before.broken + 1 } else { before.broken };
                    after.with_rows = before.with_rows;
                }
                Asked::Stop(why) => stop = Some(End::Stopped(why)),
            }
            questions.insert(cut.batch, after);
        }
        self.note(&events).await?;
        for consequence in consequences {
            let end = self.follows(consequence, now_ms);
            stop = stop.or(end);
        }
        Ok(stop.or_else(|| self.progress.broken_session(phase).cloned().map(End::Stopped)))
    }

    /// Whether `later` means that a question can be answered with the rows alone.
    fn asks_for_rows(&self, asked: &Questions) -> bool {
        self.terms.poll_rows == PollRows::OnDemand && asked.with_rows.is_none()
    }

    /// Ends what the platform has not finished within the ticket's time.
    async fn end_overdue(&mut self, phase: u8, questions: &BTreeMap<u32, Questions>, now_ms: i64) -> Result<(), RunError> {
        let why = || Why::ours(Code::DestTimeout, "the platform had not finished the batch when the time was up");
        let asked = |batch: u32| questions.get(&batch).is_some_and(|asked| asked.under_way);
        let overdue = self.waiting(phase).filter(|w| w.until_ms() <= now_ms && !asked(w.cut.batch));
        let events: Vec<Event> = overdue.map(|w| settle_batch::in_doubt(&w.cut, why())).collect();
        if events.is_empty() { Ok(()) } else { self.note(&events).await }
    }

    /// When the next question is due, or the next batch's time is up; none when no batch waits.
    fn next_question_ms(&self, phase: u8, questions: &BTreeMap<u32, Questions>) -> Option<i64> {
        let not_before = |batch: u32| questions.get(&batch).map_or(0, |asked| asked.not_before_ms);
        self.waiting(phase).map(|w| w.due_ms.max(not_before(w.cut.batch)).min(w.until_ms())).min()
    }
}
