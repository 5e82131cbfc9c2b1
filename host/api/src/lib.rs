//! The HTTP API: `/v1`, the operators' face of Sluice.
//!
//! It promises: who may do what is decided before anything is looked at, what is not yours looks like not there, every refusal is one
//! shape (`application/problem+json`) with a code of the registry, a cause and a next step, all bad fields at once; lists are pages;
//! a change names the revision it is based on; a repeated request with an Idempotency-Key has one effect. It decides nothing about
//! data: the rooms below do. The description (`openapi.json`) is generated from the handlers and checked in.

mod at;
mod auth;
mod error;
mod etag;
mod idempotent;
mod json;
pub mod limits;
mod object;
mod page;
mod pages;
mod preview;
mod reply;
mod request;
mod resources;
mod router;
mod state;

pub use error::{ApiError, FieldProblem, Problem};
pub use router::{openapi, router};
pub use state::Api;
