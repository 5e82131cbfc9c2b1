//! A checked condition: every value has its field's type, every negation is explicit, nothing is left to refuse.
//!
//! This is what the query room lowers. Only [`super::Tree::check`] makes it.

use jiff::{Timestamp, civil::Date};

use super::{ordered::Ordered, tree::WeekStart};
use crate::{
    ids::{ModelId, SegmentId},
    size::SizeLimit,
    types::DataType,
};

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
    /// A test of the rows that relationships lead to.
    Reach(Box<Reach>),
    /// The record's key is among those of the members of another segment of the same model.
    Member(Box<Members>),
    /// The record's key is in the list that is kept of a remote segment of the same model.
    Listed(SegmentId),
    /// Related rows in an order of time.
    Sequence(Box<Ordered>),
}

/// The members of another segment of the same model.
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    /// What they satisfy.
    pub condition: Checked,
    /// How many of them are meant.
    pub limit: Option<SizeLimit>,
}

/// A test of the rows of the last model of a path that satisfy a condition. A row that is reached in several ways counts once.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// 1 to 6 steps from model to model.
    pub hops: Vec<Hop>,
    /// About a row of the last model.
    pub condition: Checked,
    /// Positions in the first model of the fields that `condition` compares with ([`Operand::Parent`]), without repeats.
    pub parents: Vec<usize>,
    /// What must hold for these rows.
    pub quantity: Quantity,
}

/// One step along a relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The model that it leads to.
    pub model: ModelId,
    /// Positions of the fields that are equal: in the model before, and in this one; never empty.
    pub on: Vec<(usize, usize)>,
}

/// What must hold for the related rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// There is one.
    Any,
    /// An aggregate of them compares as said.
    Measure(Measured),
    /// Of all related rows with a time, the earliest or latest one (by the primary key among equals) satisfies the condition.
    Pick {
        /// Position of the date or timestamp in the last model.
        time: usize,
        /// The latest, else the earliest.
        last: bool,
    },
}

/// An aggregate and its test.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What is computed.
    pub aggregate: Aggregate,
    /// Type of the result.
    pub ty: DataType,
    /// What must hold for the result; never with another field.
    pub test: Test,
}

/// An aggregate of related rows; the positions are fields of the last model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // as features 5.4
pub enum Aggregate {
    Count,
    CountDistinct(usize),
    /// How many different local days of a date or timestamp.
    CountDays(usize),
    Sum(usize),
    /// Exact: `test` is against sum / count.
    Avg(usize),
    Min(usize),
    Max(usize),
}

impl Measured {
    /// Whether the test holds where there is no row: counts and sums are 0, and the others have no value, so no test holds.
    pub fn holds_without_rows(&self) -> bool {
        use std::cmp::Ordering;
        let zero = match self.aggregate {
            Aggregate::Count | Aggregate::CountDistinct(_) | Aggregate::CountDays(_) | Aggregate::Sum(_) => {
                |scalar: &Scalar| match scalar {
                    Scalar::Integer(value) => Some(0.cmp(value)),
                    Scalar::Decimal(value) => Some(0.cmp(value)),
                    Scalar::Float(value) => 0.0.partial_cmp(value),
                    Scalar::Boolean(_) | Scalar::Text(_) => None,
                }
            }
            Aggregate::Avg(_) | Aggregate::Min(_) | Aggregate::Max(_) => return false,
        };
        let compared = |operand: &Operand, holds: fn(Ordering) -> bool| match operand {
            Operand::Constant(scalar) => zero(scalar).is_some_and(holds),
            Operand::Field(_) | Operand::Parent(_) => false,
        };
        match &self.test {
            Test::Equals(right) => compared(right, Ordering::is_eq),
            Test::Compare(Order::Equal, right) => compared(right, Ordering::is_eq),
            Test::Compare(Order::Less, right) => compared(right, Ordering::is_lt),
            Test::Compare(Order::LessOrEqual, right) => compared(right, Ordering::is_le),
            Test::Compare(Order::Greater, right) => compared(right, Ordering::is_gt),
            Test::Compare(Order::GreaterOrEqual, right) => compared(right, Ordering::is_ge),
            Test::OneOf(list) => list.iter().any(|scalar| zero(scalar).is_some_and(Ordering::is_eq)),
            Test::Between(low, high) => zero(low).is_some_and(Ordering::is_ge) && zero(high).is_some_and(Ordering::is_le),
            Test::HasValue { .. } => true,
            Test::Text { .. } | Test::Time(_) | Test::List(_) | Test::Anniversary { .. } | Test::Percentile { .. } => false,
        }
    }
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
    /// Boolean, number: equal; date, timestamp: equal to another field.
    Equals(Operand),
    /// Number: one of these, without repeats.
    OneOf(Vec<Scalar>),
    /// Number: compared with the operand on the right; date, timestamp: with another field.
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
    /// Array.
    List(ListTest),
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

/// A test of an array.
#[derive(Debug, Clone, PartialEq)]
pub enum ListTest {
    /// Has at least one of these elements; `fold`: texts in lower case.
    HasAny {
        /// Without repeats.
        elements: Vec<Element>,
        /// Whether upper and lower case are one.
        fold: bool,
    },
    /// Has each of these elements; `fold`: texts in lower case.
    HasAll {
        /// Without repeats.
        elements: Vec<Element>,
        /// Whether upper and lower case are one.
        fold: bool,
    },
    /// How many elements it has; [`Order::Equal`], [`Order::Greater`] or [`Order::Less`].
    Length(Order, u32),
}

/// An element of an array, so that equal ones are equal: `1` and `1.0` are one number, and no text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// True or false.
    Boolean(bool),
    /// A number without leading and trailing zeros: significant digits, and the power of ten that they are multiplied by.
    Number {
        /// Below zero.
        negative: bool,
        /// Empty for zero.
        digits: String,
        /// 0 for zero.
        power: i64,
    },
    /// A text in Unicode NFC.
    Text(String),
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant of the field's type.
    Constant(Scalar),
    /// Position of another field of the same type.
    Field(usize),
    /// Position of a field of the same type in the model whose related rows are looked at; only inside [`Reach::condition`].
    Parent(usize),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = TimeUnit)]
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
