//! Overlap: which rows of a model are in which of several segments, as counts of every combination.
//!
//! A row is in a segment when its primary key is that of a member, as in a membership condition; so a part has exactly the rows of the
//! segment that [`sluice_catalog::segment::Segment::of_part`] makes of it. Rows without a key are in none. Where no key repeats, a row
//! is a member when it satisfies the condition itself, and one pass over the model counts ([`by_row`]); else the keys of each segment
//! are listed ([`by_key`]).

mod by_key;
mod by_row;
mod seen;

use std::collections::BTreeMap;

use sluice_catalog::segment::Segment;

use super::Analysis;
use crate::QueryError;

/// How several segments lie to each other.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Overlap {
    /// Rows of the model.
    pub total: u64,
    /// Rows in each segment, in the order given.
    pub sizes: Vec<u64>,
    /// Every combination that has rows, the largest first.
    pub parts: Vec<Part>,
    /// Every two segments.
    pub pairs: Vec<Pair>,
}

/// Rows that are in some of the segments and not in the others.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// Per segment, whether the rows are in it.
    pub inside: Vec<bool>,
    /// How many; exact.
    pub rows: u64,
}

/// Two segments beside each other.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Pair {
    /// Positions of the two.
    pub of: [usize; 2],
    /// Rows in both.
    pub both: u64,
    /// `both` of the first, and of the second, from 0 to 1; 0 of an empty one.
    pub shares: [f64; 2],
    /// `both` of all rows that are in one of them, from 0 to 1 (Jaccard index); 0 where both are empty.
    pub jaccard: f64,
}

impl Analysis {
    /// The overlap of valid segments of the model; a counter is held for each combination, so that they are few. Errors: none of its own.
    pub async fn overlap(&self, segments: &[Segment]) -> Result<Overlap, QueryError> {
        let rows = match self.counted_by_row(segments).await? {
            Some(rows) => rows,
            None => self.counted_by_key(segments).await?,
        };
        Ok(overlap(&rows, segments.len()))
    }
}

/// Rows of each combination that has some; bit i of a combination is set where the rows are in segment i.
type Counts = BTreeMap<u32, u64>;

fn overlap(rows: &Counts, segments: usize) -> Overlap {
    let with = |wanted: u32| -> u64 { rows.iter().filter(|(mask, _)| *mask & wanted == wanted).map(|(_, rows)| rows).sum() };
    let sizes: Vec<u64> = (0..segments).map(|at| with(1 << at)).collect();
    let mut parts: Vec<Part> = rows
        .iter()
        .map(|(mask, rows)| Part { inside: (0..segments).map(|at| mask & (1 << at) != 0).collect(), rows: *rows })
        .collect();
    parts.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| b.inside.cmp(&a.inside)));
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    let mut pairs = Vec::new();
    for first in 0..segments {
        for second in first + 1..segments {
            let both = with((1 << first) | (1 << second));
            let shares = [share(both, sizes[first]), share(both, sizes[second])];
            let jaccard = share(both, sizes[first] + sizes[second] - both);
            pairs.push(Pair { of: [first, second], both, shares, jaccard });
        }
    }
    Overlap { total: rows.values().sum(), sizes, parts, pairs }
}
