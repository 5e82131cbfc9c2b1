//! Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence.

use sluice_sdk::status::{self, Ended, Reset, Vendor};
use sluice_sdk::{Failure, Halt, Operation, Outcome, Places, Reason, Receipts, Response, Written, code};

use crate::wire::{Contact, Members, Refusal};

/// `Retry-After` is always read; this platform has no header of its own.
pub(crate) const ACME: Vendor = Vendor { name: "{{title}}", reset: Reset::None };

/// Who is not a contact.
const STRANGER: &str = "unknown_contact";

/// Codes of single contacts, and ours for them.
const CODES: &[(&str, &str, &str)] = &[
    ("invalid_email", code::IDENTIFIER_INVALID, "the platform does not take the address"),
    ("unknown_field", code::DEST_FIELD_INVALID, "the platform does not take the name of a field"),
    ("too_long", code::DEST_FIELD_INVALID, "a value is longer than the platform allows"),
    (STRANGER, code::NOT_FOUND_IN_DESTINATION, "nobody at the platform has the address"),
];

/// What became of the contacts of a request: one result for each, in order.
pub(crate) fn of_contacts(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(success(answer), |answer| {
        let results: Vec<Contact> = answer.json_member("results")?;
        if results.len() != places.sent() {
            return Err(incomplete());
        }
        let mut receipts = Receipts::accepted();
        for (result, row) in results.iter().zip(places.rows()).filter(|(result, _)| !result.ok) {
            receipts.set(row, Outcome::Rejected(refusal(&result.refusal)));
        }
        Ok(receipts)
    })
}

/// What became of the addresses of a request: so many taken, and each of the others by its position.
pub(crate) fn of_members(places: &Places, operation: Operation, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(success(answer), |answer| {
        let Members { taken, refused } = answer.json()?;
        if taken + refused.len() != places.sent() {
            return Err(incomplete());
        }
        let mut receipts = Receipts::accepted();
        for one in &refused {
            let row = places.row(one.at).ok_or_else(incomplete)?;
            // Who is to leave and is nobody there is not on the list: that is what was wanted.
            if operation != Operation::Remove || one.refusal.code != STRANGER {
                receipts.set(row, Outcome::Rejected(refusal(&one.refusal)));
            }
        }
        Ok(receipts)
    })
}

/// Only success is left to read: a refusal of the whole is one of each row.
fn success(answer: Result<Response, Failure>) -> Result<Response, Ended> {
    let answer = status::of_write(&ACME, answer)?;
    if answer.is_success() {
        return Ok(answer);
    }
    let reason = answer.reason(code::ROW_REFUSED, "the platform refuses the request");
    Err(Ended::Written(Receipts::rejected(reason).written()))
}

/// The rows may be there or not, and the host knows whether a repeat does harm.
fn incomplete() -> Reason {
    Reason::new(code::DEST_PROTOCOL, "the answer does not speak of every row")
}

fn refusal(theirs: &Refusal) -> Reason {
    let known = CODES.iter().find(|(code, ..)| *code == theirs.code);
    let (ours, cause) = known.map_or((code::ROW_REFUSED, "the platform refuses the contact"), |(_, ours, cause)| (ours, cause));
    Reason::new(ours, cause).vendor(&theirs.code).said(&theirs.message)
}

#[cfg(test)]
mod tests {
    use sluice_sdk::PhysicalType;
    use sluice_sdk::testing::{Rows, Script, answer};

    use super::*;
    use crate::{contacts, lists};

    fn told(service: &str, operation: Operation, status: u16, body: &str) -> Written {
        let emails = ["a@example.com", "", "b@example.com"].map(Into::into);
        let rows = Rows::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier");
        let script = Script::new().service(service).keep(b"l_1").answers(answer(status, body));
        let write = if service == "lists" { lists::write } else { contacts::write };
        script.rows(operation, &rows, write).expect("a receipt")
    }

    /// Rows that were refused, with our codes.
    fn refused(written: &Written) -> Vec<(u32, &str)> {
        let code = |outcome| match outcome {
            &Outcome::Rejected(ref reason) => reason.code.as_str(),
            other => panic!("{other:?}"),
        };
        written.receipt.except.iter().map(|(row, outcome)| (*row, code(outcome))).collect()
    }

    #[test]
    fn each_result_belongs_to_its_row() {
        let body = r#"{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}"#;
        let written = told("contacts", Operation::Upsert, 200, body);
        assert_eq!(refused(&written), [(1, code::NO_IDENTIFIER), (2, code::IDENTIFIER_INVALID)]);
    }

    #[test]
    fn a_position_leads_to_its_row_and_strangers_who_leave_are_gone() {
        let body = r#"{"taken":1,"refused":[{"at":1,"code":"unknown_contact","message":"no"}]}"#;
        let written = told("lists", Operation::Add, 200, body);
        assert_eq!(refused(&written), [(1, code::NO_IDENTIFIER), (2, code::NOT_FOUND_IN_DESTINATION)]);
        assert_eq!(refused(&told("lists", Operation::Remove, 200, body)), [(1, code::NO_IDENTIFIER)]);
    }

    #[test]
    fn an_answer_for_too_few_rows_says_nothing() {
        for (service, operation, body) in [
            ("contacts", Operation::Upsert, r#"{"results":[{"ok":true}]}"#),
            ("lists", Operation::Add, r#"{"taken":1,"refused":[]}"#),
            ("lists", Operation::Add, r#"{"taken":1,"refused":[{"at":2,"code":"unknown_contact","message":"no"}]}"#),
        ] {
            let written = told(service, operation, 200, body);
            assert!(matches!(written.receipt.all, Outcome::Unknown(_)), "{body}: {written:?}");
        }
    }
}
