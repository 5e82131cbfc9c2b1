//! `utc(timestamp)`: an instant as microseconds in UTC without a zone, the one form of time inside a plan.
//!
//! Timestamps with a zone are instants already. Those without are wall time of the source's zone: in a gap the time is read with the
//! offset before it (so it lands after the gap), in a fold it is the first of the two.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, TimestampMicrosecondArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::types::DataType as Product;

use crate::QueryError;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Utc {
    zone: TimeZone,
    field: String,
    column: String,
    signature: Signature,
}

impl std::hash::Hash for Utc {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.field, &self.column).hash(state); // zones have no hash; equality compares them
    }
}

/// `timestamp` in UTC; without a zone it is meant in `zone`.
pub(crate) fn utc(timestamp: Expr, zone: &TimeZone, field: &str, column: &str) -> Expr {
    let utc = Utc {
        zone: zone.clone(),
        field: field.to_owned(),
        column: column.to_owned(),
        signature: Signature::any(1, Volatility::Immutable),
    };
    ScalarUDF::new_from_impl(utc).call(vec![timestamp])
}

impl ScalarUDFImpl for Utc {
    fn name(&self) -> &str {
        "utc"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(self.convert(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = self.convert(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

impl Utc {
    /// The zone in which wall time is meant.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn convert(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let zoned = matches!(array.data_type(), DataType::Timestamp(_, Some(_)));
        let zone = match array.data_type() {
            DataType::Timestamp(_, zone) => zone.clone(),
            _ => None,
        };
        let micros = DataType::Timestamp(TimeUnit::Microsecond, zone);
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let cast = cast_with_options(array, &micros, &strict).map_err(|_| self.refuse())?;
        let values = cast.as_primitive::<TimestampMicrosecondType>();
        if zoned || self.zone == TimeZone::UTC {
            return Ok(Arc::new(values.clone().with_timezone_opt(None::<Arc<str>>)));
        }
        let shifted: TimestampMicrosecondArray =
            values.try_unary(|micros| of_wall(micros, &self.zone).ok_or_else(|| self.refuse()))?;
        Ok(Arc::new(shifted))
    }

    fn refuse(&self) -> DataFusionError {
        let (field, column) = (self.field.clone(), self.column.clone());
        DataFusionError::External(Box::new(QueryError::Value { field, column, wanted: Product::Timestamp }))
    }
}

/// Microseconds of wall time in `zone`, as if it were UTC, to those of the instant.
pub(super) fn of_wall(micros: i64, zone: &TimeZone) -> Option<i64> {
    let wall = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(micros).ok()?);
    Some(zone.to_timestamp(wall).ok()?.as_microsecond())
}
