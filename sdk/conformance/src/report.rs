//! What the suite found: for each case and situation, whether the promise held.

use std::fmt;

use serde::Serialize;

use crate::exchange::Exchange;

/// What became of a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "kebab-case")]
pub enum Verdict {
    /// It held.
    Held,
    /// There is nothing to hold here, and why.
    NotHere(String),
    /// It did not: what was expected, and what came.
    Broken(String),
}

/// One line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// `service mode`, or what else was called.
    pub case: String,
    /// The situation's name.
    pub situation: &'static str,
    /// What a connector promises in it.
    pub promise: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Of a broken one: the request that came last, where one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request: Option<Exchange>,
}

impl Line {
    /// A line; of a promise that is not broken, nobody asks for the last request.
    pub(crate) fn of(
        case: String,
        (situation, promise): (&'static str, &'static str),
        verdict: Verdict,
        last: Option<Exchange>,
    ) -> Self {
        let last_request = last.filter(|_| matches!(verdict, Verdict::Broken(_)));
        Self { case, situation, promise, verdict, last_request }
    }
}

/// Promises that are broken in the same way: what was expected and what came is the same, word by word.
#[derive(Debug, Clone)]
pub struct Broken<'a> {
    /// The first of them.
    pub first: &'a Line,
    /// What was expected, and what came.
    pub why: &'a str,
    /// The others.
    pub more: Vec<&'a Line>,
}

/// One paragraph, whose first line says which promise it is about.
impl fmt::Display for Broken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { case, situation, promise, last_request, .. } = self.first;
        write!(f, "{case} · {situation}: {promise}\n        {}", self.why)?;
        if let Some(last) = last_request {
            write!(f, "\n        {}", last.to_string().replace('\n', "\n        "))?;
        }
        let named = |line: &&Line| format!("{} · {}", line.case, line.situation);
        match &self.more[..] {
            [] => Ok(()),
            [one] => write!(f, "\n        and 1 more breaks in the same way: {}", named(one)),
            more => {
                let names: Vec<_> = more.iter().map(named).collect();
                write!(f, "\n        and {} more break in the same way: {}", more.len(), names.join(", "))
            }
        }
    }
}

/// All lines.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The connector.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Size of the component, in bytes.
    pub bytes: usize,
    /// In the order in which they were tried.
    pub lines: Vec<Line>,
    /// Services and modes that the plan says nothing of.
    pub untried: Vec<String>,
}

impl Report {
    /// How many promises held, had nothing to hold, and were broken; a case that is missing is a broken promise.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Verdict) -> bool| self.lines.iter().filter(|line| is(&line.verdict)).count();
        let held = count(|verdict| *verdict == Verdict::Held);
        let broken = count(|verdict| matches!(verdict, Verdict::Broken(_)));
        (held, self.lines.len() - held - broken, broken + self.untried.len())
    }

    /// What is broken, once for each cause, in the order in which it was found.
    pub fn broken(&self) -> Vec<Broken<'_>> {
        let mut causes: Vec<Broken<'_>> = Vec::new();
        for line in &self.lines {
            let Verdict::Broken(why) = &line.verdict else { continue };
            match causes.iter_mut().find(|cause| cause.why == why) {
                Some(cause) => cause.more.push(line),
                None => causes.push(Broken { first: line, why, more: Vec::new() }),
            }
        }
        causes
    }

    /// Whether every promise held, of every service and mode.
    pub fn conforms(&self) -> bool {
        self.counts().2 == 0
    }
}

/// The counts, and what is broken, one paragraph for each cause; readable as the message of a failed test.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, not_here, broken) = self.counts();
        writeln!(f, "{} {}: {held} held, {not_here} not here, {broken} broken", self.id, self.version)?;
        for broken in self.broken() {
            writeln!(f, "  {broken}")?;
        }
        for untried in &self.untried {
            writeln!(f, "  {untried}: the plan has no case of it")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(case: &str, situation: &'static str, verdict: Verdict) -> Line {
        let mut last = Exchange::asked(&http::Method::POST, &http::Uri::from_static("/users"), b"[]");
        last.answered(200, b"hello");
        Line::of(case.to_owned(), (situation, "It is kept."), verdict, Some(last))
    }

    fn broken(why: &str) -> Verdict {
        Verdict::Broken(why.to_owned())
    }

    #[test]
    fn equal_causes_are_told_once_with_the_last_request_of_the_first() {
        let lines = vec![
            line("users upsert", "every-row", Verdict::Held),
            line("users upsert", "portal", broken("expected doubt; told: 3 × accepted")),
            line("users upsert", "hang", broken("another")),
            line("lists list", "portal", broken("expected doubt; told: 3 × accepted")),
            line("lists list", "half-an-answer", broken("expected doubt; told: 3 × accepted")),
        ];
        let report = Report { id: "crm".to_owned(), version: "0.1.0".to_owned(), bytes: 7, lines, untried: Vec::new() };
        let told = "crm 0.1.0: 1 held, 0 not here, 4 broken
  users upsert · portal: It is kept.
        expected doubt; told: 3 × accepted
        last request  POST /users -> 200
                sent  []
            answered  hello
        and 2 more break in the same way: lists list · portal, lists list · half-an-answer
  users upsert · hang: It is kept.
        another
        last request  POST /users -> 200
                sent  []
            answered  hello
";
        assert_eq!(report.to_string(), told);
        let line = |at: usize| serde_json::to_value(&report.lines[at]).expect("it is data");
        assert_eq!((line(0).get("last_request"), &line(1)["last_request"]["status"]), (None, &serde_json::json!(200)));
    }
}
