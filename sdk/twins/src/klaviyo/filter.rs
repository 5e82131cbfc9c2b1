//! Filters of a question (*Contacts*: `any(email,["a@x.fr","b@x.fr"])`; *Segments*: `greater-than(joined_group_at,…Z)`): conditions with
//! commas between them, all of which must hold. Texts stand in single or double quotes, times and truths bare; a list of one is
//! the same as the one (*OpenAPI*, examples). `or` and `not` are not described for these endpoints and refused.

use jiff::Timestamp;

use crate::time::instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Any,
    Equals,
    GreaterThan,
    GreaterOrEqual,
    LessThan,
    LessOrEqual,
}

impl Op {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "any" => Self::Any,
            "equals" => Self::Equals,
            "greater-than" => Self::GreaterThan,
            "greater-or-equal" => Self::GreaterOrEqual,
            "less-than" => Self::LessThan,
            "less-or-equal" => Self::LessOrEqual,
            _ => return None,
        })
    }
}

/// Operators of a name.
pub(super) const ONE_OF: &[Op] = &[Op::Any, Op::Equals];
/// Operators of times.
pub(super) const AFTER: &[Op] = &[Op::GreaterThan];
/// See [`AFTER`].
pub(super) const AROUND: &[Op] = &[Op::GreaterThan, Op::LessThan];
/// See [`AFTER`].
pub(super) const COMPARED: &[Op] = &[Op::GreaterOrEqual, Op::GreaterThan, Op::LessOrEqual, Op::LessThan];

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) op: Op,
    pub(super) field: String,
    /// Addresses are in lower case, as profiles have them (inferred).
    pub(super) values: Vec<String>,
}

/// What a condition is held against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held<'a> {
    Text(Option<&'a str>),
    Flag(bool),
    Time(Timestamp),
}

impl Condition {
    /// Whether it holds.
    pub(super) fn holds(&self, held: Held<'_>) -> bool {
        match held {
            Held::Text(None) => false,
            Held::Text(Some(text)) => self.values.iter().any(|value| value == text),
            Held::Flag(flag) => self.values.iter().any(|value| *value == flag.to_string()),
            Held::Time(at) => self.time().is_some_and(|than| match self.op {
                Op::Any | Op::Equals => at == than,
                Op::GreaterThan => at > than,
                Op::GreaterOrEqual => at >= than,
                Op::LessThan => at < than,
                Op::LessOrEqual => at <= than,
            }),
        }
    }

    fn time(&self) -> Option<Timestamp> {
        self.values.first().and_then(|text| instant(text))
    }

    /// Whether the values are of the operator's kind.
    fn is_whole(&self) -> bool {
        match self.op {
            Op::Any => !self.values.is_empty(),
            Op::Equals => self.values.len() == 1,
            Op::GreaterThan | Op::GreaterOrEqual | Op::LessThan | Op::LessOrEqual => {
                self.values.len() == 1 && self.time().is_some()
            }
        }
    }
}

/// The conditions of a filter; none when it is none.
pub(super) fn read(text: &str) -> Option<Vec<Condition>> {
    let mut rest = Rest(text);
    let mut conditions = vec![rest.condition()?];
    while rest.eat(',') {
        conditions.push(rest.condition()?);
    }
    rest.0.is_empty().then_some(conditions)
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn eat(&mut self, one: char) -> bool {
        match self.0.trim_start().strip_prefix(one) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let end = self.0.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn condition(&mut self) -> Option<Condition> {
        let op = Op::read(self.word()?)?;
        let field = self.eat('(').then(|| self.word())??.to_owned();
        if !self.eat(',') {
            return None;
        }
        let mut values = Vec::new();
        if self.eat('[') {
            while !self.eat(']') {
                if !values.is_empty() && !self.eat(',') {
                    return None;
                }
                values.push(self.value()?);
            }
        } else if op != Op::Any {
            values.push(self.value()?);
        }
        if field == "email" {
            values.iter_mut().for_each(|value| *value = value.to_lowercase());
        }
        let condition = Condition { op, field, values };
        (self.eat(')') && condition.is_whole()).then_some(condition)
    }

    fn value(&mut self) -> Option<String> {
        let quote = self.0.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            let end = self.0.find([',', ')', ']']).unwrap_or(self.0.len());
            let (bare, rest) = self.0.split_at(end);
            self.0 = rest;
            return (!bare.trim().is_empty()).then(|| bare.trim().to_owned());
        };
        let (mut value, mut chars) = (String::new(), self.0.char_indices().skip(1));
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.0 = &self.0[at + c.len_utf8()..];
                return Some(value);
            }
            value.push(if c == '\\' { chars.next()?.1 } else { c });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_conditions_with_commas_between() {
        for (text, want) in [
            (r#"any(email,["a@x.fr","b@x.fr"])"#, Some(vec![("email", vec!["a@x.fr", "b@x.fr"])])),
            ("equals(name,'VIP FR')", Some(vec![("name", vec!["VIP FR"])])),
            ("equals(name,['VIP FR'])", Some(vec![("name", vec!["VIP FR"])])),
            (r#"equals(name,"a \"b\", c)")"#, Some(vec![("name", vec![r#"a "b", c)"#])])),
            ("equals(is_active,true)", Some(vec![("is_active", vec!["true"])])),
            (
                "greater-than(joined_group_at,2026-10-01T00:00:00Z), equals(email, 'a')",
                Some(vec![("joined_group_at", vec!["2026-10-01T00:00:00Z"]), ("email", vec!["a"])]),
            ),
            ("greater-than(joined_group_at,yesterday)", None),
            ("any(email,'a')", None),
            ("any(email,[])", None),
            ("any(email,['a'", None),
            ("any(email,['a''b'])", None),
            ("equals(name,['a','b'])", None),
            ("equals(name)", None),
            ("equals(name,)", None),
            ("equals(name,'a)", None),
            ("equals(name,'a'),", None),
            ("equals(name,'é')x", None),
            ("not(equals(name,'a'))", None),
            ("", None),
        ] {
            let read = read(text);
            let got: Option<Vec<(&str, Vec<&str>)>> = read.as_ref().map(|conditions| {
                conditions.iter().map(|c| (c.field.as_str(), c.values.iter().map(String::as_str).collect())).collect()
            });
            assert_eq!(got, want, "{text}");
        }
    }
}
