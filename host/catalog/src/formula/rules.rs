//! The rules of types: which two go together, what an operation gives, what each function takes.

use super::{
    check::{Check, Reported},
    function::Function,
    tree::{Expr, Node, Span},
    typed::{Arithmetic, Calendar, Call, Part, Period, Term, TermNode},
};
use crate::{
    condition::constant_pattern,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

/// Digits of a 64-bit integer.
const INTEGER_DIGITS: u8 = 19;
/// Digits after the point that a quotient has at least.
const QUOTIENT_DIGITS: u8 = 6;
/// Digits after the point that `round` may keep.
const ROUND_DIGITS_MAX: u8 = 18;

/// Digits before and after the point, of integers and decimals.
fn digits(ty: DataType) -> Option<(u8, u8)> {
    match ty {
        DataType::Integer => Some((INTEGER_DIGITS, 0)),
        DataType::Decimal { precision, scale } => Some((precision - scale, scale)),
        _ => None,
    }
}

fn decimal(before: u8, scale: u8) -> DataType {
    DataType::Decimal { precision: before.saturating_add(scale).clamp(1, DECIMAL_DIGITS_MAX), scale }
}

/// The type that holds values of both.
pub(super) fn common(a: DataType, b: DataType) -> Option<DataType> {
    if a == b {
        return Some(a);
    }
    if let (Some((before, scale)), Some((other, other_scale))) = (digits(a), digits(b)) {
        return Some(decimal(before.max(other), scale.max(other_scale)));
    }
    (a.is_number() && b.is_number()).then_some(DataType::Float)
}

/// Whether a field declared `wanted` keeps every digit of values of `given`. Numbers that are too large end the query.
pub(crate) fn holds(wanted: DataType, given: DataType) -> bool {
    match (digits(wanted), digits(given)) {
        (Some((_, scale)), Some((_, given))) => scale >= given,
        _ => wanted == given || (wanted == DataType::Float && given.is_number()),
    }
}

/// What an operation on two numbers gives. Both are exact, or both floats.
pub(super) fn sum(arithmetic: Arithmetic, a: DataType, b: DataType) -> Option<DataType> {
    let (Some((before, scale)), Some((other, other_scale))) = (digits(a), digits(b)) else { return Some(DataType::Float) };
    if (a, b) == (DataType::Integer, DataType::Integer) && arithmetic != Arithmetic::Divide {
        return Some(DataType::Integer);
    }
    let wider = scale.max(other_scale);
    Some(match arithmetic {
        Arithmetic::Add | Arithmetic::Subtract => decimal(before.max(other) + 1, wider),
        Arithmetic::Multiply => {
            let scale = scale + other_scale;
            if scale > DECIMAL_DIGITS_MAX {
                return None;
            }
            decimal(before + other, scale)
        }
        Arithmetic::Divide => decimal(DECIMAL_DIGITS_MAX, wider.max(QUOTIENT_DIGITS)),
        Arithmetic::Remainder => decimal(before.max(other), wider),
    })
}

impl Check<'_> {
    pub(super) fn negative(&mut self, term: Term, at: Span) -> Result<Term, Reported> {
        let term = if term.is_null() { term.to(DataType::Integer) } else { term };
        if !term.ty.is_number() {
            return Err(self.error(at, format!("a number is expected after the minus sign, and this is {}", term.ty)));
        }
        Ok(Term::new(term.ty, TermNode::Call(Call::Negate, vec![term])))
    }

    /// A call whose number of arguments is right.
    pub(super) fn apply(&mut self, function: Function, args: &[Expr], at: Span) -> Result<Term, Reported> {
        let text = DataType::String;
        let called = |ty, call, args| Ok(Term::new(ty, TermNode::Call(call, args)));
        match function {
            Function::If => {
                let condition = self.boolean(&args[0], "`if`");
                let values = self.alike(&args[1..], "`if`");
                Ok(Self::chosen(vec![condition?], values?))
            }
            Function::Coalesce => {
                let terms = self.alike(args, "`coalesce`")?;
                Ok(Term::new(terms[0].ty, TermNode::Coalesce(terms)))
            }
            Function::IsNull => {
                let term = self.term(&args[0])?;
                Ok(Term::new(DataType::Boolean, TermNode::IsNull(Box::new(term))))
            }
            Function::Now => Ok(Term::new(DataType::Timestamp, TermNode::Now)),
            Function::Today => Ok(Term::new(DataType::Date, TermNode::Today)),
            Function::Round => self.round(args, at),
            Function::Floor | Function::Ceil => {
                let term = self.typed(&args[0], function, DataType::is_number, DataType::Integer)?;
                let ty = match digits(term.ty) {
                    Some((before, scale)) if scale > 0 => decimal(before + 1, 0),
                    _ => term.ty,
                };
                called(ty, if function == Function::Floor { Call::Floor } else { Call::Ceil }, vec![term])
            }
            Function::Abs => {
                let term = self.typed(&args[0], function, DataType::is_number, DataType::Integer)?;
                called(term.ty, Call::Abs, vec![term])
            }
            Function::Least | Function::Greatest => {
                let terms = self.alike(args, &format!("`{}`", function.name()))?;
                if !terms[0].ty.is_number() && !terms[0].ty.is_time() {
                    let message = format!("numbers or times are expected here, and this is {}", terms[0].ty);
                    return Err(self.error(args[0].at, message));
                }
                called(terms[0].ty, if function == Function::Least { Call::Least } else { Call::Greatest }, terms)
            }
            Function::Lower | Function::Upper | Function::Trim | Function::Concat | Function::Replace | Function::Length => {
                let terms: Vec<_> = args.iter().map(|arg| self.text(arg, function)).collect();
                let terms = terms.into_iter().collect::<Result<Vec<_>, _>>()?;
                let (ty, call) = match function {
                    Function::Lower => (text, Call::Lower),
                    Function::Upper => (text, Call::Upper),
                    Function::Trim => (text, Call::Trim),
                    Function::Concat => (text, Call::Concat),
                    Function::Replace => (text, Call::Replace),
                    _ => (DataType::Integer, Call::Length),
                };
                called(ty, call, terms)
            }
            Function::Substring => {
                let first = self.text(&args[0], function);
                let rest: Vec<_> = args[1..].iter().map(|arg| self.whole(arg, function)).collect();
                let mut terms = vec![first?];
                terms.extend(rest.into_iter().collect::<Result<Vec<_>, _>>()?);
                called(text, Call::Substring, terms)
            }
            Function::SplitPart => {
                let term = self.text(&args[0], function)?;
                let separator = self.constant(&args[1], "the separator")?;
                let Node::Number(digits) = &args[2].node else {
                    return Err(self.error(args[2].at, "the number of the part is written out, from 1"));
                };
                match digits.parse::<u32>() {
                    Ok(n @ 1..=1_000) if !separator.is_empty() => called(text, Call::SplitPart(separator, n), vec![term]),
                    _ => Err(self.error(at, "the separator is not empty, and the number of the part is 1 to 1,000")),
                }
            }
            Function::RegexExtract => {
                let term = self.text(&args[0], function)?;
                let pattern = self.constant(&args[1], "the pattern")?;
                match constant_pattern(&pattern) {
                    Ok(pattern) => called(text, Call::RegexExtract(pattern), vec![term]),
                    Err(cause) => Err(self.error(args[1].at, cause)),
                }
            }
            Function::DateTrunc => {
                let period = self.period(&args[0])?;
                if period.calendar() == Calendar::Clock {
                    return Err(self.error(args[0].at, "the unit is day, week, month, quarter or year; the result is a date"));
                }
                let term = self.date(&args[1], function)?;
                called(DataType::Date, Call::Truncate(period), vec![term])
            }
            Function::DateAdd => {
                let period = self.period(&args[2])?;
                let (term, n) = (self.time(&args[0], period, function), self.whole(&args[1], function));
                let term = term?;
                called(term.ty, Call::Add(period), vec![term, n?])
            }
            Function::DateDiff => {
                let period = self.period(&args[2])?;
                let (from, to) = (self.moment(&args[0], period, function), self.moment(&args[1], period, function));
                called(DataType::Integer, Call::Difference(period), vec![from?, to?])
            }
            Function::Extract => {
                let name = self.constant(&args[0], "what to extract")?;
                let Some(part) = Part::of(&name) else {
                    return Err(self.error(args[0].at, format!("{}; `{name}` is none of them", function.says())));
                };
                let term = match part.calendar() {
                    Calendar::Days => self.date(&args[1], function)?,
                    Calendar::Clock => self.typed(&args[1], function, |ty| ty == DataType::Timestamp, DataType::Timestamp)?,
                };
                called(DataType::Integer, Call::Extract(part), vec![term])
            }
        }
    }

    fn round(&mut self, args: &[Expr], at: Span) -> Result<Term, Reported> {
        let term = self.typed(&args[0], Function::Round, DataType::is_number, DataType::Integer)?;
        let kept = match args.get(1).map(|arg| &arg.node) {
            None => Some(0),
            Some(Node::Number(digits)) => digits.parse::<u8>().ok().filter(|digits| *digits <= ROUND_DIGITS_MAX),
            Some(_) => None,
        };
        let Some(kept) = kept else {
            return Err(self.error(args[1].at, format!("the digits to keep are written out, 0 to {ROUND_DIGITS_MAX}")));
        };
        let ty = match digits(term.ty) {
            None if kept > 0 => {
                let message = "a float has no decimal digits to keep; use `cast(x as decimal(18, 2))`, which rounds";
                return Err(self.error(at, message));
            }
            Some((before, scale)) if scale > kept => decimal(before + 1, kept),
            _ => term.ty,
        };
        Ok(Term::new(ty, TermNode::Call(Call::Round(kept), vec![term])))
    }

    /// An argument of the types that `fits` names; one without a value is of the type `nothing`.
    fn typed(&mut self, arg: &Expr, f: Function, fits: fn(DataType) -> bool, nothing: DataType) -> Result<Term, Reported> {
        let term = self.term(arg)?;
        if term.is_null() {
            return Ok(term.to(nothing));
        }
        if fits(term.ty) {
            return Ok(term);
        }
        Err(self.error(arg.at, format!("{}; this is {}", f.says(), term.ty)))
    }

    fn text(&mut self, arg: &Expr, f: Function) -> Result<Term, Reported> {
        self.typed(arg, f, |ty| ty == DataType::String, DataType::String)
    }

    fn whole(&mut self, arg: &Expr, f: Function) -> Result<Term, Reported> {
        self.typed(arg, f, |ty| ty == DataType::Integer, DataType::Integer)
    }

    /// The day of a date or timestamp.
    fn date(&mut self, arg: &Expr, f: Function) -> Result<Term, Reported> {
        Ok(self.typed(arg, f, DataType::is_time, DataType::Date)?.to(DataType::Date))
    }

    /// What `period` is counted on, of a date or timestamp: its day, or the instant.
    fn moment(&mut self, arg: &Expr, period: Period, f: Function) -> Result<Term, Reported> {
        match period.calendar() {
            Calendar::Days => self.date(arg, f),
            Calendar::Clock => self.typed(arg, f, |ty| ty == DataType::Timestamp, DataType::Timestamp),
        }
    }

    /// As [`Self::moment`], but a timestamp is not cut to its day behind the writer's back.
    fn time(&mut self, arg: &Expr, period: Period, f: Function) -> Result<Term, Reported> {
        let term = self.typed(arg, f, DataType::is_time, DataType::Date)?;
        match (period.calendar(), term.ty) {
            (Calendar::Days, DataType::Timestamp) => {
                Err(self.error(arg.at, "days and longer units are added to dates; use `cast(x as date)`"))
            }
            (Calendar::Clock, DataType::Date) => Err(self.error(arg.at, "minutes and hours are added to timestamps")),
            _ => Ok(term),
        }
    }

    fn constant(&mut self, arg: &Expr, what: &str) -> Result<String, Reported> {
        match &arg.node {
            Node::Text(text) => Ok(text.clone()),
            _ => Err(self.error(arg.at, format!("{what} is written out in quotes"))),
        }
    }

    fn period(&mut self, arg: &Expr) -> Result<Period, Reported> {
        let name = self.constant(arg, "the unit")?;
        let what = "the unit is minutes, hours, days, weeks, months, quarters or years";
        Period::of(&name).ok_or(()).map_err(|()| self.error(arg.at, format!("{what}; `{name}` is none of them")))
    }

    /// `cast`: what can become what.
    pub(super) fn cast(&mut self, term: Term, to: DataType, at: Span) -> Result<Term, Reported> {
        use DataType::{Array, Boolean, Date, Float, Integer, Json, String, Timestamp};
        let exact = |ty: DataType| digits(ty).is_some();
        let possible = term.is_null()
            || match (term.ty, to) {
                (from, to) if from == to => true,
                (from, to) if from.is_number() && to.is_number() => true,
                (Boolean, Integer) | (Date, Timestamp) | (Timestamp, Date) | (Json | Array | Boolean | Date, String) => true,
                (from, String) => exact(from),
                (String, to) => exact(to) || matches!(to, Float | Boolean | Date | Timestamp),
                _ => false,
            };
        if possible {
            return Ok(term.to(to));
        }
        let hint = match (term.ty, to) {
            (Float, String) => "; cast it to a decimal first, which says how many digits",
            (Timestamp, String) => "; cast it to a date first, or use `extract`",
            (_, Boolean) => "; write a comparison",
            _ => "",
        };
        Err(self.error(at, format!("{} does not become {to}{hint}", term.ty)))
    }
}
