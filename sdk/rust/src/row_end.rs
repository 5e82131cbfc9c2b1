//! One row's end, where each row is a request of its own: the refusals of a platform that has codes, and the two ends that need no code.

use crate::code;
use crate::contract::{Halt, Outcome, Reason};
use crate::refusal::{Codes, Means};
use crate::request::Failure;
use crate::response::Response;
use crate::status::{self, Ended, RowEnd};

impl RowEnd {
    /// Nothing was done for the row, and nothing would be for those that follow.
    pub fn kept_from(halt: Halt) -> Self {
        let reason = halt.reason().cloned().unwrap_or_else(|| Reason::new(code::DEST_UNAVAILABLE, "nothing was sent"));
        Self { outcome: Outcome::Retry(reason), stop: Some(halt) }
    }

    /// A success that is not the platform's answer: whoever spoke, the row may be there, and the next one would fare no better.
    pub fn in_doubt(reason: Reason) -> Self {
        Self { outcome: Outcome::Unknown(reason.clone()), stop: Some(Halt::Unavailable(reason)) }
    }
}

impl Codes {
    /// A request that carries one row. Success is left to read, and so is what speaks of the row: 404, 410 and the statuses of
    /// [`Codes::of_rows`], unless the table has other words for it.
    pub fn of_row(&self, answer: Result<Response, Failure>) -> Result<Response, RowEnd> {
        if let Some(halt) = self.told_apart(&answer) {
            return Err(RowEnd::kept_from(halt));
        }
        if let Ok(answer) = &answer
            && let Some((means, own)) = self.meaning(answer)
            && !matches!(means, Means::BadRows(_) | Means::FewerRows)
            && let Ended::Halt(halt) = means.ends(&self.vendor, answer, Some(&own))
        {
            return Err(RowEnd::kept_from(halt));
        }
        let answer = status::of_row(&self.vendor, answer)?;
        let name = self.vendor.name;
        if answer.is_success() {
            return Ok(answer);
        }
        if answer.looks_like_a_page() {
            let reason = answer.reason(code::DEST_PROTOCOL, &format!("a web page answers in the place of {name}"));
            return Err(RowEnd::kept_from(Halt::Unavailable(reason)));
        }
        if matches!(answer.status(), 404 | 410) || self.of_rows.contains(&answer.status()) {
            return Ok(answer);
        }
        Err(RowEnd::kept_from(answer.config(&format!("{name} refuses the request ({})", answer.status()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::answer;

    const CODES: Codes = Codes {
        own: |answer| String::from_utf8(answer.body().to_vec()).ok(),
        lines: &[("FULL", Means::Setup("full")), ("GONE", Means::NotThere("gone")), ("BAD", Means::BadRows(code::ROW_REFUSED))],
        of_rows: &[400],
        apart: |answer| (answer.body() == b"LOCKED").then(|| Halt::quota("locked")),
        ..Codes::of("Acme")
    };

    #[test]
    fn what_speaks_of_the_row_is_left_to_read_and_all_else_keeps_it_back() {
        let told = |status, body: &str| match CODES.of_row(Ok(answer(status, body).response())) {
            Ok(answer) => answer.status().to_string(),
            Err(RowEnd { outcome: Outcome::Retry(reason), stop: Some(halt) }) => {
                assert_eq!(halt.reason(), Some(&reason), "the row and the halt have one reason");
                reason.code
            }
            Err(end) => format!("{end:?}"),
        };
        for (status, body, wanted) in [
            (200, "{}", "200"),
            (400, "", "400"),
            (400, "BAD", "400"),
            (400, "FULL", code::DEST_CONFIG),
            (400, "<html>", code::DEST_PROTOCOL),
            (404, "", "404"),
            (404, "GONE", code::DEST_OBJECT_MISSING),
            (404, "<html>", code::DEST_PROTOCOL),
            (410, "", "410"),
            (409, "", code::DEST_CONFIG),
            (401, "", code::DEST_AUTH),
            (400, "LOCKED", code::DEST_QUOTA),
            (429, "", code::DEST_RATE_LIMITED),
        ] {
            assert_eq!(told(status, body), wanted, "{status} {body}");
        }
        let large = CODES.of_row(Ok(answer(413, "").response())).expect_err("too large");
        assert!(matches!((&large.outcome, &large.stop), (Outcome::Rejected(_), None)), "{large:?}");
        let failing = CODES.of_row(Ok(answer(500, "").response())).expect_err("in doubt");
        assert!(matches!((&failing.outcome, &failing.stop), (Outcome::Unknown(_), Some(Halt::Unavailable(_)))), "{failing:?}");
    }

    #[test]
    fn a_strangers_success_leaves_the_row_in_doubt() {
        let end = RowEnd::in_doubt(Reason::new(code::DEST_PROTOCOL, "not ours"));
        assert!(matches!((&end.outcome, &end.stop), (Outcome::Unknown(_), Some(Halt::Unavailable(_)))), "{end:?}");
    }
}
