//! What the suite found: for each case and situation, whether the promise held.

use std::fmt;

use serde::Serialize;

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

    /// Whether every promise held, of every service and mode.
    pub fn conforms(&self) -> bool {
        self.counts().2 == 0
    }
}

/// What is broken, one paragraph each, and the counts; readable as the message of a failed test.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, not_here, broken) = self.counts();
        writeln!(f, "{} {}: {held} held, {not_here} not here, {broken} broken", self.id, self.version)?;
        for line in &self.lines {
            if let Verdict::Broken(why) = &line.verdict {
                writeln!(f, "  {} · {}: {}\n    {why}", line.case, line.situation, line.promise)?;
            }
        }
        for untried in &self.untried {
            writeln!(f, "  {untried}: the plan has no case of it")?;
        }
        Ok(())
    }
}
