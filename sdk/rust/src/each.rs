//! A request of its own for each row: for platforms, or operations of theirs, that take one record at a time.

use crate::call::Call;
use crate::contract::{Halt, Outcome, Written};
use crate::limits::SEND_ALL_MAX;
use crate::receipt::Receipts;
use crate::request::{Failure, Request};
use crate::response::Response;
use crate::status::RowEnd;

impl<'a> Call<'a> {
    /// Sends a request for each of `rows` rows, at most `in_flight_max` at once, and says of each row what its answer says.
    ///
    /// `request` builds one, or says why the row is not sent: a reason (the row is refused) or an outcome. `read` looks at the row's
    /// answer, usually by [`crate::status::of_row`]. More rows than [`SEND_ALL_MAX`] are a split. Where one cause kept every request
    /// from being carried out, that is the halt, as for one request of all rows; where it kept some, it is the receipt's stop.
    pub fn each<E: Into<Outcome>>(
        &self,
        rows: usize,
        in_flight_max: u32,
        request: impl Fn(usize) -> Result<Request<'a>, E>,
        read: impl Fn(usize, Result<Response, Failure>) -> Result<Outcome, RowEnd>,
    ) -> Result<Written, Halt> {
        if rows > SEND_ALL_MAX {
            return Err(Halt::split(
                "each row is a request, and one write is at most 200 of them",
                u32::try_from(SEND_ALL_MAX).ok(),
            ));
        }
        let mut receipts = Receipts::accepted();
        let (mut asked, mut requests) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            match request(row) {
                Ok(request) => {
                    asked.push(row);
                    requests.push(request);
                }
                Err(why) => receipts.set(row as u32, why.into()),
            }
        }
        let (mut stop, mut carried_out) = (None, requests.is_empty());
        for (row, answer) in asked.into_iter().zip(self.send_all(requests, in_flight_max)?) {
            let outcome = read(row, answer).unwrap_or_else(|end| {
                stop = stop.take().or(end.stop);
                end.outcome
            });
            carried_out |= !matches!(outcome, Outcome::Retry(_));
            receipts.set(row as u32, outcome);
        }
        match stop {
            Some(halt) if !carried_out => Err(halt),
            Some(halt) => Ok(receipts.stop(halt).written()),
            None => Ok(receipts.written()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Reason;
    use crate::status::{self, Reset, Vendor};
    use crate::testing::{Answer, Script, answer};

    const ACME: Vendor = Vendor { name: "Acme", reset: Reset::None };

    /// Of five rows of which the second is not sent.
    fn told(answers: impl IntoIterator<Item = Answer>) -> (Script, Result<Written, Halt>) {
        let script = answers.into_iter().fold(Script::new(), Script::answers);
        let told = script.call(|call| {
            let request = |row| match row {
                1 => Err(Reason::new(code::BAD_FORMAT, "")),
                row => Ok(call.get(format!("https://acme.example/{row}"))),
            };
            call.each(5, 3, request, |_, answer| match status::of_row(&ACME, answer)?.status() {
                200 => Ok(Outcome::Accepted),
                _ => Ok(Outcome::Skipped(Reason::new(code::NOT_FOUND_IN_DESTINATION, ""))),
            })
        });
        (script, told)
    }

    #[test]
    fn each_row_is_told_what_its_own_answer_says() {
        let (script, told) = told([200, 404, 200, 500].map(|status| answer(status, "{}")));
        let written = told.expect("sent");
        let asked: Vec<String> = script.requests().into_iter().map(|r| r.url).collect();
        assert_eq!(asked, ["0", "2", "3", "4"].map(|row| format!("https://acme.example/{row}")));
        assert_eq!(written.receipt.all, Outcome::Accepted);
        assert!(
            matches!(&written.receipt.except[..], [(1, Outcome::Rejected(_)), (2, Outcome::Skipped(_)), (4, Outcome::Unknown(_))]),
            "{written:?}"
        );
        assert!(matches!(written.stop, Some(Halt::Unavailable(_))), "{written:?}");
    }

    #[test]
    fn what_keeps_every_request_from_being_carried_out_is_a_halt() {
        let (_, all) = told([429, 429, 429, 429].map(|status| answer(status, "")));
        assert!(matches!(all, Err(Halt::Throttled(_))), "{all:?}");
        let (_, some) = told([429, 429, 200, 401].map(|status| answer(status, "")));
        let written = some.expect("one got through");
        assert!(matches!(written.stop, Some(Halt::Throttled(_))), "the first cause: {written:?}");
        assert_eq!(written.receipt.except.iter().filter(|(_, o)| matches!(o, Outcome::Retry(_))).count(), 3);
    }

    #[test]
    fn as_many_rows_as_a_write_may_have_requests() {
        let each = |rows| {
            let script = Script::new();
            let told = script.call(|call| {
                call.each(rows, 8, |_| Err::<Request<'_>, _>(Reason::new(code::BAD_FORMAT, "")), |_, _| Ok(Outcome::Accepted))
            });
            assert_eq!(script.requests().len(), 0);
            told
        };
        assert!(matches!(each(200), Ok(written) if written.receipt.except.len() == 200));
        assert!(matches!(each(201), Err(Halt::SplitBatch(split)) if split.rows_fit == Some(200)));
    }
}
