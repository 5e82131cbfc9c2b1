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
    /// Where this was evaluated, and by which statements.
    evaluation: EvaluationView,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// Where a question was evaluated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Evaluation)]
pub(crate) struct EvaluationView {
    /// `source`: wholly by the database in which the rows lie. `both`: parts of it by databases, and the rest in the host. `host`: over
    /// files, or over tables as they are.
    #[schema(value_type = String, example = "source")]
    place: sluice_query::Place,
    /// The SELECTs that were put to sources. Tables that were read as they are have none here.
    statements: Vec<StatementView>,
    /// Why it was not evaluated wholly by one database, in a few words.
    why: Option<String>,
    /// Bytes of files that were read for it; null where a source does not tell.
    bytes_read: Option<u64>,
}

/// A SELECT that was put to a source.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementView {
    /// Name of the source.
    source: String,
    /// Its text.
    sql: String,
}

impl From<sluice_query::Evaluation> for EvaluationView {
    fn from(evaluation: sluice_query::Evaluation) -> Self {
        let sluice_query::Evaluation { place, statements, why, bytes_read } = evaluation;
        let statement = |sluice_query::Statement { source, sql }| StatementView { source, sql };
        Self { place, statements: statements.into_iter().map(statement).collect(), why, bytes_read }
    }
}

impl From<sluice_query::Preview> for PreviewView {
    fn from(preview: sluice_query::Preview) -> Self {
        let sluice_query::Preview { count, total, share, sample, evaluation, took } = preview;
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { count, total, share, sample, evaluation: evaluation.into(), took_ms }
    }
}
