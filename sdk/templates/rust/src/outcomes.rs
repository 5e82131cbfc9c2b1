//! Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence.

use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Failure, Halt, Outcome, Places, Reason, Receipts, Response, Written, code};

use crate::wire::Results;

/// `Retry-After` is always read; this platform has no header of its own.
pub(crate) const ACME: Vendor = Vendor { name: "{{title}}", reset: Reset::None };

/// Codes of single contacts, and ours for them.
const CODES: &[(&str, &str, &str)] = &[
    ("invalid_email", code::IDENTIFIER_INVALID, "the platform does not take the address"),
    ("unknown_field", code::DEST_FIELD_INVALID, "the platform does not take the name of a field"),
    ("too_long", code::DEST_FIELD_INVALID, "a value is longer than the platform allows"),
];

/// Nobody could be sent.
pub(crate) fn none_sent(places: &Places) -> Written {
    places.finish(Receipts::accepted())
}

/// What became of the contacts of a request.
pub(crate) fn of_contacts(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let answer = match status::of_write(&ACME, answer) {
        Ok(answer) => answer,
        Err(ended) => return places.ended(ended),
    };
    if answer.status() != 200 {
        return Ok(places.finish(Receipts::rejected(answer.reason(code::ROW_REFUSED, "the platform refuses the request"))));
    }
    // An answer of another shape says nothing: the rows may be there or not, and the host knows whether a repeat does harm.
    let results = match answer.json::<Results>() {
        Ok(body) if body.results.len() == places.sent() => body.results,
        _ => return Ok(places.finish(Receipts::unknown(Reason::new(code::DEST_PROTOCOL, "the answer is not the platform's")))),
    };
    let mut receipts = Receipts::accepted();
    for (result, row) in results.iter().zip(places.rows()).filter(|(result, _)| !result.ok) {
        let known = CODES.iter().find(|(theirs, ..)| *theirs == result.code);
        let (ours, cause) = known.map_or((code::ROW_REFUSED, "the platform refuses the contact"), |(_, ours, cause)| (ours, cause));
        receipts.set(row, Outcome::Rejected(Reason::new(ours, cause).vendor(&result.code).said(&result.message)));
    }
    Ok(places.finish(receipts))
}

#[cfg(test)]
mod tests {
    use sluice_sdk::testing::{Rows, Script, answer};
    use sluice_sdk::{Operation, PhysicalType};

    use super::*;
    use crate::contacts;

    fn told(status: u16, body: &str) -> Result<Written, Halt> {
        let emails = ["a@example.com", "", "b@example.com"].map(Into::into);
        let rows = Rows::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier");
        let script = Script::new().service("contacts").answers(answer(status, body));
        script.rows(Operation::Upsert, &rows, |call, rows| contacts::write(call, rows))
    }

    #[test]
    fn each_result_belongs_to_its_row() {
        let written = told(200, r#"{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}"#).expect("a receipt");
        let rows: Vec<(u32, &str)> = written
            .receipt
            .except
            .iter()
            .map(|(row, outcome)| match outcome {
                Outcome::Rejected(reason) => (*row, reason.code.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(rows, [(1, code::NO_IDENTIFIER), (2, code::IDENTIFIER_INVALID)]);
    }

    #[test]
    fn too_few_results_say_nothing() {
        let written = told(200, r#"{"results":[{"ok":true}]}"#).expect("a receipt");
        assert!(matches!(written.receipt.all, Outcome::Unknown(_)), "{written:?}");
    }
}
