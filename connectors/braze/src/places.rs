//! Rows that cannot be sent are left out of a request and refused by name; this keeps the count straight: which row stands at which
//! position, and what is said in the end about the rows that were left out.

use sluice_sdk::{Outcome, Reason, Receipts, Written};

/// Which rows are in the array, and at which position.
#[derive(Debug)]
pub(crate) struct Places {
    rows: usize,
    /// Rows not in the array, ascending.
    left_out: Vec<(u32, Reason)>,
}

impl Places {
    /// Of a batch of `rows`, of which these were left out, ascending.
    pub(crate) fn new(rows: usize, left_out: Vec<(u32, Reason)>) -> Self {
        Self { rows, left_out }
    }

    /// Number of objects in the array.
    pub(crate) fn sent(&self) -> usize {
        self.rows - self.left_out.len()
    }

    /// The row of the object at `index`; none when the array has no such object.
    pub(crate) fn row(&self, index: u32) -> Option<u32> {
        if index as usize >= self.sent() {
            return None;
        }
        // Every row left out before it moves the row one further.
        Some(self.left_out.iter().fold(index, |row, (out, _)| row + u32::from(*out <= row)))
    }

    /// Adds the rows left out to what is known about the others.
    pub(crate) fn finish(&self, mut receipts: Receipts) -> Written {
        for (row, reason) in &self.left_out {
            receipts.set(*row, Outcome::Rejected(reason.clone()));
        }
        receipts.written()
    }

    /// The same for an answer that is finished.
    pub(crate) fn add_to(&self, mut written: Written) -> Written {
        written.receipt.except.extend(self.left_out.iter().map(|(row, reason)| (*row, Outcome::Rejected(reason.clone()))));
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_the_array_lead_back_to_rows() {
        let out = |rows: &[u32]| rows.iter().map(|r| (*r, Reason::new("no-identifier", ""))).collect();
        for (rows, left_out, want) in [
            (3, vec![], vec![0, 1, 2]),
            (4, vec![0], vec![1, 2, 3]),
            (5, vec![1, 2], vec![0, 3, 4]),
            (5, vec![0, 2, 4], vec![1, 3]),
            (2, vec![0, 1], vec![]),
        ] {
            let places = Places { rows, left_out: out(&left_out) };
            let got: Vec<u32> = (0..).map_while(|i| places.row(i)).collect();
            assert_eq!(got, want, "{left_out:?} of {rows}");
            assert_eq!(places.sent(), want.len());
        }
    }
}
