//! The reader: words and signs become a tree, by the strength of operators.
//!
//! From weak to strong: `or`; `and`; `not`; comparisons and `in`, which do not chain; `+ -`; `* / %`; the sign `-`. Equal ones are read
//! from the left. Nesting and size are bounded before anything is built on them.

use super::{
    error::FormulaError,
    function::Function,
    token::{RESERVED, Token, tokens},
    tree::{Binary, COMPARED, Expr, Formula, NEGATED, Node, SIGNED, Span},
};
use crate::{
    limits::{FORMULA_CHARS_MAX, FORMULA_DEPTH_MAX, FORMULA_PARTS_MAX},
    types::DataType,
};

impl Formula {
    /// Reads a formula. The first thing that is wrong ends it.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let whole = Span { from: 0, to: text.len() };
        if text.chars().count() > FORMULA_CHARS_MAX {
            return Err(FormulaError::new(text, whole, format!("a formula has at most {FORMULA_CHARS_MAX} characters")));
        }
        let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0, parts: 0 };
        let root = parser.expr(1)?;
        match parser.peek() {
            Token::End => Ok(Self { root }),
            _ => Err(parser.expected("an operator or the end")),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    parts: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    fn take(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn error(&self, at: Span, message: impl Into<String>) -> FormulaError {
        FormulaError::new(self.text, at, message)
    }

    fn expected(&self, what: &str) -> FormulaError {
        self.error(self.span(), format!("{what} is expected, and {} is found", self.peek().shown()))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found == word)
    }

    fn word(&mut self, word: &str) -> Result<(), FormulaError> {
        if !self.is_word(word) {
            return Err(self.expected(&format!("`{word}`")));
        }
        self.take();
        Ok(())
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), FormulaError> {
        if *self.peek() != Token::Sign(sign) {
            return Err(self.expected(&format!("`{sign}`")));
        }
        self.take();
        Ok(())
    }

    fn part(&mut self, from: usize, node: Node) -> Result<Expr, FormulaError> {
        self.parts += 1;
        let to = self.tokens[self.at.saturating_sub(1)].1.to.max(from);
        let at = Span { from, to };
        if self.parts > FORMULA_PARTS_MAX {
            return Err(self.error(at, format!("a formula has at most {FORMULA_PARTS_MAX} parts; make fields of some of them")));
        }
        Ok(Expr { node, at })
    }

    /// A part whose operators bind with `least` or more.
    fn expr(&mut self, least: u8) -> Result<Expr, FormulaError> {
        self.depth += 1;
        if self.depth > FORMULA_DEPTH_MAX {
            return Err(self.error(self.span(), format!("a formula nests at most {FORMULA_DEPTH_MAX} deep")));
        }
        let from = self.span().from;
        let mut left = self.prefix()?;
        while let Some((operator, strength)) = self.operator().filter(|(_, strength)| *strength >= least) {
            self.take();
            let node = match operator {
                Some(binary) => {
                    let right = self.expr(strength + 1)?;
                    Node::Binary(binary, Box::new(left), Box::new(right))
                }
                None => {
                    // `not` was taken, or it is `in` itself.
                    let not = matches!(&self.tokens[self.at - 1].0, Token::Word(word) if word == "not");
                    if not {
                        self.word("in")?;
                    }
                    self.sign("(")?;
                    let list = self.list()?;
                    Node::In { value: Box::new(left), not, list }
                }
            };
            left = self.part(from, node)?;
            if strength == COMPARED && self.operator().is_some_and(|(_, next)| next == COMPARED) {
                return Err(self.error(self.span(), "comparisons do not chain; join them with `and`, or use parentheses"));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that stands next, and its strength; without a [`Binary`] it is `in` or `not in`.
    fn operator(&self) -> Option<(Option<Binary>, u8)> {
        let binary = match self.peek() {
            Token::Word(word) => match word.as_str() {
                "or" => Binary::Or,
                "and" => Binary::And,
                "in" | "not" => return Some((None, COMPARED)),
                _ => return None,
            },
            Token::Sign(sign) => match *sign {
                "=" => Binary::Equal,
                "<>" => Binary::NotEqual,
                "<" => Binary::Less,
                "<=" => Binary::LessOrEqual,
                ">" => Binary::Greater,
                ">=" => Binary::GreaterOrEqual,
                "+" => Binary::Add,
                "-" => Binary::Subtract,
                "*" => Binary::Multiply,
                "/" => Binary::Divide,
                "%" => Binary::Remainder,
                _ => return None,
            },
            Token::Quoted(_) | Token::Text(_) | Token::Number(_) | Token::End => return None,
        };
        Some((Some(binary), binary.strength()))
    }

    fn prefix(&mut self) -> Result<Expr, FormulaError> {
        let from = self.span().from;
        if *self.peek() == Token::Sign("-") {
            self.take();
            let inner = self.expr(SIGNED)?;
            return self.part(from, Node::Negative(Box::new(inner)));
        }
        if self.is_word("not") {
            self.take();
            let inner = self.expr(NEGATED)?;
            return self.part(from, Node::Not(Box::new(inner)));
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<Expr, FormulaError> {
        let from = self.span().from;
        let node = match self.peek().clone() {
            Token::Number(digits) => {
                self.take();
                Node::Number(digits)
            }
            Token::Text(text) => {
                self.take();
                Node::Text(text)
            }
            Token::Quoted(id) => {
                self.take();
                Node::Field(id)
            }
            Token::Sign("(") => {
                self.take();
                let inner = self.expr(1)?;
                self.sign(")")?;
                return Ok(inner);
            }
            Token::Word(word) => return self.named(from, &word),
            Token::Sign(_) | Token::End => return Err(self.expected("a field, a value or a function")),
        };
        self.part(from, node)
    }

    /// What begins with a word.
    fn named(&mut self, from: usize, word: &str) -> Result<Expr, FormulaError> {
        let node = match word {
            "null" => Node::Null,
            "true" => Node::Boolean(true),
            "false" => Node::Boolean(false),
            "case" => return self.case(from),
            word if RESERVED.contains(&word) => return Err(self.expected("a field, a value or a function")),
            word if self.tokens[self.at + 1].0 != Token::Sign("(") => Node::Field(word.to_owned()),
            "cast" => return self.cast(from),
            word => return self.call(from, word),
        };
        self.take();
        self.part(from, node)
    }

    fn call(&mut self, from: usize, word: &str) -> Result<Expr, FormulaError> {
        let Some(function) = Function::of(word) else {
            let known: Vec<&str> = Function::ALL.iter().map(|function| function.name()).chain(["cast"]).collect();
            return Err(self.error(self.span(), format!("there is no function `{word}`; there are {}", known.join(", "))));
        };
        self.take();
        self.sign("(")?;
        let args = if *self.peek() == Token::Sign(")") {
            self.take();
            Vec::new()
        } else {
            self.list()?
        };
        self.part(from, Node::Call(function, args))
    }

    /// Parts between commas, and the closing parenthesis.
    fn list(&mut self) -> Result<Vec<Expr>, FormulaError> {
        let mut list = vec![self.expr(1)?];
        loop {
            match self.peek() {
                Token::Sign(",") => {
                    self.take();
                    list.push(self.expr(1)?);
                }
                Token::Sign(")") => {
                    self.take();
                    return Ok(list);
                }
                _ => return Err(self.expected("`,` or `)`")),
            }
        }
    }

    fn case(&mut self, from: usize) -> Result<Expr, FormulaError> {
        self.word("case")?;
        let mut branches = Vec::new();
        while branches.is_empty() || self.is_word("when") {
            self.word("when")?;
            let condition = self.expr(1)?;
            self.word("then")?;
            branches.push((condition, self.expr(1)?));
        }
        let otherwise = if self.is_word("else") {
            self.take();
            Some(Box::new(self.expr(1)?))
        } else {
            None
        };
        if !self.is_word("end") {
            return Err(self.expected(if otherwise.is_some() { "`end`" } else { "`when`, `else` or `end`" }));
        }
        self.take();
        self.part(from, Node::Case { branches, otherwise })
    }

    fn cast(&mut self, from: usize) -> Result<Expr, FormulaError> {
        self.take();
        self.sign("(")?;
        let inner = self.expr(1)?;
        self.word("as")?;
        let at = self.span();
        let what = "a type: boolean, integer, decimal(precision, scale), float, string, date or timestamp";
        let Token::Word(name) = self.peek().clone() else { return Err(self.expected(what)) };
        let ty = match name.as_str() {
            "boolean" => DataType::Boolean,
            "integer" => DataType::Integer,
            "float" => DataType::Float,
            "string" => DataType::String,
            "date" => DataType::Date,
            "timestamp" => DataType::Timestamp,
            "decimal" => DataType::Decimal { precision: 0, scale: 0 },
            _ => return Err(self.expected(what)),
        };
        self.take();
        let ty = match ty {
            DataType::Decimal { .. } => {
                self.sign("(")?;
                let precision = self.digits()?;
                self.sign(",")?;
                let scale = self.digits()?;
                self.sign(")")?;
                DataType::Decimal { precision, scale }
            }
            other => other,
        };
        if !ty.is_possible() {
            return Err(self.error(at, "a decimal has 1 to 38 digits, at most all of them after the point"));
        }
        self.sign(")")?;
        self.part(from, Node::Cast(Box::new(inner), ty))
    }

    fn digits(&mut self) -> Result<u8, FormulaError> {
        let found = match self.peek() {
            Token::Number(digits) => digits.parse().ok(),
            _ => None,
        };
        let Some(number) = found else { return Err(self.expected("a whole number")) };
        self.take();
        Ok(number)
    }
}
