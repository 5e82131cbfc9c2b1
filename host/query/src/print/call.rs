//! Functions: text tests, normal form, casts of a model's columns.
//!
//! Case is folded by ICU's root rules, since the server's own follow the database's locale. A pattern is printed where every flavour of
//! regular expressions agrees about it.

use arrow::datatypes::DataType;
use datafusion::{
    common::{ExprSchema, ScalarValue},
    logical_expr::{Expr, ExprSchemable, Operator, expr::ScalarFunction},
};
use jiff::tz::TimeZone;
use sluice_catalog::types::DataType as Product;

use super::{
    Refused,
    expr::cast,
    leaf::Written,
    plan::{Printer, Scope},
};
use crate::{
    functions::{Strict, Utc},
    types::plan_type,
};

/// ASCII characters that are the normal form of another character: U+212A, U+037E and U+1FEF.
const NORMAL_FORMS: [char; 3] = ['K', ';', '`'];

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
            "nfc" => normal(&args(1)?[0]),
            "lower" => format!("lower({} COLLATE \"und-x-icu\")", args(1)?[0]),
            "contains" => {
                let args = args(2)?;
                format!("(strpos({}, {}) > 0)", args[0], args[1])
            }
            "starts_with" => {
                let args = args(2)?;
                format!("starts_with({}, {})", args[0], args[1])
            }
            "ends_with" => {
                let args = args(2)?;
                format!("(right({}, length({})) = {})", args[0], args[1], args[1])
            }
            "regexp_like" => {
                let (text, pattern) = match call.args.as_slice() {
                    [text, Expr::Literal(ScalarValue::Utf8(Some(pattern)), _)] if everywhere(pattern) => (text, &call.args[1]),
                    _ => return Refused::because("flavours of regular expressions differ; this pattern is matched in process"),
                };
                format!("({} ~ {})", self.expr(text, scope)?, self.expr(pattern, scope)?)
            }
            "md5" => format!("md5({})", args(1)?[0]),
            "concat" => format!("concat({})", self.list(&call.args, scope)?),
            other => return Refused::because(format!("the function {other} has no form in SQL here")),
        })
    }

    /// A text in normal form compared with constants that only itself can become: then the column is compared as it is, with its
    /// indexes. `None` where that is not so.
    pub(super) fn plain_text(
        &self,
        value: &Expr,
        op: Operator,
        constants: &[Expr],
        scope: &Scope<'_>,
    ) -> Result<Option<String>, Refused> {
        let Expr::ScalarFunction(call) = value else { return Ok(None) };
        let plain = |constant: &Expr| match constant {
            Expr::Literal(ScalarValue::Utf8(Some(text)), _) => text.is_ascii() && !text.contains(NORMAL_FORMS),
            _ => false,
        };
        if call.name() != "nfc" || op != Operator::Eq || !constants.iter().all(plain) {
            return Ok(None);
        }
        let (column, constants) = (self.expr(&call.args[0], scope)?, self.list(constants, scope)?);
        Ok(Some(format!("({column} IN ({constants}))")))
    }

    /// A column as the field's type, where the server's cast keeps or refuses what ours does.
    fn strict(&self, strict: &Strict, value: &Expr, scope: &Scope<'_>) -> Result<String, Refused> {
        let Expr::Column(column) = value else { return Refused::because("only columns are cast to fields") };
        let to = plan_type(strict.to());
        match (scope.column(column)?, strict.to()) {
            (Written::Number(number), Product::Decimal { .. }) => cast(number, &to),
            (Written::As(text), Product::Decimal { .. } | Product::String | Product::Float) => {
                let from = scope.schema.field_from_column(column)?.data_type().clone();
                match (&from, &to) {
                    (DataType::Int64, DataType::Decimal128(..) | DataType::Utf8) | (DataType::Boolean, DataType::Utf8) => {
                        cast(text, &to)
                    }
                    (DataType::Decimal128(_, held), DataType::Decimal128(_, wanted)) if held <= wanted => cast(text, &to),
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
            Written::Zoned(instant) => Ok(format!("({instant} AT TIME ZONE 'UTC')")),
            Written::As(wall) if *utc.zone() == TimeZone::UTC => cast(wall, &plan_type(Product::Timestamp)),
            _ => Refused::because("wall time of a zone is read in process"),
        }
    }
}

/// A text in normal form. Almost all texts are ASCII, which the number of their bytes tells.
fn normal(text: &str) -> String {
    format!("CASE WHEN octet_length({text}) = char_length({text}) THEN {text} ELSE normalize({text}, NFC) END")
}

/// Whether a pattern means the same in every flavour: letters, digits and a few signs, perhaps bound to an end.
fn everywhere(pattern: &str) -> bool {
    let body = pattern.strip_prefix('^').unwrap_or(pattern);
    let body = body.strip_suffix('$').unwrap_or(body);
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-@,:/%".contains(&byte))
}
