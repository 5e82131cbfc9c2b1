//! From text to words and signs, each with its place.

use super::{error::FormulaError, tree::Span};

/// A word or sign of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word: of the language, of a function, or a field's id.
    Word(String),
    /// A field's id in double quotes.
    Quoted(String),
    /// A text.
    Text(String),
    /// A number.
    Number(String),
    /// An operator, a comma or a parenthesis.
    Sign(&'static str),
    /// Nothing more.
    End,
}

impl Token {
    /// For "… is found".
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Quoted(word) => format!("`\"{word}\"`"),
            Self::Text(_) => "a text".into(),
            Self::Number(number) => format!("`{number}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".into(),
        }
    }
}

/// Two signs of which one begins like the other stand longest first.
const SIGNS: &[&str] = &["<>", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", ","];

/// Words that no field can be called by without quotes.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "in", "is", "case", "when", "then", "else", "end", "true", "false", "null"];

/// Every token with its place; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, FormulaError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (token, length) = if c == '\'' || c == '"' {
            quoted(text, at, c)?
        } else if c.is_ascii_digit() {
            number(text, at)?
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Token::Word(rest[..length].to_ascii_lowercase()), length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(if *sign == "!=" { "<>" } else { sign }), sign.len())
        } else {
            let message = format!("{} is no part of a formula", c.escape_debug());
            return Err(FormulaError::new(text, Span { from: at, to: at + c.len_utf8() }, message));
        };
        found.push((token, Span { from: at, to: at + length }));
        at += length;
    }
    found.push((Token::End, Span { from: text.len(), to: text.len() }));
    Ok(found)
}

/// A text in single quotes or an id in double ones; the quote inside is doubled.
fn quoted(text: &str, from: usize, quote: char) -> Result<(Token, usize), FormulaError> {
    let mut inside = String::new();
    let mut rest = text[from + 1..].char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c != quote {
            inside.push(c);
        } else if rest.peek().is_some_and(|(_, next)| *next == quote) {
            inside.push(quote);
            rest.next();
        } else {
            let token = if quote == '"' { Token::Quoted(inside) } else { Token::Text(inside) };
            return Ok((token, at + 2));
        }
    }
    let message = format!("the quote {quote} is not closed");
    Err(FormulaError::new(text, Span { from, to: text.len() }, message))
}

fn number(text: &str, from: usize) -> Result<(Token, usize), FormulaError> {
    let rest = &text[from..];
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(rest);
    if rest[length..].starts_with('.') {
        let fraction = digits(&rest[length + 1..]);
        if fraction == 0 {
            let at = Span { from: from + length + 1, to: from + length + 1 };
            return Err(FormulaError::new(text, at, "digits are expected after the point"));
        }
        length += 1 + fraction;
    }
    if rest[length..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        let at = Span { from: from + length, to: from + length + 1 };
        return Err(FormulaError::new(text, at, "a number has digits, and perhaps one point and digits behind it"));
    }
    Ok((Token::Number(rest[..length].to_owned()), length))
}
