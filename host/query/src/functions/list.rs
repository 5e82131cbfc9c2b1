//! `list(text)`: the different texts of a group in order, as a JSON array; the first so many in order stay.
//!
//! Values that are numbers in JSON are given as texts of JSON already, in an order of their own beside them.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    datatypes::{DataType as Arrow, Field, FieldRef, Int64Type},
};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use sluice_catalog::limits::LISTED_VALUES_MAX;

#[derive(Debug, PartialEq, Eq, Hash)]
struct List {
    signature: Signature,
}

/// The JSON texts of a group by their places in order, which are different numbers.
pub(crate) fn list(json: Expr, place: Expr) -> Expr {
    let signature = Signature::exact(vec![Arrow::Utf8, Arrow::Int64], Volatility::Immutable);
    AggregateUDF::new_from_impl(List { signature }).call(vec![json, place])
}

impl AggregateUDFImpl for List {
    fn name(&self) -> &str {
        "list"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[Arrow]) -> Result<Arrow> {
        Ok(Arrow::Utf8)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}_so_far", args.name), Arrow::Utf8, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Listed::default()))
    }
}

#[derive(Debug, Default)]
struct Listed {
    values: BTreeMap<i64, Box<str>>,
    bytes: usize,
}

impl Listed {
    fn take(&mut self, place: i64, json: &str) {
        if place as usize > LISTED_VALUES_MAX {
            return;
        }
        self.bytes += json.len() + 48;
        self.values.insert(place, json.into());
    }
}

impl Accumulator for Listed {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (texts, places) = (values[0].as_string::<i32>(), values[1].as_primitive::<Int64Type>());
        for row in (0..texts.len()).filter(|row| !texts.is_null(*row) && !places.is_null(*row)) {
            self.take(places.value(row), texts.value(row));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.values.is_empty() {
            return Ok(ScalarValue::Utf8(None));
        }
        let values: Vec<&str> = self.values.values().map(AsRef::as_ref).collect();
        Ok(ScalarValue::Utf8(Some(format!("[{}]", values.join(",")))))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.bytes
    }

    /// Lines of place and JSON, which has no line break of its own.
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let lines: Vec<String> = self.values.iter().map(|(place, json)| format!("{place} {json}")).collect();
        Ok(vec![ScalarValue::Utf8((!lines.is_empty()).then(|| lines.join("\n")))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states: &StringArray = states[0].as_string();
        let damaged = || DataFusionError::Internal("a list's state does not read".into());
        for line in states.iter().flatten().flat_map(str::lines) {
            let (place, json) = line.split_once(' ').ok_or_else(damaged)?;
            self.take(place.parse().map_err(|_| damaged())?, json);
        }
        Ok(())
    }
}
