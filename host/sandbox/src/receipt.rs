//! Receipts held against the batch they answer: one outcome for each row, no more, no fewer.
//!
//! A receipt that breaks the count says nothing about any row, so the whole batch is unknown (`connector-outcome-count`).

use sluice_catalog::{
    Code,
    columnar::Column,
    contract::{Outcome, Receipt},
};

use crate::Fault;

/// The outcomes of a checked receipt, by row.
#[derive(Debug, Clone)]
pub struct Outcomes<'a> {
    rows: u32,
    all: &'a Outcome,
    /// By row, ascending, without duplicates.
    except: Vec<(u32, &'a Outcome)>,
}

impl<'a> Outcomes<'a> {
    /// Rows of the batch.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// The outcome of every row that is not in [`Outcomes::named`].
    pub fn unnamed(&self) -> &'a Outcome {
        self.all
    }

    /// The rows that the receipt names, ascending.
    pub fn named(&self) -> &[(u32, &'a Outcome)] {
        &self.except
    }

    /// The outcome of one row; `None` when the batch has no such row.
    pub fn of(&self, row: u32) -> Option<&'a Outcome> {
        (row < self.rows).then(|| match self.except.binary_search_by_key(&row, |(at, _)| *at) {
            Ok(at) => self.except[at].1,
            Err(_) => self.all,
        })
    }

    /// One outcome per row, in row order.
    pub fn iter(&self) -> impl Iterator<Item = &'a Outcome> + '_ {
        let mut named = self.except.iter().peekable();
        (0..self.rows).map(move |row| named.next_if(|(at, _)| *at == row).map_or(self.all, |(_, outcome)| *outcome))
    }
}

/// Checks a receipt against a batch of `rows` rows.
///
/// Rows named are within the batch and named once; notes speak of rows of the batch; no more rows are bad without a name than are
/// left without a name; remote ids, when given, are one text per row. Otherwise `connector-outcome-count`, with `requests_left` set:
/// what the receipt covered is unknown.
pub fn check_receipt(receipt: &Receipt, rows: u32) -> Result<Outcomes<'_>, Fault> {
    let wrong = |cause: String| Fault { code: Code::ConnectorOutcomeCount, cause, requests_left: true };
    if receipt.except.len() > rows as usize {
        return Err(wrong(format!("{} outcomes by name for a batch of {rows} rows", receipt.except.len())));
    }
    let mut except: Vec<_> = receipt.except.iter().map(|(row, outcome)| (*row, outcome)).collect();
    except.sort_by_key(|(row, _)| *row);
    if let Some((row, _)) = except.last().filter(|(row, _)| *row >= rows) {
        return Err(wrong(format!("an outcome for row {row} of a batch of {rows} rows")));
    }
    if let Some(pair) = except.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(wrong(format!("two outcomes for row {}", pair[0].0)));
    }
    if let Some((row, _)) = receipt.notes.iter().find(|(row, _)| *row >= rows) {
        return Err(wrong(format!("a note for row {row} of a batch of {rows} rows")));
    }
    let left = rows - except.len() as u32;
    if receipt.unnamed > left {
        return Err(wrong(format!("{} bad rows without a name where {left} rows are not named", receipt.unnamed)));
    }
    if let Some(column) = &receipt.remote_ids {
        check_texts(column, rows).map_err(|what| wrong(format!("the column of remote ids {what} for {rows} rows")))?;
    }
    Ok(Outcomes { rows, all: &receipt.all, except })
}

/// A `utf8` column of `rows` values: bitmaps of the right length or empty, ascending offsets within the data, valid text.
fn check_texts(column: &Column, rows: u32) -> Result<(), &'static str> {
    let rows = rows as usize;
    if [&column.present, &column.validity].iter().any(|bits| !bits.is_empty() && bits.len() < rows.div_ceil(8)) {
        return Err("has a bitmap that is too short");
    }
    if column.offsets.len() != (rows + 1) * 4 {
        return Err("has the wrong number of offsets");
    }
    let text = std::str::from_utf8(&column.data).map_err(|_| "is not UTF-8")?;
    let mut before = 0usize;
    for chunk in column.offsets.chunks_exact(4) {
        let at = i32::from_le_bytes(chunk.try_into().expect("chunks of four"));
        let at = usize::try_from(at).map_err(|_| "has a negative offset")?;
        if at < before || !text.is_char_boundary(at) {
            return Err("has offsets that do not cut its data");
        }
        before = at;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
