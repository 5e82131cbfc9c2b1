//! `list_has(array)` and `list_length(array)`: what is in an array, which travels as JSON text.
//!
//! Null elements, lists and objects inside of an array count, and equal nothing. A text that is no JSON list fails the query with the
//! names of field and column.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, Int64Array},
    datatypes::DataType as Arrow,
};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use serde_json::Value;
use sluice_catalog::{condition::Element, types::DataType};

use crate::QueryError;

/// A field, and the column that it is read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Named {
    pub(crate) field: String,
    pub(crate) column: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asked {
    Any { elements: Vec<Element>, fold: bool },
    All { elements: Vec<Element>, fold: bool },
    Length,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Listed {
    asked: Asked,
    named: Named,
    signature: Signature,
}

/// Whether the array has one of the elements.
pub(crate) fn list_has_any(array: Expr, elements: &[Element], fold: bool, named: Named) -> Expr {
    call(array, Asked::Any { elements: elements.to_vec(), fold }, named)
}

/// Whether the array has each of the elements.
pub(crate) fn list_has_all(array: Expr, elements: &[Element], fold: bool, named: Named) -> Expr {
    call(array, Asked::All { elements: elements.to_vec(), fold }, named)
}

/// How many elements the array has.
pub(crate) fn list_length(array: Expr, named: Named) -> Expr {
    call(array, Asked::Length, named)
}

fn call(array: Expr, asked: Asked, named: Named) -> Expr {
    let signature = Signature::exact(vec![Arrow::Utf8], Volatility::Immutable);
    ScalarUDF::new_from_impl(Listed { asked, named, signature }).call(vec![array])
}

impl ScalarUDFImpl for Listed {
    fn name(&self) -> &str {
        match self.asked {
            Asked::Any { .. } => "list_has_any",
            Asked::All { .. } => "list_has_all",
            Asked::Length => "list_length",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[Arrow]) -> Result<Arrow> {
        Ok(match self.asked {
            Asked::Any { .. } | Asked::All { .. } => Arrow::Boolean,
            Asked::Length => Arrow::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(self.answer(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = self.answer(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

impl Listed {
    fn answer(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let lists = array.as_string::<i32>().iter().map(|text| text.map(|text| self.list(text)).transpose());
        let has = |list: Vec<Value>, wanted: &[Element], fold: bool, all: bool| {
            let has = |element: &Element| list.iter().any(|item| Element::of(item, fold).as_ref() == Some(element));
            if all { wanted.iter().all(has) } else { wanted.iter().any(has) }
        };
        Ok(match &self.asked {
            Asked::Length => {
                let lengths = lists.map(|list| Ok(list?.map(|list| list.len() as i64)));
                Arc::new(lengths.collect::<Result<Int64Array>>()?)
            }
            Asked::Any { elements, fold } => {
                let answers = lists.map(|list| Ok(list?.map(|list| has(list, elements, *fold, false))));
                Arc::new(answers.collect::<Result<BooleanArray>>()?)
            }
            Asked::All { elements, fold } => {
                let answers = lists.map(|list| Ok(list?.map(|list| has(list, elements, *fold, true))));
                Arc::new(answers.collect::<Result<BooleanArray>>()?)
            }
        })
    }

    fn list(&self, text: &str) -> Result<Vec<Value>> {
        serde_json::from_str(text).map_err(|_| {
            let Named { field, column } = self.named.clone();
            DataFusionError::External(Box::new(QueryError::Value { field, column, wanted: DataType::Array }))
        })
    }
}
