//! Functions: text tests, normal form, casts of a model's columns.
//!
//! A pattern is printed where every flavour of regular expressions agrees about it.

use arrow::datatypes::DataType;
use datafusion::{
    common::{ExprSchema, ScalarValue},
    logical_expr::{Expr, ExprSchemable, Operator, expr::ScalarFunction},
};
use jiff::tz::TimeZone;
use sluice_catalog::types::DataType as Product;

use super::{
    Refused,
    leaf::Written,
    plan::{Printer, Scope},
};
use crate::{
    functions::{Strict, Utc},
    types::plan_type,
};

/// ASCII characters that are the normal form of another character, and that one (Unicode 15, `UnicodeData.txt`: the canonical
/// decompositions to one ASCII character).
const NORMAL_FORMS: [(char, char); 3] = [('K', '\u{212a}'), (';', '\u{37e}'), ('`', '\u{1fef}')];
/// Texts that one constant stands for, at most: of six such characters.
const ORIGINS_MAX: usize = 64;

/// The texts whose normal form an ASCII text is; none where they are too many or the text is another.
fn origins(text: &str) -> Option<Vec<String>> {
    let mut origins = vec![String::new()];
    for character in text.chars() {
        let other = NORMAL_FORMS.iter().find(|(normal, _)| *normal == character);
        let others: Vec<String> =
            other.map_or_else(Vec::new, |(_, other)| origins.iter().map(|start| format!("{start}{other}")).collect());
        origins.iter_mut().for_each(|start| start.push(character));
        origins.extend(others);
        if origins.len() > ORIGINS_MAX || !character.is_ascii() {
            return None;
        }
    }
    Some(origins)
}

impl Printer {
    pub(super) fn call(&self, call: &ScalarFunction, scope: &Scope<'_>) -> Result<String, Refused> {
        let inner = call.func.inner();
        if let Some(strict) = inner.downcast_ref::<Strict>() {
            return self.strict(strict, &call.args[0], scope);
        }
        if let Some(utc) = inner.downcast_ref::<Utc>() {
            return self.utc(utc, &call.args[0], scope);
        }
        let args = |count: usize| -> Result<Vec<String>, Refused> {
            if call.args.len() != count {
                return Refused::because(format!("{} is called with {} values", call.name(), call.args.len()));
            }
            call.args.iter().map(|arg| self.expr(arg, scope)).collect()
        };
        Ok(match call.name() {
            "coalesce" => format!("COALESCE({})", self.list(&call.args, scope)?),
            "nfc" => self.spoken.normal(&args(1)?[0])?,
            "lower" => self.spoken.lower(&args(1)?[0])?,
            name @ ("contains" | "starts_with" | "ends_with") => {
                let args = args(2)?;
                let (text, part) = (&args[0], &args[1]);
                match (name, &call.args[1]) {
                    // Every text holds the empty one.
                    (_, Expr::Literal(ScalarValue::Utf8(Some(part)), _)) if part.is_empty() => format!("({text} = {text})"),
                    ("contains", _) => self.spoken.contains(text, part),
                    ("starts_with", _) => self.spoken.starts_with(text, part),
                    _ => self.spoken.ends_with(text, part),
                }
            }
            "regexp_like" => {
                let (text, pattern) = match call.args.as_slice() {
                    [text, Expr::Literal(ScalarValue::Utf8(Some(pattern)), _)] if everywhere(pattern) => (text, pattern),
                    _ => return Refused::because("flavours of regular expressions differ; this pattern is matched in process"),
                };
                let (text, ends) = (self.expr(text, scope)?, pattern.ends_with('$'));
                self.spoken.matches(&text, &self.spoken.text(pattern)?, ends)?
            }
            "md5" => self.spoken.md5(&args(1)?[0]),
            "concat" => self.spoken.concat(&args(call.args.len())?),
            other => return Refused::because(format!("the function {other} has no form in SQL here")),
        })
    }

    /// A text in normal form compared with constants of which it is known what becomes them: then the column is compared as it is, with
    /// its indexes. `None` where that is not so.
    pub(super) fn plain_text(
        &self,
        value: &Expr,
        op: Operator,
        constants: &[Expr],
        scope: &Scope<'_>,
    ) -> Result<Option<String>, Refused> {
        let Expr::ScalarFunction(call) = value else { return Ok(None) };
        let of_constant = |constant: &Expr| match constant {
            Expr::Literal(ScalarValue::Utf8(Some(text)), _) => origins(text),
            _ => None,
        };
        let Some(texts) = constants.iter().map(of_constant).collect::<Option<Vec<_>>>() else { return Ok(None) };
        if call.name() != "nfc" || op != Operator::Eq {
            return Ok(None);
        }
        let column = self.expr(&call.args[0], scope)?;
        let texts: Vec<String> = texts.iter().flatten().map(|text| self.spoken.text(text)).collect::<Result<_, Refused>>()?;
        Ok(Some(format!("({column} IN ({}))", texts.join(", "))))
    }

    /// A column as the field's type, where the server's cast keeps or refuses what ours does.
    fn strict(&self, strict: &Strict, value: &Expr, scope: &Scope<'_>) -> Result<String, Refused> {
        let Expr::Column(column) = value else { return Refused::because("only columns are cast to fields") };
        let to = plan_type(strict.to());
        match (scope.column(column)?, strict.to()) {
            (Written::Number(number), Product::Decimal { .. }) => self.cast_to(number, &to),
            (Written::As(text), Product::Decimal { .. } | Product::String | Product::Float) => {
                let from = scope.schema.field_from_column(column)?.data_type().clone();
                match (&from, &to) {
                    (DataType::Boolean, DataType::Utf8) => self.spoken.truth_text(text),
                    (DataType::Int64, DataType::Decimal128(..) | DataType::Utf8) => self.cast_to(text, &to),
                    (DataType::Decimal128(_, held), DataType::Decimal128(_, wanted)) if held <= wanted => self.cast_to(text, &to),
                    (from, to) => Refused::because(format!("a cast from {from} to {to} may differ at the server")),
                }
            }
            (Written::Not(why), _) => Refused::because(why),
            (_, wanted) => Refused::because(format!("a column that is cast to {wanted} is read in process")),
        }
    }

    /// What goes through a SELECT list: a column as it is, a cast to the type that it has already, or an expression.
    pub(super) fn written(&self, expr: &Expr, scope: &Scope<'_>) -> Result<Written, Refused> {
        let same = |inner: &Expr, to: &DataType| Ok::<_, Refused>(inner.get_type(scope.schema.as_ref())? == *to);
        match expr {
            Expr::Alias(alias) => self.written(&alias.expr, scope),
            Expr::Column(column) => Ok(scope.column(column)?.clone()),
            Expr::Cast(cast) if same(&cast.expr, cast.field.data_type())? => self.written(&cast.expr, scope),
            Expr::ScalarFunction(call) => match call.func.inner().downcast_ref::<Strict>() {
                Some(strict) if same(&call.args[0], &plan_type(strict.to()))? => self.written(&call.args[0], scope),
                _ => self.expr(expr, scope).map(Written::As),
            },
            other => self.expr(other, scope).map(Written::As),
        }
    }

    /// Wall time of another zone is refused: servers and hosts read an hour that comes twice in different ways.
    fn utc(&self, utc: &Utc, value: &Expr, scope: &Scope<'_>) -> Result<String, Refused> {
        let Expr::Column(column) = value else { return Refused::because("only columns are read as instants") };
        match scope.column(column)? {
            Written::Zoned(instant) => Ok(self.spoken.in_utc(instant)),
            Written::As(wall) if *utc.zone() == TimeZone::UTC => self.cast_to(wall, &plan_type(Product::Timestamp)),
            _ => Refused::because("wall time of a zone is read in process"),
        }
    }
}

/// Whether a pattern means the same in every flavour: letters, digits and a few signs, perhaps bound to an end.
fn everywhere(pattern: &str) -> bool {
    let body = pattern.strip_prefix('^').unwrap_or(pattern);
    let body = body.strip_suffix('$').unwrap_or(body);
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-@,:/%".contains(&byte))
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::origins;

    #[test]
    fn every_text_that_becomes_an_ascii_text_is_known() {
        let to_ascii: Vec<(char, char)> = ('\u{80}'..=char::MAX)
            .filter_map(|other| {
                let normal: Vec<char> = std::iter::once(other).nfc().collect();
                (normal.len() == 1 && normal[0].is_ascii()).then_some((normal[0], other))
            })
            .collect();
        let mut known = super::NORMAL_FORMS.to_vec();
        known.sort_by_key(|(_, other)| *other);
        assert_eq!(to_ascii, known);
        assert_eq!(origins("a;").unwrap(), ["a;", "a\u{37e}"]);
        assert_eq!(origins("K;").unwrap().len(), 4);
        assert!(origins("K;K;K;").is_some_and(|all| all.len() == 64) && origins("K;K;K;K").is_none());
        assert!(origins("\u{eb}").is_none());
        for origin in origins("K;`x").unwrap() {
            assert_eq!(origin.nfc().collect::<String>(), "K;`x");
        }
    }
}
