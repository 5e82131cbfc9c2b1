//! A formula as text, with no parentheses but those that are needed. What is printed reads back as the same formula.

use std::fmt::{self, Write as _};

use super::{
    token::RESERVED,
    tree::{ATOM, Binary, COMPARED, Expr, Formula, NEGATED, Node, SIGNED},
};

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}

impl Expr {
    fn strength(&self) -> u8 {
        match &self.node {
            Node::Binary(binary, _, _) => binary.strength(),
            Node::In { .. } => COMPARED,
            Node::Not(_) => NEGATED,
            Node::Negative(_) => SIGNED,
            Node::Null
            | Node::Boolean(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::Field(_)
            | Node::Call(..)
            | Node::Case { .. }
            | Node::Cast(..) => ATOM,
        }
    }

    /// In parentheses where it binds less than `least`.
    fn within(&self, least: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.strength() < least { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Null => f.write_str("null"),
            Node::Boolean(value) => write!(f, "{value}"),
            Node::Number(digits) => f.write_str(digits),
            Node::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Node::Field(id) if RESERVED.contains(&id.as_str()) => write!(f, "\"{id}\""),
            Node::Field(id) => f.write_str(id),
            Node::Negative(inner) => {
                f.write_char('-')?;
                inner.within(SIGNED, f)
            }
            Node::Not(inner) => {
                f.write_str("not ")?;
                inner.within(NEGATED, f)
            }
            Node::Binary(binary, left, right) => {
                let strength = binary.strength();
                // `and` and `or` are read from the left like sums; comparisons do not chain.
                left.within(if strength == COMPARED { strength + 1 } else { strength }, f)?;
                write!(f, " {} ", binary.sign())?;
                right.within(strength + 1, f)
            }
            Node::In { value, not, list } => {
                value.within(COMPARED + 1, f)?;
                f.write_str(if *not { " not in (" } else { " in (" })?;
                listed(list, f)?;
                f.write_char(')')
            }
            Node::Call(function, args) => {
                write!(f, "{}(", function.name())?;
                listed(args, f)?;
                f.write_char(')')
            }
            Node::Case { branches, otherwise } => {
                f.write_str("case")?;
                for (condition, value) in branches {
                    write!(f, " when {condition} then {value}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, " else {otherwise}")?;
                }
                f.write_str(" end")
            }
            Node::Cast(inner, ty) => write!(f, "cast({inner} as {ty})"),
        }
    }
}

fn listed(list: &[Expr], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, item) in list.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}
