//! A checked sequence: what the query room lowers.

use super::{
    sequence::Within,
    typed::{Checked, Hop},
};

/// Steps in an order of time. The record has a row of the first step, and every other step holds after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// 2 to 5; the first one was done, and the times of all have one type.
    pub steps: Vec<OrderedStep>,
    /// Positions in the record's model of the fields that conditions of the steps compare with, without repeats.
    pub parents: Vec<usize>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedStep {
    /// 1 to 6 steps from model to model.
    pub hops: Vec<Hop>,
    /// About a row of the last model.
    pub condition: Checked,
    /// Position of the date or timestamp in the last model.
    pub time: usize,
    /// Whether there is such a row.
    pub did: bool,
    /// How long after the last step that was done.
    pub within: Option<Within>,
    /// Fields that are equal.
    pub same: Vec<SameAs>,
}

/// Two fields that are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameAs {
    /// Position in this step's last model.
    pub field: usize,
    /// An earlier step that was done, counted from 0.
    pub step: usize,
    /// Position in the last model of that step.
    pub other: usize,
}

impl Ordered {
    /// The step from whose row the step at `at` is seen: the last one before it that was done. `None` for the first.
    pub fn anchor(&self, at: usize) -> Option<usize> {
        self.steps[..at].iter().rposition(|step| step.did)
    }
}
