//! Platforms that take all rows of a request or none, and name those that spoil it: the others go once more without them.

use std::collections::BTreeMap;

use crate::call::Call;
use crate::contract::{Halt, Outcome, Written};
use crate::limits::SENDS_MAX;
use crate::places::Places;
use crate::request::{Failure, Request};
use crate::response::Response;

impl<'a> Call<'a> {
    /// Sends a request, and again without the rows that its refusal names, [`SENDS_MAX`] times at most: a refusal of the whole wrote nothing.
    ///
    /// * `left_out`: rows that are not sent at all, with their outcomes; those that a refusal names come to them.
    /// * `request`: the request without these rows.
    /// * `named`: the rows that an answer refuses by name, none where it speaks of the whole.
    /// * `read`: what the last answer says; one that still names rows is for the host to halve. No answer: no row was left to be sent.
    pub fn without_named(
        &self,
        mut left_out: BTreeMap<u32, Outcome>,
        request: impl Fn(&BTreeMap<u32, Outcome>) -> Result<(Request<'a>, Places), Halt>,
        named: impl Fn(&Places, &Response) -> BTreeMap<u32, Outcome>,
        read: impl FnOnce(&Places, Option<Result<Response, Failure>>) -> Result<Written, Halt>,
    ) -> Result<Written, Halt> {
        let mut sends = 0;
        loop {
            let (request, places) = request(&left_out)?;
            if places.sent() == 0 {
                return read(&places, None);
            }
            let answer = request.send();
            sends += 1;
            match answer.as_ref().map(|answer| named(&places, answer)) {
                Ok(spoilers) if sends < SENDS_MAX && !spoilers.is_empty() => left_out.extend(spoilers),
                _ => return read(&places, Some(answer)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Reason;
    use crate::json::Writer;
    use crate::places::not_among;
    use crate::receipt::Receipts;
    use crate::testing::{Script, answer};

    /// Sends rows 0 to 2, of which an answer `{"bad":[…]}` refuses some by their position; the bodies, and what became of the rows.
    fn sent(script: &Script) -> (Vec<String>, Result<Written, Halt>) {
        let no = || Outcome::Rejected(Reason::new(code::ROW_REFUSED, ""));
        let written = script.call(|call| {
            let request = |left_out: &BTreeMap<u32, Outcome>| {
                let mut body = Writer::default();
                let places = call.values(&mut body, 3, |body, row| {
                    not_among(left_out, row)?;
                    body.int(row as i64);
                    Ok::<_, Outcome>(())
                })?;
                Ok((call.post("https://api.acme.example/").json(body), places))
            };
            let named = |places: &Places, answer: &Response| {
                let bad: Vec<u32> = answer.json_member("bad").unwrap_or_default();
                bad.into_iter().filter_map(|at| Some((places.row(at)?, no()))).collect()
            };
            call.without_named(BTreeMap::new(), request, named, |places, answer| match answer {
                Some(Ok(answer)) if answer.is_success() => Ok(places.finish(Receipts::accepted())),
                None => Ok(places.finish(Receipts::accepted())),
                _ => Err(Halt::unavailable("the last word")),
            })
        });
        let bodies = script.requests().into_iter().map(|request| match request.body {
            crate::contract::http::Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        });
        (bodies.collect(), written)
    }

    #[test]
    fn rows_that_spoil_a_request_are_left_out_of_the_next() {
        let (bodies, written) = sent(&Script::new().answers(answer(400, r#"{"bad":[1]}"#)).answers(answer(200, "{}")));
        assert_eq!(bodies, ["[0,1,2]", "[0,2]"]);
        assert_eq!(written.expect("a receipt").receipt.except.into_iter().map(|(row, _)| row).collect::<Vec<_>>(), [1]);
        let (bodies, written) = sent(&Script::new().answers(answer(400, r#"{"bad":[0,1,2]}"#)));
        assert_eq!((bodies.len(), written.expect("a receipt").receipt.except.len()), (1, 3), "nobody is left");
    }

    #[test]
    fn the_last_answer_is_read_whatever_it_names() {
        let refuses = || answer(400, r#"{"bad":[0]}"#);
        let (bodies, written) = sent(&Script::new().answers(refuses()).answers(refuses()).answers(refuses()));
        assert_eq!(
            (bodies, written),
            (vec!["[0,1,2]".into(), "[1,2]".into(), "[2]".into()], Err(Halt::unavailable("the last word")))
        );
        let (bodies, written) = sent(&Script::new());
        assert_eq!((bodies.len(), written), (1, Err(Halt::unavailable("the last word"))), "no answer at all");
    }
}
