//! The life of a run, and everything else that the API and the command line can ask of the rooms below.
//!
//! [`Host`] is the face. A run goes through [`run`] from top to bottom: declared objects become a [`plan`], rows are [`shape`]d and
//! compared, [`guards`] look at the counts, [`deliver`] sends what changed and keeps its [`progress`] in the [`journal`]. What an
//! answer of a platform means is decided in one place, [`settle_batch`].

mod analysis;
mod around;
mod books;
mod call;
mod cargo;
mod connect;
pub mod counters;
mod declared;
mod deliver;
mod door;
mod dry_run;
mod error;
pub mod guards;
mod host;
mod housekeeping;
mod install;
mod journal;
mod lanes;
pub mod limits;
mod link;
mod masks;
mod member_list;
mod members;
mod models;
mod order;
mod pauses;
pub mod plan;
mod polls;
pub mod progress;
mod questions;
mod reading;
pub mod reasons;
mod records;
mod remote;
mod remote_ids;
mod revision;
mod round;
mod run;
mod scheduler;
mod settle_batch;
pub mod shape;
pub mod spans;
mod statistics;
mod tokens;
pub mod verdict;
mod warehouse;
mod ways;

pub use analysis::{Asked, Named, Overlapping};
pub use connect::{ConnectError, ConnectLink, ConnectPage, Connected};
pub use counters::Counters;
pub use dry_run::{DryRun, Sample};
pub use error::RunError;
pub use host::{Flags, Host};
pub use member_list::Stay;
pub use members::{MembersError, MembersRead, RemoteSegment};
pub use models::{Condition, Look, Lost, Measured, ObjectHealth, Pair, Repair, RepairPlan, SeenColumn, Suggested};
pub use questions::{Checked, SourceChecked, Step};
pub use records::{Record, RecordFilter, RecordPage};
pub use remote::{Membership, Outcome, Refresh, RemoteState};
pub use warehouse::SourceAt;
