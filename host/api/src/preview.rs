//! Previews: what a model or a segment means now, in numbers and a few rows.

use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    limits::{SAMPLE_ROWS_DEFAULT, SAMPLE_ROWS_MAX},
};

/// How much of a preview.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewParams {
    /// Rows in the sample, 0 to 100; 10 unless said.
    sample: Option<u32>,
}

impl PreviewParams {
    pub(crate) fn rows(&self) -> Result<usize, ApiError> {
        match self.sample.unwrap_or(SAMPLE_ROWS_DEFAULT) {
            rows @ 0..=SAMPLE_ROWS_MAX => Ok(rows as usize),
            _ => Err(ApiError::invalid_at("?sample", format!("A sample has 0 to {SAMPLE_ROWS_MAX} rows."))),
        }
    }
}

/// What a model or segment means now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PreviewView {
    /// Rows that satisfy the condition; exact.
    count: u64,
    /// Rows of the model; exact.
    total: u64,
    /// `count` of `total`, from 0 to 1.
    share: f64,
    /// Some rows: field id to value; hidden fields are left out, personal data is masked.
    sample: Vec<serde_json::Map<String, serde_json::Value>>,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

impl From<sluice_query::Preview> for PreviewView {
    fn from(preview: sluice_query::Preview) -> Self {
        let sluice_query::Preview { count, total, share, sample, took } = preview;
        Self { count, total, share, sample, took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX) }
    }
}
