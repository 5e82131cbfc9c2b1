//! Rows that cannot be sent are left out of a request and told by name; this keeps the count straight: which row stands at which
//! position, and what is said in the end about the rows that were left out.

use std::collections::BTreeMap;

use crate::code;
use crate::contract::{Halt, Outcome, Reason, Written};
use crate::receipt::Receipts;
use crate::request::{Failure, Request};
use crate::response::Response;
use crate::status::Ended;

/// Whether a row may be sent, for [`Call::objects`](crate::Call::objects) and its kin: its outcome where it is among those that were
/// left out before.
pub fn not_among(left_out: &BTreeMap<u32, Outcome>, row: usize) -> Result<(), Outcome> {
    left_out.get(&(row as u32)).map_or(Ok(()), |outcome| Err(outcome.clone()))
}

/// Which rows of a batch are in the array of a request, and at which position.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    rows: usize,
    /// Rows not in the array, ascending.
    left_out: Vec<(u32, Outcome)>,
}

impl Places {
    /// Of a batch of `rows`, of which these were left out, ascending.
    pub fn new<E: Into<Outcome>>(rows: usize, left_out: Vec<(u32, E)>) -> Self {
        Self { rows, left_out: left_out.into_iter().map(|(row, why)| (row, why.into())).collect() }
    }

    /// Of a batch of `rows` that all are in the array.
    pub fn all(rows: usize) -> Self {
        Self { rows, left_out: Vec::new() }
    }

    /// Number of objects in the array.
    pub fn sent(&self) -> usize {
        self.rows - self.left_out.len()
    }

    /// The row of the object at `index`; none when the array has no such object.
    pub fn row(&self, index: u32) -> Option<u32> {
        if index as usize >= self.sent() {
            return None;
        }
        // Every row left out before it moves the row one further.
        Some(self.left_out.iter().fold(index, |row, (out, _)| row + u32::from(*out <= row)))
    }

    /// The rows in the array, in its order.
    pub fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        let mut out = self.left_out.iter().map(|(row, _)| *row).peekable();
        (0..self.rows as u32).filter(move |row| out.next_if_eq(row).is_none())
    }

    /// Adds the rows left out to what is known about the others.
    pub fn finish(&self, mut receipts: Receipts) -> Written {
        for (row, outcome) in &self.left_out {
            receipts.set(*row, outcome.clone());
        }
        receipts.written()
    }

    /// The same for a write that ended before its answer had to be read. What is for the host to halve names nobody: it would not be
    /// halved, and in a half that is taken, or alone, the rows are named.
    pub fn ended(&self, ended: Ended) -> Result<Written, Halt> {
        match ended {
            Ended::Written(written) if written.receipt.attrs.iter().any(|(key, value)| key == "scope" && value == "batch") => {
                Ok(written)
            }
            Ended::Written(written) => Ok(self.add_to(written)),
            Ended::Halt(halt) => Err(halt),
        }
    }

    /// Where a platform takes all rows of a request or none, and names those that it does not take: they have the outcomes given, and the
    /// others follow at once, in a request without them.
    pub fn spoiled_by(&self, named: impl IntoIterator<Item = (u32, Outcome)>) -> Written {
        let message = "the platform took none of the request's rows, because of others; the row follows in another request";
        let follows = Reason::new(code::DEST_BATCH_TOO_LARGE, message).after_ms(0);
        let mut receipts = Receipts::retry(follows);
        named.into_iter().for_each(|(row, outcome)| receipts.set(row, outcome));
        self.finish(receipts)
    }

    /// Sends the request that the rows stand in, unless none does, and says what `read` says of its answer.
    pub fn send(
        &self,
        request: Request<'_>,
        read: impl FnOnce(Result<Response, Failure>) -> Result<Written, Halt>,
    ) -> Result<Written, Halt> {
        if self.sent() == 0 { Ok(self.finish(Receipts::accepted())) } else { read(request.send()) }
    }

    /// What a success says of the rows in the array, by `read`; where it does not read, they are in doubt. Another answer has ended the
    /// write already.
    pub fn answered(
        &self,
        answer: Result<Response, Ended>,
        read: impl FnOnce(&Response) -> Result<Receipts, Reason>,
    ) -> Result<Written, Halt> {
        match answer {
            Ok(answer) => Ok(self.finish(read(&answer).unwrap_or_else(Receipts::in_doubt))),
            Err(ended) => self.ended(ended),
        }
    }

    /// The same for an answer that is finished.
    fn add_to(&self, mut written: Written) -> Written {
        written.receipt.except.extend(self.left_out.iter().cloned());
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, answer};

    fn without(rows: usize, left_out: &[u32]) -> Places {
        Places::new(rows, left_out.iter().map(|row| (*row, Reason::new(code::NO_IDENTIFIER, ""))).collect())
    }

    #[test]
    fn positions_in_the_array_lead_back_to_rows() {
        for (rows, left_out, want) in [
            (3, vec![], vec![0, 1, 2]),
            (4, vec![0], vec![1, 2, 3]),
            (5, vec![1, 2], vec![0, 3, 4]),
            (5, vec![0, 2, 4], vec![1, 3]),
            (2, vec![0, 1], vec![]),
        ] {
            let places = without(rows, &left_out);
            let got: Vec<u32> = (0..).map_while(|i| places.row(i)).collect();
            assert_eq!(got, want, "{left_out:?} of {rows}");
            assert_eq!(places.sent(), want.len());
            assert_eq!(places.rows().collect::<Vec<_>>(), want, "{left_out:?} of {rows}");
        }
    }

    #[test]
    fn a_row_that_was_left_out_before_has_its_outcome() {
        let left_out = BTreeMap::from([(1, Outcome::Accepted)]);
        assert_eq!([0, 1].map(|row| not_among(&left_out, row)), [Ok(()), Err(Outcome::Accepted)]);
    }

    #[test]
    fn rows_left_out_keep_their_reason_whatever_became_of_the_others() {
        let places = without(3, &[1]);
        let refused = [(1, Outcome::Rejected(Reason::new(code::NO_IDENTIFIER, "")))];
        assert_eq!(places.finish(Receipts::accepted()).receipt.except, refused);
        let ended = |receipts: Receipts| places.ended(Ended::Written(receipts.written())).expect("a receipt").receipt.except;
        assert_eq!(ended(Receipts::unknown(Reason::new(code::DEST_TIMEOUT, ""))), refused);
        assert_eq!(ended(Receipts::of_the_batch(Reason::new(code::ROW_REFUSED, ""))), [], "or the host would not halve it");
        assert_eq!(Places::all(3).finish(Receipts::accepted()).receipt.except, []);
    }

    #[test]
    fn neighbours_of_rows_that_spoil_a_request_follow_at_once() {
        let no = |code: &str| Outcome::Rejected(Reason::new(code, ""));
        let told = without(4, &[1]).spoiled_by([(2, no(code::ROW_REFUSED))]).receipt;
        assert!(matches!(&told.all, Outcome::Retry(r) if r.after_ms == Some(0)), "{told:?}");
        assert_eq!(told.except, [(1, no(code::NO_IDENTIFIER)), (2, no(code::ROW_REFUSED))]);
    }

    #[test]
    fn a_request_of_nobody_is_not_sent_and_a_success_that_does_not_read_is_doubt() {
        let send = |places: &Places, script: &Script| {
            let read = |answer: &Response| answer.json::<Vec<u32>>().map(|_| Receipts::accepted());
            let of = |answer: Result<Response, Failure>| places.answered(Ok(answer.expect("an answer")), read);
            script.call(|call| places.send(call.get("https://api.acme.example/"), of)).expect("a receipt")
        };
        let nobody = Script::new();
        assert_eq!(send(&without(1, &[0]), &nobody).receipt.except.len(), 1);
        assert!(nobody.requests().is_empty());
        assert_eq!(send(&Places::all(1), &Script::new().answers(answer(200, "[1]"))).receipt.all, Outcome::Accepted);
        let doubt = send(&Places::all(1), &Script::new().answers(answer(200, "{}")));
        assert!(matches!(doubt.receipt.all, Outcome::Unknown(_)) && doubt.stop.is_some(), "{doubt:?}");
    }
}
