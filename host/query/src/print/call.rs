//! Functions: text tests, normal form, casts of a model's columns.
//!
//! A pattern is printed where every flavour of regular expressions agrees about it.

use arrow::datatypes::DataType;
use datafusion::{
    common::{ExprSchema, ScalarValue},
    logical_expr::{Expr, ExprSchemable, expr::ScalarFunction},
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
            "replace" => {
                let args = args(3)?;
                format!("REPLACE({}, {}, {})", args[0], args[1], args[2])
            }
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
            // A server takes a null that says nothing for a text.
            Expr::Literal(value, _) if value.is_null() && value.data_type() != DataType::Null => {
                self.cast_to("NULL", &value.data_type()).map(Written::As)
            }
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
