//! Expressions. Each stands in parentheses where something could bind tighter, so that no precedence is relied on.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::{
    common::ScalarValue,
    logical_expr::{
        Case, Expr, ExprSchemable, Operator, SortExpr, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
        expr::{InList, InSubquery, WindowFunctionParams},
        lit,
    },
};

use super::{
    Refused,
    literal::constant,
    plan::{Printer, Scope},
};

impl Printer {
    /// An expression of any type.
    pub(super) fn expr(&self, expr: &Expr, scope: &Scope<'_>) -> Result<String, Refused> {
        Ok(match expr {
            Expr::Alias(alias) => self.expr(&alias.expr, scope)?,
            Expr::Column(column) => scope.column(column)?.plain()?,
            Expr::OuterReferenceColumn(_, column) => match scope.outer {
                Some(outer) => outer.column(column)?.plain()?,
                None => return Refused::because("a field of a record stands outside of its condition"),
            },
            Expr::Literal(value, _) => constant(self.spoken, value)?,
            Expr::Not(inner) => format!("(NOT {})", self.expr(inner, scope)?),
            Expr::IsNull(inner) => format!("({} IS NULL)", self.expr(inner, scope)?),
            Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", self.expr(inner, scope)?),
            Expr::BinaryExpr(binary) => match binary.op {
                Operator::And | Operator::Or => {
                    let parts = chain(expr, binary.op).into_iter().map(|part| self.expr(part, scope));
                    joined(parts.collect::<Result<_, _>>()?, binary.op)
                }
                op => {
                    let (left, right) = (self.expr(&binary.left, scope)?, self.expr(&binary.right, scope)?);
                    match op {
                        Operator::Divide => self.spoken.divided((&left, &right)),
                        Operator::Modulo => self.spoken.rest((&left, &right)),
                        _ => format!("({left} {} {right})", sign(op)?),
                    }
                }
            },
            Expr::Case(case) => self.case(case, scope)?,
            Expr::Cast(cast) => self.cast(&cast.expr, cast.field.data_type(), scope)?,
            // The engine folds NOT into these; here it stands before them again.
            Expr::InList(InList { expr, list, negated: true }) => {
                let listed = Expr::InList(InList { expr: expr.clone(), list: list.clone(), negated: false });
                format!("(NOT {})", self.expr(&listed, scope)?)
            }
            Expr::InList(InList { expr, list, negated: false }) if list.is_empty() => {
                format!("({} IS NULL AND NULL)", self.expr(expr, scope)?)
            }
            Expr::InList(InList { expr, list, negated: false }) => {
                format!("({} IN ({}))", self.expr(expr, scope)?, self.list(list, scope)?)
            }
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let not = if *negated { "NOT " } else { "" };
                format!("({} {not}IN ({}))", self.expr(expr, scope)?, self.single(&subquery.subquery, scope)?)
            }
            Expr::Exists(exists) => {
                let not = if exists.negated { "NOT " } else { "" };
                format!("({not}EXISTS ({}))", self.present(&exists.subquery.subquery, scope)?)
            }
            Expr::ScalarFunction(call) => self.call(call, scope)?,
            Expr::AggregateFunction(aggregate) => {
                let params = &aggregate.params;
                if params.filter.is_some() || !params.order_by.is_empty() || params.null_treatment.is_some() {
                    return Refused::because("an aggregate with an order or a filter is not printed");
                }
                let text = self.aggregate(aggregate.func.name(), &params.args, params.distinct, scope)?;
                // The server adds up whole numbers in a wider type than the engine does.
                let whole = expr.get_type(scope.schema.as_ref())? == DataType::Int64 && aggregate.func.name() == "sum";
                if whole { self.cast_to(&text, &DataType::Int64)? } else { text }
            }
            Expr::WindowFunction(window) => match &window.fun {
                WindowFunctionDefinition::WindowUDF(function)
                    if function.name() == "row_number" && window.params.args.is_empty() =>
                {
                    format!("row_number() OVER ({})", self.over(&window.params, scope)?)
                }
                WindowFunctionDefinition::AggregateUDF(function) if so_far(&window.params) => {
                    let so_far = self.aggregate(function.name(), &window.params.args, false, scope)?;
                    let over = self.over(&window.params, scope)?;
                    format!("{so_far} OVER ({over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)")
                }
                _ => return Refused::because("of windows only row numbers and aggregates of the rows so far are printed"),
            },
            other => return Refused::because(format!("{} has no form in SQL here", other.variant_name())),
        })
    }

    /// A condition where unknown is as good as false: in WHERE, also below AND and OR. There `COALESCE(P, false)` is P, which leaves
    /// the server its indexes and its knowledge about the columns.
    pub(super) fn truth(&self, expr: &Expr, scope: &Scope<'_>) -> Result<String, Refused> {
        match expr {
            Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => {
                let parts = chain(expr, binary.op).into_iter().map(|part| self.truth(part, scope));
                Ok(joined(parts.collect::<Result<_, _>>()?, binary.op))
            }
            Expr::ScalarFunction(call) if call.name() == "coalesce" && call.args.len() == 2 && call.args[1] == lit(false) => {
                self.truth(&call.args[0], scope)
            }
            other => self.expr(other, scope),
        }
    }

    pub(super) fn cast_to(&self, value: &str, to: &DataType) -> Result<String, Refused> {
        Ok(format!("CAST({value} AS {})", self.spoken.type_name(to)?))
    }

    pub(super) fn list(&self, exprs: &[Expr], scope: &Scope<'_>) -> Result<String, Refused> {
        Ok(exprs.iter().map(|expr| self.expr(expr, scope)).collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// Texts are ordered by their bytes, as in the engine.
    pub(super) fn order(&self, order: &[SortExpr], scope: &Scope<'_>) -> Result<String, Refused> {
        let part = |sort: &SortExpr| {
            let text = sort.expr.get_type(scope.schema.as_ref())? == DataType::Utf8;
            let collation = if text { self.spoken.by_bytes() } else { "" };
            let (direction, nulls) = (if sort.asc { "ASC" } else { "DESC" }, if sort.nulls_first { "FIRST" } else { "LAST" });
            Ok(format!("{}{collation} {direction} NULLS {nulls}", self.expr(&sort.expr, scope)?))
        };
        Ok(order.iter().map(part).collect::<Result<Vec<_>, Refused>>()?.join(", "))
    }

    fn over(&self, window: &WindowFunctionParams, scope: &Scope<'_>) -> Result<String, Refused> {
        let by = match window.partition_by.as_slice() {
            [] => String::new(),
            by => format!("PARTITION BY {} ", self.list(by, scope)?),
        };
        Ok(format!("{by}ORDER BY {}", self.order(&window.order_by, scope)?))
    }

    fn case(&self, case: &Case, scope: &Scope<'_>) -> Result<String, Refused> {
        if case.expr.is_some() {
            return Refused::because("a CASE of a value is not printed");
        }
        let mut text = "CASE".to_owned();
        for (when, then) in &case.when_then_expr {
            text += &format!(" WHEN {} THEN {}", self.truth(when, scope)?, self.expr(then, scope)?);
        }
        if let Some(otherwise) = &case.else_expr {
            text += &format!(" ELSE {}", self.expr(otherwise, scope)?);
        }
        Ok(text + " END")
    }

    fn cast(&self, inner: &Expr, to: &DataType, scope: &Scope<'_>) -> Result<String, Refused> {
        let from = inner.get_type(scope.schema.as_ref())?;
        let value = self.expr(inner, scope)?;
        let exact =
            |from: &DataType| matches!(from, DataType::Int32 | DataType::Int64 | DataType::UInt64 | DataType::Decimal128(..));
        match (&from, to) {
            (DataType::Timestamp(TimeUnit::Microsecond, None), DataType::Int64) => Ok(self.spoken.micros(&value)),
            (DataType::Date32, DataType::Int32) => Ok(self.spoken.days(&value)),
            (DataType::Date32, DataType::Utf8) => Ok(self.spoken.day_text(&value)),
            (DataType::Boolean, DataType::Utf8) => self.spoken.truth_text(&value),
            (from, to) if from == to => Ok(value),
            (DataType::Int32 | DataType::Int64 | DataType::UInt64, DataType::Int64 | DataType::Float64 | DataType::Utf8)
            | (DataType::Decimal128(..), DataType::Utf8) => self.cast_to(&value, to),
            (from, DataType::Decimal128(..)) if exact(from) => self.cast_to(&value, to),
            (from, to) => Refused::because(format!("a cast from {from} to {to} may differ at the server")),
        }
    }

    fn aggregate(&self, name: &str, args: &[Expr], distinct: bool, scope: &Scope<'_>) -> Result<String, Refused> {
        match (name, args) {
            ("count", [Expr::Literal(ScalarValue::Int64(Some(_)), _)]) if !distinct => Ok("count(*)".into()),
            ("count" | "sum" | "avg" | "min" | "max", [arg]) => {
                let arg = self.expr(arg, scope)?;
                Ok(format!("{name}({}{arg})", if distinct { "DISTINCT " } else { "" }))
            }
            _ => Refused::because(format!("{name} has no form in SQL here")),
        }
    }
}

/// Whether a window is of the rows so far, each counted.
fn so_far(window: &WindowFunctionParams) -> bool {
    let frame = &window.window_frame;
    let rows = frame.units == WindowFrameUnits::Rows
        && frame.start_bound == WindowFrameBound::Preceding(ScalarValue::UInt64(None))
        && frame.end_bound == WindowFrameBound::CurrentRow;
    rows && window.filter.is_none() && window.null_treatment.is_none() && !window.distinct && !window.order_by.is_empty()
}

/// The parts of a chain of one operator, whatever way it is nested.
fn chain(expr: &Expr, op: Operator) -> Vec<&Expr> {
    let (mut parts, mut open) = (Vec::new(), vec![expr]);
    while let Some(next) = open.pop() {
        match next {
            Expr::BinaryExpr(binary) if binary.op == op => open.extend([binary.right.as_ref(), binary.left.as_ref()]),
            other => parts.push(other),
        }
    }
    parts
}

fn joined(parts: Vec<String>, op: Operator) -> String {
    format!("({})", parts.join(if op == Operator::And { " AND " } else { " OR " }))
}

fn sign(op: Operator) -> Result<&'static str, Refused> {
    Ok(match op {
        Operator::Eq => "=",
        Operator::NotEq => "<>",
        Operator::Lt => "<",
        Operator::LtEq => "<=",
        Operator::Gt => ">",
        Operator::GtEq => ">=",
        Operator::Plus => "+",
        Operator::Minus => "-",
        Operator::Multiply => "*",
        other => return Refused::because(format!("the operator {other} is not printed")),
    })
}
