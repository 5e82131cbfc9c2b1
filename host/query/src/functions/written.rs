//! `written(text)`: the instant that a text spells. An offset in the text wins; without one the text is wall time of a zone.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, TimestampMicrosecondArray},
    compute::{CastOptions, cast_with_options, kernels::cast_utils::string_to_datetime},
    datatypes::{DataType, TimeUnit},
};
use chrono::Utc;
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use jiff::tz::TimeZone;

use super::instant::of_wall;
use crate::QueryError;

#[derive(Debug, PartialEq, Eq)]
struct Written {
    zone: TimeZone,
    refusal: QueryError,
    signature: Signature,
}

impl std::hash::Hash for Written {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.refusal.to_string().hash(state); // zones have no hash; equality compares them
    }
}

/// The instant of `text`, as a timestamp of `zone`; what is none is `refusal`.
pub(crate) fn written(text: Expr, zone: &TimeZone, refusal: QueryError) -> Expr {
    let written = Written { zone: zone.clone(), refusal, signature: Signature::any(1, Volatility::Immutable) };
    ScalarUDF::new_from_impl(written).call(vec![text])
}

impl ScalarUDFImpl for Written {
    fn name(&self) -> &str {
        "written"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(self.zone_name())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(self.read(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = self.read(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

impl Written {
    fn zone_name(&self) -> Arc<str> {
        self.zone.iana_name().unwrap_or("UTC").into()
    }

    fn read(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let texts = cast_with_options(array, &DataType::Utf8, &CastOptions::default()).map_err(|_| self.refuse())?;
        let micros = |text: &str| self.micros(text).ok_or_else(|| self.refuse());
        let instants = texts.as_string::<i32>().iter().map(|text| text.map(micros).transpose());
        let instants: TimestampMicrosecondArray = instants.collect::<Result<_>>()?;
        Ok(Arc::new(instants.with_timezone(self.zone_name())))
    }

    fn micros(&self, text: &str) -> Option<i64> {
        let micros = string_to_datetime(&Utc, text).ok()?.timestamp_micros();
        if says_zone(text) || self.zone == TimeZone::UTC { Some(micros) } else { of_wall(micros, &self.zone) }
    }

    fn refuse(&self) -> DataFusionError {
        DataFusionError::External(Box::new(self.refusal.clone()))
    }
}

/// Whether a timestamp goes on behind its time of day, which is made of digits, colons and a point.
fn says_zone(text: &str) -> bool {
    text.bytes().skip(11).any(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.'))
}
