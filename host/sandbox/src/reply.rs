//! How many bytes a reply brings with it, for the budget of the run. Its texts are cut by then.

use sluice_catalog::{
    columnar::{Batch, Column, Field},
    contract::{Halt, Outcome, Reason, Receipt, Reply, SourceRows, Written},
};

/// Bytes of its texts, lists of bytes and columns.
pub(crate) fn bytes(reply: &Reply) -> usize {
    match reply {
        Reply::Text(answer) => of(answer, String::len),
        Reply::Bytes(answer) => of(answer, Vec::len),
        Reply::Written(answer) => of(answer, of_written),
        Reply::Attrs(answer) => of(answer, |attrs| of_pairs(attrs)),
        Reply::Opened(answer) => of(answer, |opened| of_fields(&opened.schema) + of_rows(&opened.rows)),
        Reply::Page(answer) => of(answer, |page| page.batches.iter().map(of_batch).sum::<usize>() + of_list(page.next.as_ref())),
        Reply::Cancelled => 0,
        Reply::Members(answer) => {
            of(answer, |page| of_fields(&page.schema) + of_batch(&page.members) + of_list(page.next.as_ref()))
        }
    }
}

fn of<T>(answer: &Result<T, Halt>, bytes: impl Fn(&T) -> usize) -> usize {
    match answer {
        Ok(value) => bytes(value),
        Err(halt) => of_halt(halt),
    }
}

fn of_written(written: &Written) -> usize {
    let Written { receipt, later, stop } = written;
    of_receipt(receipt) + of_list(later.as_ref().map(|ticket| &ticket.token)) + stop.as_ref().map_or(0, of_halt)
}

fn of_receipt(receipt: &Receipt) -> usize {
    let except: usize = receipt.except.iter().map(|(_, outcome)| of_outcome(outcome)).sum();
    let notes: usize = receipt.notes.iter().map(|(_, reason)| of_reason(reason)).sum();
    of_outcome(&receipt.all) + except + notes + receipt.remote_ids.as_ref().map_or(0, of_column) + of_pairs(&receipt.attrs)
}

fn of_outcome(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Accepted | Outcome::Pending => 0,
        Outcome::Rejected(reason) | Outcome::Retry(reason) | Outcome::Unknown(reason) | Outcome::Skipped(reason) => {
            of_reason(reason)
        }
    }
}

fn of_halt(halt: &Halt) -> usize {
    let ticket = match halt {
        Halt::Later(ticket) => ticket.token.len(),
        _ => 0,
    };
    ticket + halt.reason().map_or(0, of_reason)
}

fn of_reason(reason: &Reason) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    reason.code.len() + text(&reason.vendor_code) + reason.message.len() + text(&reason.field) + of_pairs(&reason.attrs)
}

fn of_rows(rows: &SourceRows) -> usize {
    match rows {
        SourceRows::Hosted(_) => 0,
        SourceRows::Paged(cursors) => cursors.iter().map(Vec::len).sum(),
    }
}

fn of_fields(fields: &[Field]) -> usize {
    fields.iter().map(|field| field.name.len() + of_pairs(&field.attrs)).sum()
}

fn of_batch(batch: &Batch) -> usize {
    batch.columns.iter().map(of_column).sum()
}

fn of_column(column: &Column) -> usize {
    column.present.len() + column.validity.len() + column.offsets.len() + column.data.len()
}

fn of_list(bytes: Option<&Vec<u8>>) -> usize {
    bytes.map_or(0, Vec::len)
}

fn of_pairs(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use sluice_catalog::contract::Ticket;

    use super::*;

    #[test]
    fn every_text_and_list_of_a_receipt_counts_once() {
        let reason = || Reason {
            code: "1".into(),
            vendor_code: Some("22".into()),
            message: "333".into(),
            field: Some("4444".into()),
            after_ms: None,
            at_ms: None,
            attrs: vec![("5".into(), "5555".into())],
        };
        assert_eq!(of_reason(&reason()), 15);
        let column = Column { present: vec![1], validity: vec![1], offsets: vec![0; 8], data: vec![0; 10] };
        let receipt = Receipt {
            all: Outcome::Rejected(reason()),
            except: vec![(0, Outcome::Accepted), (1, Outcome::Unknown(reason()))],
            notes: vec![(0, reason())],
            unnamed: 0,
            remote_ids: Some(column),
            attrs: vec![("a".into(), "b".into())],
        };
        let later = Some(Ticket { token: vec![0; 100], poll_after_ms: 1, give_up_after_ms: 1 });
        let written = Written { receipt, later, stop: Some(Halt::Quota(reason())) };
        assert_eq!(bytes(&Reply::Written(Ok(written))), 4 * 15 + 20 + 2 + 100);
        assert_eq!(bytes(&Reply::Text(Err(Halt::Auth(reason())))), 15);
        assert_eq!(bytes(&Reply::Bytes(Ok(vec![0; 7]))), 7);
        assert_eq!(bytes(&Reply::Cancelled), 0);
    }
}
