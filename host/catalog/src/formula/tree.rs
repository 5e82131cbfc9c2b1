//! A formula as it is written: names and literals, no types yet.
//!
//! Two formulas are equal when they say the same, wherever their parts stand in the text.

use std::collections::BTreeSet;

use super::function::Function;
use crate::types::DataType;

/// Bytes of the text that a part was read from, from the first to behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// A formula that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// Its outermost part.
    pub root: Expr,
}

/// One part of a formula, and where it stands.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Where it stands.
    pub at: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// What a part of a formula is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// Digits, perhaps with a point: `12`, `0.5`.
    Number(String),
    /// `'text'`; a quote inside is doubled.
    Text(String),
    /// The id of a field; in double quotes where it is a word of the language.
    Field(String),
    /// `-x`.
    Negative(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// Two operands and the operator between them.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `x in (a, b)`, `x not in (a, b)`.
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// `not in`.
        not: bool,
        /// Where it is looked for; not empty.
        list: Vec<Expr>,
    },
    /// `f(a, b)`.
    Call(Function, Vec<Expr>),
    /// `case when c then v … else v end`.
    Case {
        /// Conditions and values, in order; not empty.
        branches: Vec<(Expr, Expr)>,
        /// The value when no condition is true; null without one.
        otherwise: Option<Box<Expr>>,
    },
    /// `cast(x as type)`.
    Cast(Box<Expr>, DataType),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the definition
pub enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Binary {
    /// The sign in the text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// How tightly it binds; see [`super::parse`].
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => COMPARED,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Remainder => 6,
        }
    }
}

/// Strength of `not`, which stands before its operand.
pub(super) const NEGATED: u8 = 3;
/// Strength of comparisons and `in`; they do not chain.
pub(super) const COMPARED: u8 = 4;
/// Strength of a minus sign before its operand.
pub(super) const SIGNED: u8 = 7;
/// Strength of what needs no parentheses anywhere.
pub(super) const ATOM: u8 = 8;

impl Formula {
    /// Ids of the fields that it names.
    pub fn fields(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.root.each(&mut |expr| {
            if let Node::Field(id) = &expr.node {
                found.insert(id.as_str());
            }
        });
        found
    }
}

impl Expr {
    /// Calls `f` for this part and every part inside of it.
    fn each<'a>(&'a self, f: &mut impl FnMut(&'a Self)) {
        f(self);
        match &self.node {
            Node::Null | Node::Boolean(_) | Node::Number(_) | Node::Text(_) | Node::Field(_) => {}
            Node::Negative(inner) | Node::Not(inner) | Node::Cast(inner, _) => inner.each(f),
            Node::Binary(_, left, right) => {
                left.each(f);
                right.each(f);
            }
            Node::In { value, list, .. } => {
                value.each(f);
                list.iter().for_each(|item| item.each(f));
            }
            Node::Call(_, args) => args.iter().for_each(|arg| arg.each(f)),
            Node::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    condition.each(f);
                    value.each(f);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.each(f);
                }
            }
        }
    }
}
