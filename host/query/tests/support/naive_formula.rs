//! A second reading of formulas: one record, one value, by recursion over what was written. Shares no code with the query room.

use jiff::{Timestamp, ToSpan, Unit, civil::Date, tz::TimeZone};
use sluice_catalog::{
    formula::{Binary, Expr, Function, Node},
    types::DataType,
};

/// A value; exact numbers have units and digits after the point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum V {
    None,
    B(bool),
    N(i128, u32),
    F(f64),
    T(String),
    D(Date),
    I(Timestamp),
}

/// A number left the range of its type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TooLarge;

pub(crate) struct Naive<'a> {
    pub(crate) fields: &'a [(&'a str, DataType)],
    pub(crate) record: &'a [V],
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

type Out = Result<V, TooLarge>;

fn ten(power: u32) -> Result<i128, TooLarge> {
    10_i128.checked_pow(power).ok_or(TooLarge)
}

/// With `to` digits after the point: round half away from zero, by doubling.
fn rescale(units: i128, from: u32, to: u32) -> Result<i128, TooLarge> {
    if to >= from {
        return units.checked_mul(ten(to - from)?).ok_or(TooLarge);
    }
    let step = ten(from - to)?;
    let whole = units.abs() / step;
    let up = if (units.abs() % step) * 2 >= step { 1 } else { 0 };
    Ok(units.signum() * (whole + up))
}

impl Naive<'_> {
    fn day(&self, v: &V) -> Date {
        match v {
            V::D(day) => *day,
            V::I(at) => self.zone.to_datetime(*at).date(),
            other => panic!("{other:?} is no time"),
        }
    }

    fn as_float(v: V) -> f64 {
        match v {
            V::F(x) => x,
            V::N(u, s) => u as f64 / 10_f64.powi(s as i32),
            other => panic!("{other:?} is no number"),
        }
    }

    fn truth(&self, e: &Expr) -> Result<Option<bool>, TooLarge> {
        match self.eval(e)? {
            V::None => Ok(None),
            V::B(b) => Ok(Some(b)),
            other => panic!("{other:?} is no condition"),
        }
    }

    fn order(a: &V, b: &V) -> Result<std::cmp::Ordering, TooLarge> {
        use unicode_normalization::UnicodeNormalization;
        Ok(match (a, b) {
            (V::N(a, s), V::N(b, z)) => {
                let most = (*s).max(*z);
                rescale(*a, *s, most)?.cmp(&rescale(*b, *z, most)?)
            }
            (V::F(_), _) | (_, V::F(_)) => {
                Self::as_float(a.clone()).partial_cmp(&Self::as_float(b.clone())).expect("no NaN is a value")
            }
            (V::T(a), V::T(b)) => a.nfc().cmp(b.nfc()),
            (V::B(a), V::B(b)) => a.cmp(b),
            (V::D(a), V::D(b)) => a.cmp(b),
            (V::I(a), V::I(b)) => a.cmp(b),
            _ => panic!("{a:?} beside {b:?}"),
        })
    }

    pub(crate) fn eval(&self, e: &Expr) -> Out {
        match &e.node {
            Node::Null => Ok(V::None),
            Node::Boolean(b) => Ok(V::B(*b)),
            Node::Number(digits) => {
                let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
                Ok(V::N(digits.replace('.', "").parse().unwrap(), scale))
            }
            // What is written out is in one normal form; what stands in a record is as it is.
            Node::Text(text) => Ok(V::T(unicode_normalization::UnicodeNormalization::nfc(text.as_str()).collect())),
            Node::Field(id) => Ok(self.record[self.fields.iter().position(|(name, _)| name == id).unwrap()].clone()),
            Node::Negative(inner) => Ok(match self.eval(inner)? {
                V::N(u, s) => V::N(-u, s),
                V::F(x) => V::F(-x),
                other => other,
            }),
            Node::Not(inner) => Ok(self.truth(inner)?.map_or(V::None, |b| V::B(!b))),
            Node::Binary(op, a, b) => self.binary(*op, a, b, e),
            Node::In { value, not, list } => {
                let value = self.eval(value)?;
                let list = list.iter().map(|item| self.eval(item)).collect::<Result<Vec<_>, _>>()?;
                if value == V::None {
                    return Ok(V::None);
                }
                for item in list.iter().filter(|item| **item != V::None) {
                    if Self::order(&value, item)?.is_eq() {
                        return Ok(V::B(!*not));
                    }
                }
                Ok(if list.contains(&V::None) { V::None } else { V::B(*not) })
            }
            Node::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    if self.truth(condition)? == Some(true) {
                        return self.eval(value);
                    }
                }
                otherwise.as_ref().map_or(Ok(V::None), |value| self.eval(value))
            }
            Node::Cast(inner, ty) => self.cast(self.eval(inner)?, *ty),
            Node::Call(f, args) => self.call(*f, args),
        }
    }

    fn binary(&self, op: Binary, left: &Expr, right: &Expr, e: &Expr) -> Out {
        if matches!(op, Binary::And | Binary::Or) {
            let decides = op == Binary::Or;
            let (a, b) = (self.truth(left)?, self.truth(right)?);
            return Ok(match (a, b) {
                (Some(x), _) | (_, Some(x)) if x == decides => V::B(decides),
                (Some(_), Some(_)) => V::B(!decides),
                _ => V::None,
            });
        }
        let (a, b) = (self.eval(left)?, self.eval(right)?);
        if a == V::None || b == V::None {
            return Ok(V::None);
        }
        let compared = |f: fn(std::cmp::Ordering) -> bool| Self::order(&a, &b).map(|order| V::B(f(order)));
        match op {
            Binary::Equal => return compared(std::cmp::Ordering::is_eq),
            Binary::NotEqual => return compared(std::cmp::Ordering::is_ne),
            Binary::Less => return compared(std::cmp::Ordering::is_lt),
            Binary::LessOrEqual => return compared(std::cmp::Ordering::is_le),
            Binary::Greater => return compared(std::cmp::Ordering::is_gt),
            Binary::GreaterOrEqual => return compared(std::cmp::Ordering::is_ge),
            _ => {}
        }
        if self.float(left) || self.float(right) {
            let (a, b) = (Self::as_float(a), Self::as_float(b));
            let x = match op {
                Binary::Add => a + b,
                Binary::Subtract => a - b,
                Binary::Multiply => a * b,
                _ if b == 0.0 => return Ok(V::None),
                Binary::Divide => a / b,
                _ => a % b,
            };
            return Ok(if x.is_nan() { V::None } else { V::F(x) });
        }
        let (V::N(a, _), V::N(b, _)) = (&a, &b) else { panic!("{a:?} {op} {b:?}") };
        // Bring both to the digits that their parts have by declaration.
        let (V::N(_, s), V::N(_, z)) = (self.eval(left)?, self.eval(right)?) else { unreachable!() };
        let (sa, sb) = (self.scale(left).unwrap_or(s).max(s), self.scale(right).unwrap_or(z).max(z));
        let (a, b) = (rescale(*a, s, sa)?, rescale(*b, z, sb)?);
        let wide = sa.max(sb);
        let (x, y) = (rescale(a, sa, wide)?, rescale(b, sb, wide)?);
        let whole = sa == 0 && sb == 0 && op != Binary::Divide;
        let result = match op {
            Binary::Add => (x.checked_add(y).ok_or(TooLarge)?, wide),
            Binary::Subtract => (x.checked_sub(y).ok_or(TooLarge)?, wide),
            Binary::Multiply => (a.checked_mul(b).ok_or(TooLarge)?, sa + sb),
            _ if b == 0 => return Ok(V::None),
            Binary::Remainder => (x % y, wide),
            _ => {
                let digits = self.scale(e).unwrap();
                // |a| × 10^digits / |b| on one scale, then half away by doubling.
                let top = x.abs().checked_mul(ten(digits)?).ok_or(TooLarge)?;
                let (quotient, rest) = (top / y.abs(), top % y.abs());
                let up = i128::from(rest * 2 >= y.abs());
                (x.signum() * y.signum() * (quotient + up), digits)
            }
        };
        if whole && i64::try_from(result.0).is_err() || result.0.abs() >= ten(38)? {
            return Err(TooLarge);
        }
        Ok(V::N(result.0, result.1))
    }

    fn cast(&self, v: V, ty: DataType) -> Out {
        Ok(match (v, ty) {
            (V::None, _) => V::None,
            (V::B(b), DataType::Integer) => V::N(b.into(), 0),
            (V::B(b), DataType::String) => V::T(b.to_string()),
            (V::N(u, s), DataType::Integer) => V::N(rescale(u, s, 0)?, 0),
            (V::N(u, s), DataType::Decimal { precision, scale }) => {
                let units = rescale(u, s, scale.into())?;
                if units.abs() >= ten(precision.into())? {
                    return Err(TooLarge);
                }
                V::N(units, scale.into())
            }
            (V::N(u, s), DataType::Float) => V::F(Self::as_float(V::N(u, s))),
            (V::N(u, 0), DataType::String) => V::T(u.to_string()),
            (V::N(u, s), DataType::String) => {
                let one = ten(s)?;
                let sign = if u < 0 { "-" } else { "" };
                V::T(format!("{sign}{}.{:0width$}", u.abs() / one, u.abs() % one, width = s as usize))
            }
            (V::D(day), DataType::String) => V::T(day.strftime("%Y-%m-%d").to_string()),
            (V::D(day), DataType::Timestamp) => V::I(self.zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap()),
            (at @ V::I(_), DataType::Date) => V::D(self.day(&at)),
            (V::T(t), DataType::Integer) => {
                let t = t.trim_matches(' ');
                if t.contains('.') { V::None } else { t.parse::<i64>().map_or(V::None, |n| V::N(n.into(), 0)) }
            }
            (V::T(t), DataType::Date) => Date::strptime("%Y-%m-%d", t.trim_matches(' ')).map_or(V::None, V::D),
            (same, _) => same,
        })
    }

    fn call(&self, f: Function, args: &[Expr]) -> Out {
        match f {
            Function::If => return self.eval(if self.truth(&args[0])? == Some(true) { &args[1] } else { &args[2] }),
            Function::Coalesce => {
                for arg in args {
                    match self.eval(arg)? {
                        V::None => {}
                        found => return Ok(found),
                    }
                }
                return Ok(V::None);
            }
            Function::IsNull => return Ok(V::B(self.eval(&args[0])? == V::None)),
            Function::Now => return Ok(V::I(self.now)),
            Function::Today => return Ok(V::D(self.day(&V::I(self.now)))),
            _ => {}
        }
        let vs = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        if vs.contains(&V::None) {
            return Ok(V::None);
        }
        let text = |at: usize| if let V::T(t) = &vs[at] { t.as_str() } else { panic!("{f:?}: {vs:?}") };
        let int = |at: usize| if let V::N(n, 0) = vs[at] { i64::try_from(n).unwrap() } else { panic!("{f:?}: {vs:?}") };
        Ok(match f {
            Function::Round | Function::Floor | Function::Ceil | Function::Abs => {
                let V::N(u, s) = vs[0] else { panic!("{f:?}: {vs:?}") };
                let one = ten(s)?;
                match f {
                    Function::Abs => V::N(u.abs(), s),
                    Function::Floor => V::N(if u % one < 0 { u / one - 1 } else { u / one }, 0),
                    Function::Ceil => V::N(if u % one > 0 { u / one + 1 } else { u / one }, 0),
                    _ => {
                        let kept = (int(1) as u32).min(s);
                        V::N(rescale(u, s, kept)?, kept)
                    }
                }
            }
            Function::Least | Function::Greatest => {
                let mut best = vs[0].clone();
                for next in &vs[1..] {
                    let order = Self::order(next, &best)?;
                    if (f == Function::Least && order.is_lt()) || (f == Function::Greatest && order.is_gt()) {
                        best = next.clone();
                    }
                }
                best
            }
            Function::Lower => V::T(text(0).to_lowercase()),
            Function::Upper => V::T(text(0).to_uppercase()),
            Function::Trim => V::T(text(0).trim_matches(' ').to_owned()),
            Function::Concat => V::T((0..vs.len()).map(text).collect()),
            Function::Replace if text(1).is_empty() => vs[0].clone(),
            Function::Replace => V::T(text(0).split(text(1)).collect::<Vec<_>>().join(text(2))),
            Function::Length => V::N(text(0).chars().count() as i128, 0),
            Function::Substring => {
                let (from, length) = (int(1), if vs.len() > 2 { int(2) } else { i64::from(i32::MAX) });
                let inside = |at: i64| at >= from && at - from < length;
                V::T(text(0).chars().zip(1..).filter(|(_, at)| inside(*at)).map(|(c, _)| c).collect())
            }
            Function::SplitPart => V::T(text(0).split(text(1)).nth(int(2) as usize - 1).unwrap_or_default().to_owned()),
            Function::DateTrunc => {
                let mut day = self.day(&vs[1]);
                let start = |day: Date| match text(0) {
                    "week" => day.weekday() == jiff::civil::Weekday::Monday,
                    "month" => day.day() == 1,
                    "quarter" => day.day() == 1 && [1, 4, 7, 10].contains(&day.month()),
                    "year" => day.day_of_year() == 1,
                    _ => true,
                };
                while !start(day) {
                    day = day.yesterday().unwrap();
                }
                V::D(day)
            }
            Function::DateAdd => match (&vs[0], text(2)) {
                (V::I(at), unit) => {
                    let seconds = int(1) * if unit.starts_with('h') { 3600 } else { 60 };
                    V::I(at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap())
                }
                (V::D(day), unit) => {
                    let n = int(1);
                    V::D(match unit {
                        "days" => *day + n.days(),
                        "weeks" => *day + (7 * n).days(),
                        "months" => *day + n.months(),
                        "quarters" => *day + (3 * n).months(),
                        _ => *day + (12 * n).months(),
                    })
                }
                _ => panic!("{vs:?}"),
            },
            Function::DateDiff => {
                let unit = text(2);
                if unit == "hours" || unit == "minutes" {
                    let (V::I(a), V::I(b)) = (&vs[0], &vs[1]) else { panic!("{vs:?}") };
                    let step = if unit == "hours" { 3_600_000_000_i64 } else { 60_000_000 };
                    return Ok(V::N(i128::from((b.as_microsecond() - a.as_microsecond()) / step), 0));
                }
                let (a, b) = (self.day(&vs[0]), self.day(&vs[1]));
                let whole = match unit {
                    "days" => a.until(b).unwrap().get_days().into(),
                    "weeks" => i64::from(a.until(b).unwrap().get_days() / 7),
                    // Walk in months of the calendar, as far as the day of the month has come.
                    _ => {
                        let key = |d: Date| (i64::from(d.year()) * 12 + i64::from(d.month()), d.day());
                        let ((ma, da), (mb, db)) = (key(a), key(b));
                        let mut months = mb - ma;
                        if months > 0 && db < da {
                            months -= 1;
                        } else if months < 0 && db > da {
                            months += 1;
                        }
                        months
                            / if unit == "months" {
                                1
                            } else if unit == "quarters" {
                                3
                            } else {
                                12
                            }
                    }
                };
                V::N(whole.into(), 0)
            }
            Function::Extract => {
                if let (V::I(at), "hour" | "minute") = (&vs[1], text(0)) {
                    let local = self.zone.to_datetime(*at);
                    return Ok(V::N(if text(0) == "hour" { local.hour().into() } else { local.minute().into() }, 0));
                }
                let day = self.day(&vs[1]);
                let n: i64 = match text(0) {
                    "year" => day.year().into(),
                    "quarter" => (i64::from(day.month()) + 2) / 3,
                    "month" => day.month().into(),
                    "week" => day.strftime("%V").to_string().parse().unwrap(),
                    "day" => day.day().into(),
                    "day_of_week" => day.strftime("%u").to_string().parse().unwrap(),
                    _ => day.first_of_year().until((Unit::Day, day)).unwrap().get_days() as i64 + 1,
                };
                V::N(n.into(), 0)
            }
            other => panic!("{other:?}"),
        })
    }
}
