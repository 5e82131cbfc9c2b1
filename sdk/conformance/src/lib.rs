//! What every connector promises, tried with the real component in the real sandbox through the real gate, against a stand-in of its
//! platform. The code behind `sluice connector test`, and the stage on which connectors' own tests play.
//!
//! A connector's folder holds a plan ([`Plan`], `conformance.toml`): what a row looks like, and one that the platform refuses. The suite
//! ([`hold`]) tries each [`Situation`] with it: rows in order, a batch twice, a bad row among good ones, refusals, throttling, failures
//! before and after the write, pages of strangers, credentials that are not good any more, jobs that are asked after by another process.
//! Harm is done on the line to the stand-in, so a stand-in needs none of its own; one that answers `GET /__twin/state` and
//! `POST /__twin/reset` (all that come with Sluice do) is also looked at: what it holds after a repeat is what it held before.
//!
//! Left to others: what a platform makes of a row is for the connector's own exchanges, which play on the same [`Stage`].
//!
//! | file | idea |
//! |---|---|
//! | `subject`, `stage`, `door`, `table`, `words` | a component, called as the host calls it, and what the host is told |
//! | `described` | what the vendor says of its interface |
//! | `plan` | what the author says |
//! | `line`, `exchange` | the relay that counts and hurts requests, and remembers the last one |
//! | `standing` | the stand-in: begin anew, look at its state |
//! | `suite` | the situations |
//! | `report` | what held |

mod described;
mod door;
mod error;
mod exchange;
mod line;
mod plan;
mod report;
mod stage;
mod standing;
mod subject;
mod suite;
mod table;
pub mod words;

pub use described::described;
pub use error::Unfit;
pub use exchange::Exchange;
pub use plan::{Case, FILE, Mapped, Plan, Seed, Segment};
pub use report::{Broken, Line as ReportLine, Report, Verdict};
pub use stage::{Account, Stage, Told, Work};
pub use subject::Subject;
pub use suite::{Situation, conform, hold};
pub use table::{Cell, Table};
