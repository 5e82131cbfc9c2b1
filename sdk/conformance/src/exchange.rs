//! The last request that came over the line, as a report shows it under a broken promise: enough to see what was asked and what was
//! answered, no more. A stand-in's credentials travel in headers, which are not kept.

use std::fmt;

use http::{Method, Uri};
use serde::Serialize;

/// Bytes of a body that are shown: a dozen rows' fields, and a screen still has room for the next cause.
const SHOWN_BYTES_MAX: usize = 300;

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Its method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The first bytes of its body, as text.
    pub sent: String,
    /// The answer's status; none where no answer was given.
    pub status: Option<u16>,
    /// The first bytes of the answer's body, as text.
    pub answer: String,
}

impl Exchange {
    /// A request that nobody has answered yet.
    pub(crate) fn asked(method: &Method, uri: &Uri, body: &[u8]) -> Self {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Self { method: method.to_string(), path: path.to_owned(), sent: shown(body), status: None, answer: String::new() }
    }

    /// The same with its answer.
    pub(crate) fn answered(&mut self, status: u16, body: &[u8]) {
        (self.status, self.answer) = (Some(status), shown(body));
    }
}

/// Three lines: what was asked, what was sent, what was answered. Bodies that are empty have no line.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "last request  {} {} -> ", self.method, self.path)?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => write!(f, "no answer")?,
        }
        for (name, body) in [("sent", &self.sent), ("answered", &self.answer)] {
            if !body.is_empty() {
                write!(f, "\n{name:>12}  {body}")?;
            }
        }
        Ok(())
    }
}

/// The start of a body on one line, and how many bytes there were where that is not all.
fn shown(body: &[u8]) -> String {
    let start = &body[..body.len().min(SHOWN_BYTES_MAX)];
    let text = match str::from_utf8(start) {
        Ok(text) => text,
        // A letter that is cut in two is left out; anything else is no text.
        Err(error) if error.error_len().is_none() => str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
        Err(_) => return format!("({} bytes that are no text)", body.len()),
    };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() == body.len() { line } else { format!("{line}… ({} bytes)", body.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &[u8]) -> Exchange {
        Exchange::asked(&Method::POST, &"http://127.0.0.1:9/v1/contacts?dry=1".parse().expect("an address"), body)
    }

    #[test]
    fn a_request_and_its_answer_are_three_lines() {
        let mut exchange = asked(br#"{"contacts":[]}"#);
        exchange.answered(400, b"{\n \"code\":\"malformed\"\n}");
        let told = "last request  POST /v1/contacts?dry=1 -> 400\n        sent  {\"contacts\":[]}\n    answered  {  \"code\":\"malformed\" }";
        assert_eq!(exchange.to_string(), told);
        assert_eq!(asked(b"").to_string(), "last request  POST /v1/contacts?dry=1 -> no answer");
    }

    #[test]
    fn of_a_long_body_the_first_300_bytes_are_shown() {
        assert_eq!(asked(&[b'x'; 300]).sent, "x".repeat(300));
        assert_eq!(asked(&[b'x'; 301]).sent, format!("{}… (301 bytes)", "x".repeat(300)));
        let cut_in_two = format!("{}é", "x".repeat(299));
        assert_eq!(asked(cut_in_two.as_bytes()).sent, format!("{}… (301 bytes)", "x".repeat(299)));
        assert_eq!(asked(&[0x1f, 0x8b, 8, 0]).sent, "(4 bytes that are no text)");
        assert_eq!(asked(b"a\x1b[2Jb").sent, "a [2Jb", "nothing that steers a terminal");
    }
}
