//! Random formulas whose types go together, and random records with every kind of edge, from a seed.

use jiff::{Timestamp, ToSpan, civil::Date};
use sluice_catalog::{
    formula::{Binary, Expr, Function, Node, Span},
    types::DataType,
};

use super::naive_formula::V;

pub(crate) const MONEY: DataType = DataType::Decimal { precision: 12, scale: 2 };

pub(crate) const FIELDS: [(&str, DataType); 12] = [
    ("id", DataType::Integer),
    ("n", DataType::Integer),
    ("m", DataType::Integer),
    ("p", MONEY),
    ("q", DataType::Decimal { precision: 9, scale: 4 }),
    ("x", DataType::Float),
    ("t", DataType::String),
    ("end", DataType::String),
    ("b", DataType::Boolean),
    ("d", DataType::Date),
    ("e", DataType::Date),
    ("at", DataType::Timestamp),
];

/// Numbers from a seed, the same on every machine (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(crate) fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// What a part is to give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Whole,
    Exact,
    Float,
    Text,
    Truth,
    Day,
    Instant,
}

pub(crate) const KINDS: [Kind; 7] = [Kind::Whole, Kind::Exact, Kind::Float, Kind::Text, Kind::Truth, Kind::Day, Kind::Instant];

const TEXTS: [&str; 12] =
    ["", "a", "A b", " x ", "it's", "12", " -7 ", "2024-02-29", "2023-02-30", "Cafe\u{301}", "Caf\u{e9}", "a,b,,c"];

fn expr(node: Node) -> Expr {
    Expr { node, at: Span::default() }
}

pub(crate) struct Formulas(pub(crate) Random);

impl Formulas {
    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        self.0.of(items)
    }

    fn number(&mut self, n: &str) -> Expr {
        expr(Node::Number(n.into()))
    }

    fn text(&mut self) -> Expr {
        let text = self.of(&TEXTS);
        expr(Node::Text(text.into()))
    }

    fn call(&mut self, f: Function, args: Vec<Expr>) -> Expr {
        expr(Node::Call(f, args))
    }

    fn binary(&mut self, op: Binary, a: Expr, b: Expr) -> Expr {
        expr(Node::Binary(op, Box::new(a), Box::new(b)))
    }

    fn leaf(&mut self, kind: Kind) -> Expr {
        if self.0.below(20) == 0 {
            return expr(Node::Null);
        }
        let field = |name: &str| expr(Node::Field(name.into()));
        match kind {
            Kind::Whole => match self.0.below(4) {
                0 => {
                    let n = self.of(&["0", "1", "2", "7", "1000"]);
                    self.number(n)
                }
                _ => field(self.of(&["n", "m", "id"])),
            },
            Kind::Exact => match self.0.below(4) {
                0 => {
                    let n = self.of(&["0.5", "2.50", "0.0", "100"]);
                    self.number(n)
                }
                _ => field(self.of(&["p", "q", "n"])),
            },
            Kind::Float => field("x"),
            Kind::Text => {
                if self.0.below(3) == 0 {
                    self.text()
                } else {
                    field(self.of(&["t", "end"]))
                }
            }
            Kind::Truth => {
                if self.0.below(4) == 0 {
                    expr(Node::Boolean(self.0.below(2) == 0))
                } else {
                    field("b")
                }
            }
            Kind::Day => {
                if self.0.below(6) == 0 {
                    self.call(Function::Today, vec![])
                } else {
                    field(self.of(&["d", "e"]))
                }
            }
            Kind::Instant => {
                if self.0.below(4) == 0 {
                    self.call(Function::Now, vec![])
                } else {
                    field("at")
                }
            }
        }
    }

    fn any(&mut self, depth: usize) -> (Kind, Expr) {
        let kind = self.of(&KINDS);
        (kind, self.part(kind, depth))
    }

    pub(crate) fn part(&mut self, kind: Kind, depth: usize) -> Expr {
        if depth == 0 || self.0.below(6) == 0 {
            return self.leaf(kind);
        }
        let d = depth - 1;
        // What every kind can be made with.
        match self.0.below(9) {
            0 => {
                let args = vec![self.part(Kind::Truth, d), self.part(kind, d), self.part(kind, d)];
                return self.call(Function::If, args);
            }
            1 => {
                let branches = (0..self.0.below(2) + 1).map(|_| (self.part(Kind::Truth, d), self.part(kind, d))).collect();
                let otherwise = (self.0.below(2) == 0).then(|| Box::new(self.part(kind, d)));
                return expr(Node::Case { branches, otherwise });
            }
            2 => {
                let args = (0..self.0.below(2) + 2).map(|_| self.part(kind, d)).collect();
                return self.call(Function::Coalesce, args);
            }
            _ => {}
        }
        match kind {
            Kind::Whole => self.whole(d),
            Kind::Exact => self.exact(d),
            Kind::Float => self.floats(d),
            Kind::Text => self.texts(d),
            Kind::Truth => self.truths(d),
            Kind::Day => self.days(d),
            Kind::Instant => self.instants(d),
        }
    }

    fn whole(&mut self, d: usize) -> Expr {
        match self.0.below(9) {
            0..=2 => {
                let op = self.of(&[Binary::Add, Binary::Subtract, Binary::Multiply, Binary::Remainder]);
                let (a, b) = (self.part(Kind::Whole, d), self.part(Kind::Whole, d));
                self.binary(op, a, b)
            }
            3 => expr(Node::Negative(Box::new(self.part(Kind::Whole, d)))),
            4 => {
                let text = self.part(Kind::Text, d);
                self.call(Function::Length, vec![text])
            }
            5 => {
                let unit = self.of(&["days", "weeks", "months", "quarters", "years"]);
                let from = self.of(&[Kind::Day, Kind::Instant]);
                let args = vec![self.part(from, d), self.part(Kind::Day, d), expr(Node::Text(unit.into()))];
                self.call(Function::DateDiff, args)
            }
            6 => {
                let part = self.of(&["year", "quarter", "month", "week", "day", "day_of_week", "day_of_year"]);
                let of = self.of(&[Kind::Day, Kind::Instant]);
                let args = vec![expr(Node::Text(part.into())), self.part(of, d)];
                self.call(Function::Extract, args)
            }
            7 => {
                let (text, hour) = (self.part(Kind::Text, d), self.of(&["hour", "minute"]));
                if self.0.below(2) == 0 {
                    return expr(Node::Cast(Box::new(text), DataType::Integer));
                }
                let args = vec![expr(Node::Text(hour.into())), self.part(Kind::Instant, d)];
                self.call(Function::Extract, args)
            }
            _ => {
                let unit = self.of(&["hours", "minutes"]);
                let args = vec![self.part(Kind::Instant, d), self.part(Kind::Instant, d), expr(Node::Text(unit.into()))];
                self.call(Function::DateDiff, args)
            }
        }
    }

    fn exact(&mut self, d: usize) -> Expr {
        match self.0.below(8) {
            0..=3 => {
                let op =
                    self.of(&[Binary::Add, Binary::Subtract, Binary::Multiply, Binary::Divide, Binary::Divide, Binary::Remainder]);
                let (a, b) = (self.part(Kind::Exact, d), self.part(Kind::Exact, d));
                self.binary(op, a, b)
            }
            4 => {
                let (value, digits) = (self.part(Kind::Exact, d), self.of(&["0", "1", "2", "3"]));
                let digits = self.number(digits);
                self.call(Function::Round, vec![value, digits])
            }
            5 => {
                let (value, f) = (self.part(Kind::Exact, d), self.of(&[Function::Floor, Function::Ceil, Function::Abs]));
                self.call(f, vec![value])
            }
            6 => {
                let f = self.of(&[Function::Least, Function::Greatest]);
                let args = (0..3).map(|_| self.part(Kind::Exact, d)).collect();
                self.call(f, args)
            }
            _ => expr(Node::Cast(Box::new(self.part(Kind::Exact, d)), MONEY)),
        }
    }

    fn floats(&mut self, d: usize) -> Expr {
        match self.0.below(3) {
            0 => expr(Node::Cast(Box::new(self.leaf(Kind::Whole)), DataType::Float)),
            1 => expr(Node::Negative(Box::new(self.part(Kind::Float, d)))),
            _ => {
                let op = self.of(&[Binary::Add, Binary::Subtract, Binary::Divide, Binary::Remainder]);
                let (a, b) = (self.part(Kind::Float, d), self.leaf(Kind::Float));
                self.binary(op, a, b)
            }
        }
    }

    fn texts(&mut self, d: usize) -> Expr {
        match self.0.below(6) {
            0 => {
                let (f, text) = (self.of(&[Function::Lower, Function::Upper, Function::Trim]), self.part(Kind::Text, d));
                self.call(f, vec![text])
            }
            1 => {
                let args = (0..2).map(|_| self.part(Kind::Text, d)).collect();
                self.call(Function::Concat, args)
            }
            2 => {
                let mut args = vec![self.part(Kind::Text, d)];
                args.extend((0..self.0.below(2) + 1).map(|_| self.leaf(Kind::Whole)));
                self.call(Function::Substring, args)
            }
            3 => {
                let args = vec![self.part(Kind::Text, d), self.text(), self.text()];
                self.call(Function::Replace, args)
            }
            4 => {
                let (text, n) = (self.part(Kind::Text, d), self.of(&["1", "2", "4"]));
                let args = vec![text, expr(Node::Text(",".into())), self.number(n)];
                self.call(Function::SplitPart, args)
            }
            _ => {
                let kind = self.of(&[Kind::Whole, Kind::Exact, Kind::Truth, Kind::Day]);
                expr(Node::Cast(Box::new(self.part(kind, d)), DataType::String))
            }
        }
    }

    fn truths(&mut self, d: usize) -> Expr {
        match self.0.below(7) {
            0 | 1 => {
                let op = self.of(&[Binary::And, Binary::Or]);
                let (a, b) = (self.part(Kind::Truth, d), self.part(Kind::Truth, d));
                self.binary(op, a, b)
            }
            2 => expr(Node::Not(Box::new(self.part(Kind::Truth, d)))),
            3 => {
                let (_, part) = self.any(d);
                self.call(Function::IsNull, vec![part])
            }
            4 => {
                let kind = self.of(&[Kind::Whole, Kind::Exact, Kind::Text, Kind::Day]);
                let list = (0..self.0.below(3) + 1).map(|_| self.leaf(kind)).collect();
                expr(Node::In { value: Box::new(self.part(kind, d)), not: self.0.below(2) == 0, list })
            }
            _ => {
                let kind = self.of(&KINDS);
                let ordered = !matches!(kind, Kind::Text | Kind::Truth);
                let op = if ordered {
                    self.of(&[Binary::Equal, Binary::Less, Binary::LessOrEqual, Binary::Greater, Binary::GreaterOrEqual])
                } else {
                    self.of(&[Binary::Equal, Binary::NotEqual])
                };
                let (a, b) = (self.part(kind, d), self.part(kind, d));
                self.binary(op, a, b)
            }
        }
    }

    fn days(&mut self, d: usize) -> Expr {
        match self.0.below(4) {
            0 => {
                let unit = self.of(&["day", "week", "month", "quarter", "year"]);
                let kind = self.of(&[Kind::Day, Kind::Instant]);
                let args = vec![expr(Node::Text(unit.into())), self.part(kind, d)];
                self.call(Function::DateTrunc, args)
            }
            1 => {
                let unit = self.of(&["days", "weeks", "months", "quarters", "years"]);
                let args = vec![self.part(Kind::Day, d), self.small(), expr(Node::Text(unit.into()))];
                self.call(Function::DateAdd, args)
            }
            2 => expr(Node::Cast(Box::new(self.part(Kind::Instant, d)), DataType::Date)),
            _ => expr(Node::Cast(Box::new(self.part(Kind::Text, d)), DataType::Date)),
        }
    }

    fn instants(&mut self, d: usize) -> Expr {
        if self.0.below(2) == 0 {
            return expr(Node::Cast(Box::new(self.part(Kind::Day, d)), DataType::Timestamp));
        }
        let unit = self.of(&["hours", "minutes"]);
        let args = vec![self.part(Kind::Instant, d), self.small(), expr(Node::Text(unit.into()))];
        self.call(Function::DateAdd, args)
    }

    fn small(&mut self) -> Expr {
        match self.0.below(3) {
            0 => expr(Node::Negative(Box::new(self.number("13")))),
            1 => self.number("1"),
            _ => expr(Node::Field("m".into())),
        }
    }

    pub(crate) fn record(&mut self, id: i64) -> Vec<V> {
        let day: Date = self.of(&["2026-11-24", "2024-02-29", "2023-12-31", "1969-03-31", "2026-03-29"]).parse().unwrap();
        let other = day + (self.0.below(800) as i64 - 400).days();
        let at: Timestamp = self
            .of(&["2026-11-24T08:30:00Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "1969-12-31T22:59:59.999999Z"])
            .parse()
            .unwrap();
        let record = vec![
            V::N(id.into(), 0),
            V::N(self.of(&[-3, 0, 1, 2, 999]), 0),
            V::N(self.of(&[-2, -1, 0, 3, 12]), 0),
            V::N(self.of(&[-250, 0, 5, 99, 1_234_567]), 2),
            V::N(self.of(&[-12_345, 0, 1, 25_000, 333]), 4),
            V::F(self.of(&[-1.5, 0.0, 0.5, 3.0, 1024.25])),
            V::T(self.of(&TEXTS).into()),
            V::T(self.of(&TEXTS).into()),
            V::B(self.0.below(2) == 0),
            V::D(day),
            V::D(other),
            V::I(at),
        ];
        let nothing = |random: &mut Random, at: usize, value: V| if at > 0 && random.below(6) == 0 { V::None } else { value };
        record.into_iter().enumerate().map(|(at, value)| nothing(&mut self.0, at, value)).collect()
    }
}
