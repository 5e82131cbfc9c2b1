//! Types: every part of a formula gets its own, and every place where types do not go together is told at once.

use super::{
    error::FormulaError,
    function::Function,
    rules::{common, holds, sum},
    tree::{Binary, Expr, Formula, Node, Span},
    typed::{Arithmetic, Comparison, Term, TermNode},
};
use crate::{
    condition::Scalar,
    model::Field,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

/// Marks a part whose error is in the list already.
pub(super) struct Reported;

/// The walk over one formula.
pub(super) struct Check<'a> {
    text: &'a str,
    fields: &'a [Field],
    errors: Vec<FormulaError>,
}

impl Formula {
    /// The formula over these fields, or everything that does not go together in it. `text` is what it was read from.
    pub fn check(&self, text: &str, fields: &[Field]) -> Result<Term, Vec<FormulaError>> {
        let mut check = Check { text, fields, errors: Vec::new() };
        match check.term(&self.root) {
            Ok(term) => Ok(term),
            Err(Reported) => Err(check.errors),
        }
    }

    /// As [`Formula::check`], and its value as `wanted`, which must be able to hold it.
    pub fn check_as(&self, text: &str, fields: &[Field], wanted: DataType) -> Result<Term, Vec<FormulaError>> {
        let term = self.check(text, fields)?;
        if term.is_null() || holds(wanted, term.ty) {
            return Ok(term.to(wanted));
        }
        let message = format!("the formula gives {}, and the field is declared {wanted}; change the type, or use `cast`", term.ty);
        Err(vec![FormulaError::new(text, self.root.at, message)])
    }
}

impl Check<'_> {
    pub(super) fn error(&mut self, at: Span, message: impl Into<String>) -> Reported {
        self.errors.push(FormulaError::new(self.text, at, message));
        Reported
    }

    /// All of them, so that each tells its errors.
    pub(super) fn terms(&mut self, list: &[Expr]) -> Result<Vec<Term>, Reported> {
        let found: Vec<_> = list.iter().map(|expr| self.term(expr)).collect();
        found.into_iter().collect()
    }

    pub(super) fn term(&mut self, expr: &Expr) -> Result<Term, Reported> {
        match &expr.node {
            // Whatever is beside it gives it a type.
            Node::Null => Ok(Term::new(DataType::String, TermNode::Null)),
            Node::Boolean(value) => Ok(Term::new(DataType::Boolean, TermNode::Constant(Scalar::Boolean(*value)))),
            Node::Number(digits) => self.number(digits, expr.at),
            Node::Text(text) => match crate::condition::constant_text(text) {
                Ok(text) => Ok(Term::new(DataType::String, TermNode::Constant(Scalar::Text(text)))),
                Err(cause) => Err(self.error(expr.at, cause)),
            },
            Node::Field(id) => match self.fields.iter().position(|field| field.id == *id) {
                Some(position) => Ok(Term::new(self.fields[position].ty, TermNode::Field(position))),
                None => {
                    let known: Vec<&str> = self.fields.iter().map(|field| field.id.as_str()).take(20).collect();
                    let message = format!("the model has no field `{id}`; it has {}", known.join(", "));
                    Err(self.error(expr.at, message))
                }
            },
            Node::Negative(inner) => {
                let term = self.term(inner)?;
                self.negative(term, inner.at)
            }
            Node::Not(inner) => {
                let term = self.boolean(inner, "`not`")?;
                Ok(Term::new(DataType::Boolean, TermNode::Not(Box::new(term))))
            }
            Node::Binary(binary, left, right) => self.binary(*binary, left, right, expr.at),
            Node::In { value, not, list } => {
                let all: Vec<Expr> = std::iter::once(value.as_ref()).chain(list).cloned().collect();
                let mut terms = self.alike(&all, "`in`")?;
                if matches!(terms[0].ty, DataType::Json | DataType::Array) {
                    return Err(self.error(value.at, format!("{} has no equality that all engines share", terms[0].ty)));
                }
                let value = terms.remove(0);
                let found = Term::new(DataType::Boolean, TermNode::In(Box::new(value), terms));
                Ok(if *not { Term::new(DataType::Boolean, TermNode::Not(Box::new(found))) } else { found })
            }
            Node::Call(function, args) => self.call(*function, args, expr.at),
            Node::Case { branches, otherwise } => self.case(branches, otherwise.as_deref()),
            Node::Cast(inner, ty) => {
                let term = self.term(inner)?;
                self.cast(term, *ty, expr.at)
            }
        }
    }

    fn number(&mut self, digits: &str, at: Span) -> Result<Term, Reported> {
        if let Ok(value) = digits.parse::<i64>() {
            return Ok(Term::new(DataType::Integer, TermNode::Constant(Scalar::Integer(value))));
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0');
        let (precision, scale) = (whole.len() + fraction.len(), fraction.len());
        if precision > usize::from(DECIMAL_DIGITS_MAX) {
            return Err(self.error(at, format!("a number has at most {DECIMAL_DIGITS_MAX} digits")));
        }
        let units = [whole, fraction].concat();
        let units: i128 = if units.is_empty() { 0 } else { units.parse().expect("at most 38 digits") };
        let (precision, scale) = (precision.max(1) as u8, scale as u8);
        Ok(Term::new(DataType::Decimal { precision, scale }, TermNode::Constant(Scalar::Decimal(units))))
    }

    /// A part that must be a condition.
    pub(super) fn boolean(&mut self, expr: &Expr, whose: &str) -> Result<Term, Reported> {
        let term = self.term(expr)?;
        if term.is_null() || term.ty == DataType::Boolean {
            return Ok(term.to(DataType::Boolean));
        }
        Err(self.error(expr.at, format!("{whose} takes conditions, and this is {}", term.ty)))
    }

    /// Parts of one type, converted where that loses nothing.
    pub(super) fn alike(&mut self, list: &[Expr], whose: &str) -> Result<Vec<Term>, Reported> {
        let terms = self.terms(list)?;
        let mut ty = None;
        for (term, expr) in terms.iter().zip(list).filter(|(term, _)| !term.is_null()) {
            let next = match ty {
                None => Some(term.ty),
                Some(before) => common(before, term.ty),
            };
            let Some(next) = next else {
                let before = ty.expect("two types were compared");
                let message = format!("{whose} takes values of one type, and this is {} beside {before}; use `cast`", term.ty);
                return Err(self.error(expr.at, message));
            };
            ty = Some(next);
        }
        let ty = ty.unwrap_or(DataType::String);
        Ok(terms.into_iter().map(|term| term.to(ty)).collect())
    }

    fn binary(&mut self, binary: Binary, left: &Expr, right: &Expr, at: Span) -> Result<Term, Reported> {
        let compared = |comparison| Ok::<_, Reported>(comparison);
        let comparison = match binary {
            Binary::Or | Binary::And => {
                let whose = if binary == Binary::Or { "`or`" } else { "`and`" };
                let (left, right) = (self.boolean(left, whose), self.boolean(right, whose));
                let (left, right) = (Box::new(left?), Box::new(right?));
                let node = if binary == Binary::Or { TermNode::Or(left, right) } else { TermNode::And(left, right) };
                return Ok(Term::new(DataType::Boolean, node));
            }
            Binary::Add => return self.arithmetic(Arithmetic::Add, left, right, at),
            Binary::Subtract => return self.arithmetic(Arithmetic::Subtract, left, right, at),
            Binary::Multiply => return self.arithmetic(Arithmetic::Multiply, left, right, at),
            Binary::Divide => return self.arithmetic(Arithmetic::Divide, left, right, at),
            Binary::Remainder => return self.arithmetic(Arithmetic::Remainder, left, right, at),
            Binary::Equal => compared(Comparison::Equal),
            Binary::NotEqual => compared(Comparison::NotEqual),
            Binary::Less => compared(Comparison::Less),
            Binary::LessOrEqual => compared(Comparison::LessOrEqual),
            Binary::Greater => compared(Comparison::Greater),
            Binary::GreaterOrEqual => compared(Comparison::GreaterOrEqual),
        }?;
        let terms = self.alike(&[left.clone(), right.clone()], &format!("`{}`", binary.sign()))?;
        let [left, right] = <[Term; 2]>::try_from(terms).expect("two in, two out");
        let ordered = left.ty.is_number() || left.ty.is_time();
        let equal = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if matches!(left.ty, DataType::Json | DataType::Array) || !(ordered || equal) {
            let message = format!("`{}` does not compare {} values", binary.sign(), left.ty);
            return Err(self.error(at, message));
        }
        Ok(Term::new(DataType::Boolean, TermNode::Compare(comparison, Box::new(left), Box::new(right))))
    }

    fn arithmetic(&mut self, arithmetic: Arithmetic, left: &Expr, right: &Expr, at: Span) -> Result<Term, Reported> {
        let (a, b) = (self.term(left), self.term(right));
        let (a, b) = (a?, b?);
        for (term, expr) in [(&a, left), (&b, right)] {
            if !term.is_null() && !term.ty.is_number() {
                let hint = if term.ty.is_time() { "; `date_add` and `date_diff` reckon with times" } else { "" };
                return Err(self.error(expr.at, format!("numbers are expected here, and this is {}{hint}", term.ty)));
            }
        }
        let ty = |term: &Term, other: &Term| match (term.is_null(), other.is_null()) {
            (false, _) => term.ty,
            (true, false) => other.ty,
            (true, true) => DataType::Integer,
        };
        let (mut of_a, mut of_b) = (ty(&a, &b), ty(&b, &a));
        if of_a == DataType::Float || of_b == DataType::Float {
            (of_a, of_b) = (DataType::Float, DataType::Float);
        }
        let Some(result) = sum(arithmetic, of_a, of_b) else {
            let message =
                format!("the result would have more than {DECIMAL_DIGITS_MAX} digits after the point; round a part first");
            return Err(self.error(at, message));
        };
        Ok(Term::new(result, TermNode::Arithmetic(arithmetic, Box::new(a.to(of_a)), Box::new(b.to(of_b)))))
    }

    fn case(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<Term, Reported> {
        let conditions: Vec<_> = branches.iter().map(|(condition, _)| self.boolean(condition, "`when`")).collect();
        let values: Vec<Expr> = branches.iter().map(|(_, value)| value).chain(otherwise).cloned().collect();
        let values = self.alike(&values, "`case`");
        let conditions = conditions.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Self::chosen(conditions, values?))
    }

    /// `if` and `case`: as many values as conditions, or one more.
    pub(super) fn chosen(conditions: Vec<Term>, mut values: Vec<Term>) -> Term {
        let otherwise = if values.len() > conditions.len() { values.pop().map(Box::new) } else { None };
        let ty = values[0].ty;
        Term::new(ty, TermNode::Case(conditions.into_iter().zip(values).collect(), otherwise))
    }

    fn call(&mut self, function: Function, args: &[Expr], at: Span) -> Result<Term, Reported> {
        let (least, most) = function.arguments();
        if args.len() < least || args.len() > most {
            let message = format!("{}; {} are given", function.says(), args.len());
            return Err(self.error(at, message));
        }
        self.apply(function, args, at)
    }
}
