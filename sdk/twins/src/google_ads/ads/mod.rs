//! Google Ads v25: what a developer token still may. Rows are taken or refused one by one, each refusal with its place
//! (`partialFailureError`); what is wrong with a request as a whole refuses it.

mod adjustments;
mod calls;
mod clicks;
mod identifiers;
mod jobs;
mod lists;
mod query;
mod rows;
mod search;

pub(super) use adjustments::upload as adjust;
pub(super) use calls::upload as upload_calls;
pub(super) use clicks::upload as upload_clicks;
pub use jobs::{Job, JobStatus};
pub(super) use jobs::{add_operations, create as create_job, run as run_job};
pub(super) use lists::mutate as mutate_lists;
pub(super) use rows::Asked;
pub(super) use search::search;
