//! What a person is told of the cut: where a question was evaluated, and by which statements.

use datafusion::physical_plan::ExecutionPlan;

/// Where a question was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Wholly by the database in which the rows lie; the host reads the answer.
    Source,
    /// Parts of it by databases, and the rest in the host.
    Both,
    /// In the host, over files or over tables as they are.
    Host,
}

/// A SELECT that was put to a source. It holds constants of the condition and no value of a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Statement {
    /// Name of the source.
    pub source: String,
    /// Its text.
    pub sql: String,
}

/// Where a question was evaluated, and how.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Evaluation {
    /// Where.
    pub place: Place,
    /// The statements that say a part of the question, or all of it. Tables that are read as they are have none here.
    pub statements: Vec<Statement>,
    /// Why not wholly by one database, in a few words; none where it was.
    pub why: Option<String>,
    /// Bytes of files that were read for it; none where a source does not tell what it read, and before the question was asked.
    pub bytes_read: Option<u64>,
}

impl Evaluation {
    /// Of two questions that are one to the person who asks.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let mixed = self.place != other.place;
        self.place = if mixed { Place::Both } else { self.place };
        let new: Vec<Statement> = other.statements.into_iter().filter(|statement| !self.statements.contains(statement)).collect();
        self.statements.extend(new);
        self.why = self.why.or(other.why);
        self.bytes_read = self.bytes_read.zip(other.bytes_read).map(|(one, other)| one.saturating_add(other));
        self
    }
}

/// Bytes of files that a plan has read so far; none where a part of it does not tell: a database, or a file of a form that the engine
/// does not count.
pub(crate) fn bytes_read(plan: &dyn ExecutionPlan) -> Option<u64> {
    let children = plan.children();
    if !children.is_empty() {
        return children.into_iter().map(|child| bytes_read(child.as_ref())).sum();
    }
    match plan.name() {
        // Counts that the file's own statistics answer are such constants.
        "PlaceholderRowExec" | "EmptyExec" => Some(0),
        _ => Some(plan.metrics()?.sum_by_name("bytes_scanned")?.as_usize() as u64),
    }
}
