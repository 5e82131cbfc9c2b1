//! A checked formula: every part has its type, and operands of one operation have types that go together.
//!
//! The rules of values, which the query room keeps: without a value in, no value out, but for `coalesce`, `is_null`, `if`, `case`,
//! `and`, `or`. Integers and decimals are exact; a result that does not fit its type ends the query. Division by zero gives no value,
//! and so does a text that does not spell a value of the type that it is cast to.

use std::collections::BTreeSet;

use crate::{condition::Scalar, types::DataType};

/// A part of a checked formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What it gives.
    pub ty: DataType,
    /// How.
    pub node: TermNode,
}

/// How a part of a checked formula gives its value.
#[derive(Debug, Clone, PartialEq)]
pub enum TermNode {
    /// No value.
    Null,
    /// A constant.
    Constant(Scalar),
    /// Position of a field in the model.
    Field(usize),
    /// The instant of the run.
    Now,
    /// Its day in the workspace's zone.
    Today,
    /// True becomes false.
    Not(Box<Term>),
    /// Three-valued: false wins over no value.
    And(Box<Term>, Box<Term>),
    /// Three-valued: true wins over no value.
    Or(Box<Term>, Box<Term>),
    /// Both of one type; texts are compared in Unicode NFC.
    Compare(Comparison, Box<Term>, Box<Term>),
    /// All of one type; no value where the first has none, or where nothing is equal and one of the list has none.
    In(Box<Term>, Vec<Term>),
    /// Both exact (integer or decimal), or both floats.
    Arithmetic(Arithmetic, Box<Term>, Box<Term>),
    /// The value of the first condition that is true.
    Case(Vec<(Term, Term)>, Option<Box<Term>>),
    /// The first that has a value; all of one type.
    Coalesce(Vec<Term>),
    /// Whether there is no value.
    IsNull(Box<Term>),
    /// The value as another type.
    Convert(Box<Term>),
    /// A function of values.
    Call(Call, Vec<Term>),
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the definition
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// Exact.
    Add,
    /// Exact.
    Subtract,
    /// Exact.
    Multiply,
    /// Exact numbers: rounded at the last digit of the result, halves away from zero. By zero: no value.
    Divide,
    /// What is left of a division that cuts towards zero; it has the sign of the first. By zero: no value.
    Remainder,
}

/// A function of values, with what is constant about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// A number with the other sign.
    Negate,
    /// To so many digits after the point; halves go away from zero.
    Round(u8),
    /// Downwards.
    Floor,
    /// Upwards.
    Ceil,
    /// Without its sign.
    Abs,
    /// The smallest of numbers or times of one type.
    Least,
    /// The largest.
    Greatest,
    /// In lower case (Unicode).
    Lower,
    /// In upper case (Unicode).
    Upper,
    /// Without spaces (U+0020) at both ends.
    Trim,
    /// One after another.
    Concat,
    /// Text, first character from 1, length where it is given; what lies outside is left out.
    Substring,
    /// Text, what, by; nothing is replaced where `what` is empty.
    Replace,
    /// Characters (Unicode code points).
    Length,
    /// Text; the separator and the number of the part are constants.
    SplitPart(String, u32),
    /// Text; the first group of the first match, or the match; no value without a match.
    RegexExtract(String),
    /// Date: the first day of the unit.
    Truncate(Period),
    /// Date (days and longer) or timestamp (minutes, hours), and how many.
    Add(Period),
    /// From, to: dates (days and longer) or timestamps (minutes, hours); whole units, cut towards zero.
    Difference(Period),
    /// A part of a date; `hour` and `minute` of a timestamp, in the workspace's zone.
    Extract(Part),
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the definition
pub enum Period {
    Minute,
    Hour,
    Day,
    /// Begins on Monday.
    Week,
    Month,
    Quarter,
    Year,
}

/// A part of a date or of a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the definition
pub enum Part {
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// Of ISO 8601, 1 to 53.
    Week,
    /// Of the month, 1 to 31.
    Day,
    /// 1 is Monday.
    DayOfWeek,
    /// 1 to 366.
    DayOfYear,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
}

/// Whether a unit belongs to the calendar or to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// Days and longer: of dates.
    Days,
    /// Hours and minutes: of timestamps.
    Clock,
}

impl Period {
    /// The unit of this name, in the singular or the plural.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name.strip_suffix('s').unwrap_or(name) {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// What it is counted on.
    pub fn calendar(self) -> Calendar {
        match self {
            Self::Minute | Self::Hour => Calendar::Clock,
            Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Year => Calendar::Days,
        }
    }
}

impl Part {
    /// The part of this name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "day_of_week" => Self::DayOfWeek,
            "day_of_year" => Self::DayOfYear,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            _ => return None,
        })
    }

    /// What it is read from.
    pub fn calendar(self) -> Calendar {
        if matches!(self, Self::Hour | Self::Minute) { Calendar::Clock } else { Calendar::Days }
    }
}

impl Term {
    pub(super) fn new(ty: DataType, node: TermNode) -> Self {
        Self { ty, node }
    }

    /// The same value as another type.
    pub(super) fn to(self, ty: DataType) -> Self {
        if self.ty == ty {
            return self;
        }
        match self.node {
            TermNode::Null => Self::new(ty, TermNode::Null),
            _ => Self::new(ty, TermNode::Convert(Box::new(self))),
        }
    }

    /// Positions of the fields that it is made of.
    pub fn fields(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        self.collect(&mut found);
        found
    }

    fn collect(&self, found: &mut BTreeSet<usize>) {
        match &self.node {
            TermNode::Field(position) => drop(found.insert(*position)),
            TermNode::Null | TermNode::Constant(_) | TermNode::Now | TermNode::Today => {}
            TermNode::Not(inner) | TermNode::IsNull(inner) | TermNode::Convert(inner) => inner.collect(found),
            TermNode::And(left, right)
            | TermNode::Or(left, right)
            | TermNode::Compare(_, left, right)
            | TermNode::Arithmetic(_, left, right) => {
                left.collect(found);
                right.collect(found);
            }
            TermNode::In(value, list) => {
                value.collect(found);
                list.iter().for_each(|item| item.collect(found));
            }
            TermNode::Coalesce(terms) | TermNode::Call(_, terms) => terms.iter().for_each(|term| term.collect(found)),
            TermNode::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    condition.collect(found);
                    value.collect(found);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.collect(found);
                }
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.node == TermNode::Null
    }
}
