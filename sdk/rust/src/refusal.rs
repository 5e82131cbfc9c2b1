//! What a platform's refusal of a whole write means, once the connector has recognised it by status, code or words: the lines of a
//! connector's table say one of these, and this makes of it what the host is told. Nothing was written in any of the cases.

use crate::code;
use crate::contract::{Halt, Reason, Split};
use crate::receipt::Receipts;
use crate::request::Failure;
use crate::response::Response;
use crate::status::{self, Ended, Reset, Vendor};

/// The meaning of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Some row is bad (this code of the registry) and the platform does not say which: the host finds it by halves.
    BadRows(&'static str),
    /// Fewer rows at a time; how many, the platform does not say.
    FewerRows,
    /// A new key is needed.
    Key(&'static str),
    /// The key lacks something.
    Permission(&'static str),
    /// The operator must correct the destination or the activation.
    Setup(&'static str),
    /// Something is not there.
    NotThere(&'static str),
}

impl Means {
    /// What the host is told. `vendor_code`: the platform's own code, where it says more than the status.
    pub fn ends(self, vendor: &Vendor, answer: &Response, vendor_code: Option<&str>) -> Ended {
        let reason = |code: &str, message: &str| {
            let reason = answer.reason(code, message);
            match vendor_code {
                Some(own) => reason.vendor(own),
                None => reason,
            }
        };
        let name = vendor.name;
        Ended::Halt(match self {
            Self::BadRows(_) if answer.looks_like_a_page() => {
                Halt::Unavailable(reason(code::DEST_PROTOCOL, &format!("a web page answers in the place of {name}")))
            }
            Self::BadRows(code) => {
                return Ended::Written(Receipts::of_the_batch(reason(code, &format!("{name} refuses the request"))).written());
            }
            Self::FewerRows => {
                let reason = reason(code::DEST_BATCH_TOO_LARGE, &format!("{name} refuses the size of the request"));
                Halt::SplitBatch(Split { reason, rows_fit: None })
            }
            Self::Key(message) => Halt::Auth(reason(code::DEST_AUTH, message)),
            Self::Permission(message) => Halt::Config(reason(code::DEST_PERMISSION, message)),
            Self::Setup(message) => Halt::Config(reason(code::DEST_CONFIG, message)),
            Self::NotThere(message) => Halt::Missing(reason(code::DEST_OBJECT_MISSING, message)),
        })
    }
}

/// The refusals of a platform that has codes. What its table does not name is the ordinary case of [`status`].
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// Whose they are.
    pub vendor: Vendor,
    /// The platform's code in the body of a refusal.
    pub own: fn(&Response) -> Option<String>,
    /// Codes and their meaning.
    pub lines: &'static [(&'static str, Means)],
    /// Statuses at which an answer can speak of rows: there a code that is not in the table, or none, is `row-refused`, and only there a
    /// code of the table that is about rows is believed.
    pub of_rows: &'static [u16],
    /// Answers that say something else than their status and code do, told before the table is asked. Nothing was written then.
    pub apart: fn(&Response) -> Option<Halt>,
}

impl Codes {
    /// A platform without any of it, for `Codes { own, lines: CODES, ..Codes::of("Acme") }`.
    pub const fn of(name: &'static str) -> Self {
        let vendor = Vendor { name, reset: Reset::None };
        Self { vendor, own: |_| None, lines: &[], of_rows: &[], apart: |_| None }
    }

    /// What [`Codes::apart`] says of an answer that is there.
    pub(crate) fn told_apart(&self, answer: &Result<Response, Failure>) -> Option<Halt> {
        answer.as_ref().ok().filter(|answer| !answer.is_success()).and_then(self.apart)
    }

    /// The meaning of a refusal of the whole and the platform's code; none of what is told [apart](Codes::apart). 413, 429 and 5xx have their meaning without one.
    pub fn meaning(&self, answer: &Response) -> Option<(Means, String)> {
        let status = answer.status();
        if !(400..=499).contains(&status) || matches!(status, 413 | 429) || (self.apart)(answer).is_some() {
            return None;
        }
        let own = (self.own)(answer).filter(|own| !own.is_empty());
        let line = self.lines.iter().find(|(code, _)| own.as_deref() == Some(*code)).map(|(_, means)| *means);
        let of_rows = |means: &Means| matches!(means, Means::BadRows(_) | Means::FewerRows);
        let line = line.filter(|means| !of_rows(means) || self.of_rows.contains(&status));
        let means = line.or(self.of_rows.contains(&status).then_some(Means::BadRows(code::ROW_REFUSED)))?;
        Some((means, own.unwrap_or_else(|| status.to_string())))
    }

    /// A write of one request for the whole batch: only success is left to read.
    pub fn of_write(&self, answer: Result<Response, Failure>) -> Result<Response, Ended> {
        if let Some(halt) = self.told_apart(&answer) {
            return Err(Ended::Halt(halt));
        }
        if let Ok(answer) = &answer
            && let Some((means, own)) = self.meaning(answer)
        {
            return Err(means.ends(&self.vendor, answer, Some(&own)));
        }
        let answer = status::of_write(&self.vendor, answer)?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(Ended::Halt(answer.config(&format!("{} refuses the request ({})", self.vendor.name, answer.status()))))
    }

    /// A request that changes nothing: only success is left to read. A refusal that the table has words for is told in them.
    pub fn of_read(&self, answer: Result<Response, Failure>) -> Result<Response, Halt> {
        if let Some(halt) = self.told_apart(&answer) {
            return Err(halt);
        }
        if let Ok(answer) = &answer
            && let Some((means, own)) = self.meaning(answer)
            && !matches!(means, Means::BadRows(_) | Means::FewerRows)
            && let Ended::Halt(halt) = means.ends(&self.vendor, answer, Some(&own))
        {
            return Err(halt);
        }
        status::of_read(&self.vendor, answer)
    }
}

impl Receipts {
    /// Some row spoils the request and the platform does not say which: the host finds it by halves. It halves only what nobody names,
    /// so rows that were left out are not named here; in a half that is taken, or alone, they are.
    pub fn of_the_batch(reason: Reason) -> Self {
        Self::rejected(reason).attr("scope", "batch")
    }

    /// A success that is not the platform's answer: whoever spoke, the rows may be there, and the next batch would fare no better.
    pub fn in_doubt(reason: Reason) -> Self {
        Self::unknown(reason.clone()).stop(Halt::Unavailable(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Outcome;
    use crate::testing::answer;

    const ACME: Vendor = Codes::of("Acme").vendor;

    #[test]
    fn each_meaning_has_its_end() {
        for (means, wanted) in [
            (Means::FewerRows, "split dest-batch-too-large"),
            (Means::Key("no"), "auth dest-auth"),
            (Means::Permission("no"), "config dest-permission"),
            (Means::Setup("no"), "config dest-config"),
            (Means::NotThere("no"), "missing dest-object-missing"),
        ] {
            let Ended::Halt(halt) = means.ends(&ACME, &answer(400, "{}").response(), Some("A1")) else { panic!("{means:?}") };
            let kind = match &halt {
                Halt::SplitBatch(_) => "split",
                Halt::Auth(_) => "auth",
                Halt::Config(_) => "config",
                Halt::Missing(_) => "missing",
                other => panic!("{other:?}"),
            };
            let reason = halt.reason().expect("each has one");
            assert_eq!((format!("{kind} {}", reason.code).as_str(), reason.vendor_code.as_deref()), (wanted, Some("A1")));
        }
    }

    #[test]
    fn bad_rows_are_for_the_host_to_halve_unless_somebody_else_has_spoken() {
        let means = Means::BadRows(code::DEST_FIELD_INVALID);
        let Ended::Written(written) = means.ends(&ACME, &answer(400, "{}").response(), None) else { panic!("a receipt") };
        assert!(matches!(&written.receipt.all, Outcome::Rejected(r) if r.code == code::DEST_FIELD_INVALID), "{written:?}");
        assert_eq!(written.receipt.attrs, [("scope".to_owned(), "batch".to_owned())]);
        let page = means.ends(&ACME, &answer(400, "<html>proxy</html>").response(), None);
        assert!(matches!(&page, Ended::Halt(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{page:?}");
    }

    const CODES: Codes = Codes {
        own: |answer| String::from_utf8(answer.body().to_vec()).ok(),
        lines: &[("LIMIT", Means::Setup("full")), ("MALFORMED", Means::BadRows(code::IDENTIFIER_INVALID))],
        of_rows: &[400],
        apart: |answer| (answer.body() == b"LOCKED").then(|| Halt::unavailable("locked")),
        ..Codes::of("Acme")
    };

    #[test]
    fn a_code_counts_before_the_status_and_not_in_place_of_what_needs_none() {
        let row = |code: &'static str, own: &str| Some((Means::BadRows(code), own.to_owned()));
        for (status, body, wanted) in [
            (400, "LIMIT", Some((Means::Setup("full"), "LIMIT".to_owned()))),
            (400, "MALFORMED", row(code::IDENTIFIER_INVALID, "MALFORMED")),
            (409, "LIMIT", Some((Means::Setup("full"), "LIMIT".to_owned()))),
            // A status that never speaks of rows.
            (409, "MALFORMED", None),
            (400, "NEW", row(code::ROW_REFUSED, "NEW")),
            (400, "", row(code::ROW_REFUSED, "400")),
            (409, "NEW", None),
            (200, "LIMIT", None),
            (413, "LIMIT", None),
            (429, "LIMIT", None),
            (500, "LIMIT", None),
            (400, "LOCKED", None),
        ] {
            assert_eq!(CODES.meaning(&answer(status, body).response()), wanted, "{status} {body}");
        }
    }

    #[test]
    fn only_success_is_left_to_read() {
        let write = |status, body: &str| CODES.of_write(Ok(answer(status, body).response()));
        let read = |status, body: &str| CODES.of_read(Ok(answer(status, body).response()));
        assert!(write(200, "{}").is_ok() && read(200, "{}").is_ok());
        assert!(matches!(write(415, "{}"), Err(Ended::Halt(Halt::Config(_)))));
        assert!(matches!(write(400, "MALFORMED"), Err(Ended::Written(_))));
        let full =
            |halt: &Halt| matches!(halt, Halt::Config(r) if r.message == "full" && r.vendor_code.as_deref() == Some("LIMIT"));
        assert!(matches!(write(400, "LIMIT"), Err(Ended::Halt(halt)) if full(&halt)));
        assert!(matches!(read(400, "LIMIT"), Err(halt) if full(&halt)));
        assert_eq!(write(400, "LOCKED"), Err(Ended::Halt(Halt::unavailable("locked"))));
        assert_eq!(read(429, "LOCKED"), Err(Halt::unavailable("locked")));
        assert!(write(200, "LOCKED").is_ok(), "a success is not told apart");
        assert!(matches!(read(400, "MALFORMED"), Err(Halt::Config(r)) if r.vendor_code.as_deref() == Some("400")));
    }
}
