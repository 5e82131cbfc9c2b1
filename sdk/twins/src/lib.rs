//! Twins: strict, stateful local servers that behave as a vendor's API does, written from the vendor's own pages.
//!
//! A twin checks what the vendor checks (authorisation, paths, batch limits, identifiers, field rules), keeps what the
//! vendor keeps (profiles, events, subscriptions) so that a test can compare the **end state** field by field, writes an
//! independent [`Ledger`] of everything it applied, and does harm on demand ([`Fault`]): throttle, fail, hang, apply half,
//! drop the answer after applying. Connector authors run the same twins from the command line.
//!
//! Left to others: what a connector ought to send is the connector's business and its conformance suite's; a twin knows
//! nothing of Sluice. It listens on loopback alone and is no production server.
//!
//! ```
//! # tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async {
//! use sluice_twins::{Answer, Apply, Fault, braze};
//!
//! let twin = braze::Twin::start(braze::Options::with_key("a-key")).await?;
//! twin.faults().arm(Fault::on("/users/track").apply(Apply::All).answer(Answer::Drop))?;
//! // … point the client under test at twin.url() …
//! assert_eq!(twin.state().profiles().len(), 0);
//! twin.stop().await;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).expect("the example runs");
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`braze`] and others, one for each platform | the twins: rules, state, endpoints; [`acme`] is made up, to learn with |
//! | [`braze`] and others, one for each platform | the twins: rules, state, endpoints; [`acme`] is made up, to learn with |
//! | [`faults`](Fault) | which request is hurt, and how |
//! | [`ledger`](Ledger) | the judge: what was applied, in order, in memory and on disk |
//! | [`log`](RequestLog) | what arrived and what was answered; defects of the client |
//! | [`running`](Running) | a running twin as its owner sees it |
//! | `server`, `vendor`, `control`, `tap` | shared by all twins: start, stop, the seam to a vendor's rules, the reserved paths, connections that can be cut |
//! | `rates`, `contact`, `iso`, `time` | shared by their rules: windows of the clock, addresses and phones, codes of ISO, shapes of time |

pub mod acme;
pub mod batch;
pub mod braze;
mod contact;
mod control;
mod faults;
pub mod google_ads;
pub mod hubspot;
mod iso;
pub mod iterable;
pub mod klaviyo;
mod ledger;
pub mod limits;
mod log;
pub mod mailchimp;
pub mod meta_ads;
mod rates;
mod running;
pub mod salesforce_marketing_cloud;
mod server;
mod tap;
mod time;
mod vendor;

pub use faults::{Answer, Apply, Armed, Fault, FaultError, FaultId, Faults, Pick};
pub use ledger::{Entry, Kind, Ledger};
pub use log::{RequestEntry, RequestLog, Tally, Warning};
pub use running::Running;
pub use server::{Clock, StartError, system_clock};
pub use vendor::SeedError;
