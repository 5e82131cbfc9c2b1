//! Of a formula's parts, by what they are made of: how many digits stand after the point, and which are floats.

use sluice_catalog::{
    formula::{Binary, Expr, Function, Node},
    types::DataType,
};

use super::naive_formula::Naive;

impl Naive<'_> {
    /// Digits after the point of an exact part; none for other parts.
    pub(crate) fn scale(&self, e: &Expr) -> Option<u32> {
        let most = |list: Vec<Option<u32>>| list.into_iter().flatten().max();
        match &e.node {
            Node::Number(digits) => Some(digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32)),
            Node::Field(id) => match self.fields.iter().find(|(name, _)| name == id)?.1 {
                DataType::Integer => Some(0),
                DataType::Decimal { scale, .. } => Some(scale.into()),
                _ => None,
            },
            Node::Negative(inner) => self.scale(inner).or(Some(0)).filter(|_| !self.float(inner)),
            Node::Binary(op, a, b) => {
                let (a, b) = (self.scale(a), self.scale(b));
                match op {
                    Binary::Add | Binary::Subtract | Binary::Remainder => most(vec![a, b]),
                    Binary::Multiply => Some(a.unwrap_or(0) + b.unwrap_or(0)),
                    Binary::Divide => Some(most(vec![a, b, Some(6)])?),
                    _ => None,
                }
            }
            Node::Call(f, args) => match f {
                Function::If => most(args[1..].iter().map(|a| self.scale(a)).collect()),
                Function::Coalesce | Function::Least | Function::Greatest => most(args.iter().map(|a| self.scale(a)).collect()),
                Function::Abs => self.scale(&args[0]),
                Function::Round => {
                    let Node::Number(digits) = &args[1].node else { return None };
                    self.scale(&args[0]).map(|scale| scale.min(digits.parse().unwrap()))
                }
                Function::Floor | Function::Ceil | Function::Length | Function::DateDiff | Function::Extract => Some(0),
                _ => None,
            },
            Node::Case { branches, otherwise } => {
                most(branches.iter().map(|(_, v)| v).chain(otherwise.as_deref()).map(|v| self.scale(v)).collect())
            }
            Node::Cast(_, DataType::Integer) => Some(0),
            Node::Cast(_, DataType::Decimal { scale, .. }) => Some((*scale).into()),
            _ => None,
        }
    }

    pub(crate) fn float(&self, e: &Expr) -> bool {
        match &e.node {
            Node::Field(id) => self.fields.iter().any(|(name, ty)| name == id && *ty == DataType::Float),
            Node::Negative(inner) => self.float(inner),
            Node::Cast(_, ty) => *ty == DataType::Float,
            Node::Binary(Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder, a, b) => {
                self.float(a) || self.float(b)
            }
            Node::Call(Function::If, args) => args[1..].iter().any(|a| self.float(a)),
            Node::Call(Function::Coalesce | Function::Least | Function::Greatest | Function::Abs, args) => {
                args.iter().any(|a| self.float(a))
            }
            Node::Case { branches, otherwise } => {
                branches.iter().map(|(_, v)| v).chain(otherwise.as_deref()).any(|v| self.float(v))
            }
            _ => false,
        }
    }
}
