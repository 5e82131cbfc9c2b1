//! The naive evaluator of sequences: every choice of rows is tried, over [`super::naive_related`].

use jiff::Timestamp;
use sluice_catalog::{
    condition::{Inside, Sequence, Unit, Within},
    ids::ModelId,
};

use super::{
    naive::{Cell, Row, cell},
    naive_related::Worlds,
};

/// The rows chosen so far, by step; none for steps that were not done.
type Chosen<'a> = Vec<Option<&'a Row>>;

impl Worlds {
    pub(crate) fn sequence(&self, of: ModelId, sequence: &Sequence, row: &Row) -> bool {
        let found: Vec<Vec<Row>> = sequence
            .steps
            .iter()
            .map(|step| {
                let (last, rows) = self.reached(of, &step.path, row);
                let fits = |found: &Row| step.filter.as_ref().is_none_or(|group| self.holds(last, group, found, Some(row)));
                rows.into_iter().filter(|found| fits(found)).cloned().collect()
            })
            .collect();
        let times: Vec<String> = sequence
            .steps
            .iter()
            .map(|step| {
                let (last, _) = self.reached(of, &step.path, row);
                step.time.clone().or_else(|| self.tables[&last].model.time_field.clone()).unwrap()
            })
            .collect();
        let tries = Tries { worlds: self, sequence, found: &found, times: &times };
        found[0].iter().any(|first| tries.time(0, first).is_some() && tries.goes_on(&vec![Some(first)]))
    }
}

struct Tries<'a> {
    worlds: &'a Worlds,
    sequence: &'a Sequence,
    found: &'a [Vec<Row>],
    times: &'a [String],
}

impl<'a> Tries<'a> {
    /// Microseconds, or days.
    fn time(&self, step: usize, row: &Row) -> Option<i128> {
        match cell(row, &self.times[step]) {
            Cell::Day(day) => Some(i128::from(jiff::civil::Date::constant(1970, 1, 1).until(day).unwrap().get_days())),
            Cell::Instant(at) => Some(at.as_nanosecond() / 1_000),
            _ => None,
        }
    }

    fn now(&self, like: &Row, step: usize) -> i128 {
        match cell(like, &self.times[step]) {
            Cell::Day(_) => {
                let today = self.worlds.zone.to_datetime(self.worlds.now).date();
                i128::from(jiff::civil::Date::constant(1970, 1, 1).until(today).unwrap().get_days())
            }
            _ => Timestamp::as_nanosecond(self.worlds.now) / 1_000,
        }
    }

    /// Whether the steps after those that were chosen hold.
    fn goes_on(&self, chosen: &Chosen<'a>) -> bool {
        let at = chosen.len();
        let Some(step) = self.sequence.steps.get(at) else { return true };
        let with = |row| {
            let mut chosen = chosen.clone();
            chosen.push(row);
            chosen
        };
        if step.did == Inside::No {
            return self.absent(at, chosen) && self.goes_on(&with(None));
        }
        self.later(at, chosen)
            .iter()
            .any(|row| self.in_time(at, chosen, row) && self.nothing_between(at, chosen, row) && self.goes_on(&with(Some(row))))
    }

    fn anchor(&self, chosen: &Chosen<'a>) -> (usize, &'a Row) {
        let at = chosen.iter().rposition(Option::is_some).unwrap();
        (at, chosen[at].unwrap())
    }

    /// Rows of a step that are later than the last that was done, and share what they must with the rows before.
    fn later(&self, at: usize, chosen: &Chosen<'a>) -> Vec<&'a Row> {
        let (anchor, last) = self.anchor(chosen);
        let shares = |row: &Row| {
            self.sequence.steps[at].same.iter().all(|same| {
                let here = cell(row, &same.field);
                here != Cell::None && here == cell(chosen[same.step - 1].unwrap(), &same.other)
            })
        };
        self.found[at].iter().filter(|row| self.time(at, row) > self.time(anchor, last) && shares(row)).collect()
    }

    fn in_time(&self, at: usize, chosen: &Chosen<'a>, row: &Row) -> bool {
        let (anchor, last) = self.anchor(chosen);
        let gap = self.time(at, row).unwrap() - self.time(anchor, last).unwrap();
        self.sequence.steps[at].within.is_none_or(|within| gap <= length(within, &cell(row, &self.times[at])))
    }

    /// A step that was not done: none in time, and the time is over. Without a limit, only what follows ends it.
    fn absent(&self, at: usize, chosen: &Chosen<'a>) -> bool {
        let (anchor, last) = self.anchor(chosen);
        match self.sequence.steps[at].within {
            Some(within) => {
                let end = self.time(anchor, last).unwrap() + length(within, &cell(last, &self.times[anchor]));
                end < self.now(last, anchor) && !self.later(at, chosen).iter().any(|row| self.time(at, row).unwrap() <= end)
            }
            None if self.sequence.steps[at..].iter().any(|step| step.did == Inside::Yes) => true,
            None => self.later(at, chosen).is_empty(),
        }
    }

    /// Steps without a limit that were not done since the last one: none of them before this row.
    fn nothing_between(&self, at: usize, chosen: &Chosen<'a>, row: &Row) -> bool {
        let (anchor, _) = self.anchor(chosen);
        (anchor + 1..at)
            .filter(|step| self.sequence.steps[*step].within.is_none())
            .all(|step| !self.later(step, chosen).iter().any(|between| self.time(step, between) < self.time(at, row)))
    }
}

fn length(within: Within, like: &Cell) -> i128 {
    let amount = i128::from(within.amount);
    let minutes = match within.unit {
        Unit::Minutes => 1,
        Unit::Hours => 60,
        Unit::Days => 1_440,
        Unit::Weeks => 10_080,
        other => panic!("{other:?}"),
    };
    if matches!(like, Cell::Day(_)) { amount * minutes / 1_440 } else { amount * minutes * 60_000_000 }
}
