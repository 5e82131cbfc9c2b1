//! A checked condition: every value has its field's type, every negation is explicit, nothing is left to refuse.
//!
//! This is what the query room lowers. Only [`super::Tree::check`] makes it.

use jiff::{Timestamp, civil::Date};

use super::tree::WeekStart;

/// A condition in which every leaf is either true or false for every row, so that `Not` is the exact complement.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// All hold; empty: true.
    All(Vec<Checked>),
    /// At least one holds; never empty.
    Any(Vec<Checked>),
    /// Does not hold.
    Not(Box<Checked>),
    /// A test of one field.
    Leaf(Leaf),
}

/// A test of one field. A row without a value fails it, unless the test itself is about having one.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Position of the field in the model.
    pub field: usize,
    /// What must hold.
    pub test: Test,
}

/// What must hold for a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// There is a value; `empty_counts` = false: the empty text is none.
    HasValue {
        /// Whether the empty text is a value.
        empty_counts: bool,
    },
    /// Boolean, number: equal.
    Equals(Operand),
    /// Number: one of these, without repeats.
    OneOf(Vec<Scalar>),
    /// Number: compared with the operand on the right.
    Compare(Order, Operand),
    /// Number: both ends included.
    Between(Scalar, Scalar),
    /// String; `fold`: in lower case.
    Text {
        /// What is looked for.
        test: TextTest,
        /// Whether upper and lower case are one.
        fold: bool,
    },
    /// Date, timestamp: against constants or the present.
    Time(TimeTest),
    /// Date, timestamp: compared with another field of the same type.
    TimeField(Order, usize),
    /// Date, timestamp: day and month are those of today, give or take so many days.
    Anniversary {
        /// 0 to 182.
        days: u16,
    },
    /// Number: among the rows with a value, ordered by it, in the first `percent` of them.
    Percentile {
        /// From the largest down, else from the smallest up.
        top: bool,
        /// 1 to 100.
        percent: u8,
    },
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextTest {
    /// The same text.
    Equals(Operand),
    /// One of these texts, without repeats.
    OneOf(Vec<String>),
    /// Begins with it.
    StartsWith(Operand),
    /// Ends with it.
    EndsWith(Operand),
    /// Contains it.
    Contains(Operand),
    /// Contains at least one of them.
    ContainsAny(Vec<String>),
    /// Contains each of them.
    ContainsAll(Vec<String>),
    /// A regular expression of the common subset, rewritten so that all engines agree; found anywhere unless anchored.
    Pattern(String),
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant of the field's type.
    Constant(Scalar),
    /// Position of another field of the same type.
    Field(usize),
}

/// A constant of a field's type. Texts are in Unicode NFC.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Of a boolean.
    Boolean(bool),
    /// Of an integer.
    Integer(i64),
    /// Of a decimal, in units of the field's last digit.
    Decimal(i128),
    /// Of a float; finite.
    Float(f64),
    /// Of a string.
    Text(String),
}

/// An order between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the definition
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A point of the calendar: a whole day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A day; for a timestamp, that day in the workspace's zone.
    Day(Date),
    /// An instant; of timestamps only.
    Instant(Timestamp),
}

/// A test of a date or timestamp that becomes an interval once now and zone are known ([`super::At::interval`]).
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // the names are those of the operators
pub enum TimeTest {
    On(Moment),
    Before(Moment),
    After(Moment),
    OnOrBefore(Moment),
    OnOrAfter(Moment),
    /// Both ends included.
    Between(Moment, Moment),
    Last(Rolling),
    Next(Rolling),
    MoreThanAgo(Rolling),
    MoreThanFromNow(Rolling),
    /// From the smaller to the larger distance, both included.
    BetweenAgo(Rolling, u32),
    Past,
    Future,
}

/// A distance from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
    /// Exactly so much time, instead of whole calendar units.
    pub exact: bool,
    /// When weeks begin.
    pub week: WeekStart,
}

/// A unit of relative windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the definition
pub enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Quarters,
    Years,
}

impl Unit {
    /// The largest amount that stays within [`crate::limits::WINDOW_YEARS_MAX`].
    pub fn amount_max(self) -> u32 {
        let per_year = match self {
            Self::Minutes => 525_600,
            Self::Hours => 8_760,
            Self::Days => 365,
            Self::Weeks => 52,
            Self::Months => 12,
            Self::Quarters => 4,
            Self::Years => 1,
        };
        per_year * crate::limits::WINDOW_YEARS_MAX
    }
}
