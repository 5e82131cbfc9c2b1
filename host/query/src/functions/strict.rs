//! `strict(value)`: a cast that keeps every value exactly or fails with the names of field and column.
//!
//! The engine's own cast cuts 2.5 to 2 and tells the value in its error; both are wrong here. What is not a loss: binary floats
//! become decimals by rounding to the last digit, integers and decimals become the nearest float, nanoseconds are cut to microseconds.

use arrow::{
    array::ArrayRef,
    compute::{CastOptions, cast_with_options, kernels::cmp},
    datatypes::DataType as Arrow,
};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use sluice_catalog::types::DataType;

use crate::{QueryError, types::plan_type};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Strict {
    field: String,
    column: String,
    to: DataType,
    signature: Signature,
}

/// `value`, a column of that name, as the field's type.
pub(crate) fn strict(value: Expr, field: &str, column: &str, to: DataType) -> Expr {
    let strict =
        Strict { field: field.to_owned(), column: column.to_owned(), to, signature: Signature::any(1, Volatility::Immutable) };
    ScalarUDF::new_from_impl(strict).call(vec![value])
}

impl ScalarUDFImpl for Strict {
    fn name(&self) -> &str {
        "strict"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[Arrow]) -> Result<Arrow> {
        Ok(plan_type(self.to))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(self.cast(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = self.cast(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

impl Strict {
    /// What values are cast to.
    pub(crate) fn to(&self) -> DataType {
        self.to
    }

    fn cast(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let to = plan_type(self.to);
        let values = match array.data_type() {
            Arrow::Dictionary(_, inner) => &cast_with_options(array, inner, &strict).map_err(|_| self.refuse())?,
            _ => array,
        };
        let cast = cast_with_options(values, &to, &strict).map_err(|_| self.refuse())?;
        if self.may_lose(values.data_type()) {
            let back = cast_with_options(&cast, values.data_type(), &strict).map_err(|_| self.refuse())?;
            let same = cmp::not_distinct(&back, values).map_err(|_| self.refuse())?;
            if same.false_count() > 0 {
                return Err(self.refuse());
            }
        }
        Ok(cast)
    }

    /// Whether the engine's cast may change a value without an error, where that would be a loss.
    fn may_lose(&self, from: &Arrow) -> bool {
        match self.to {
            DataType::Integer => from.is_floating() || from.is_decimal(),
            DataType::Decimal { .. } => from.is_decimal(),
            DataType::Date => matches!(from, Arrow::Timestamp(_, _) | Arrow::Date64),
            DataType::Boolean | DataType::Float | DataType::String | DataType::Timestamp | DataType::Json | DataType::Array => {
                false
            }
        }
    }

    fn refuse(&self) -> DataFusionError {
        let (field, column) = (self.field.clone(), self.column.clone());
        DataFusionError::External(Box::new(QueryError::Value { field, column, wanted: self.to }))
    }
}
