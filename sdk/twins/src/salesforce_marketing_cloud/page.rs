//! Pages of answers: `$page` from 1, `$pageSize` of 50 unless said (*Endpoint A*, "Results"; the names are inferred there).

use std::ops::Range;

use super::{limits, words::Refusal};
use crate::vendor::Call;

pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    /// The page that a call asks for, of at most so many.
    pub(super) fn of(call: &Call, most: usize) -> Result<Self, Refusal> {
        let pairs = call.pairs().ok_or_else(|| Refusal::invalid("The query cannot be read."))?;
        let number = |name: &str, usual: usize| match pairs.iter().find(|(given, _)| given == name) {
            None => Ok(usual),
            Some((_, value)) => {
                let value = value.parse::<usize>().ok().filter(|value| *value > 0);
                value.ok_or_else(|| Refusal::invalid(format!("{name} must be a number above 0.")))
            }
        };
        Ok(Self { number: number("$page", 1)?, size: number("$pageSize", limits::PAGE_ROWS)?.min(most) })
    }

    /// The positions of this page among so many.
    pub(super) fn cut(&self, count: usize) -> Range<usize> {
        let from = (self.number - 1).saturating_mul(self.size).min(count);
        from..from.saturating_add(self.size).min(count)
    }
}
