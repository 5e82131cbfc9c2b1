//! Database connections: the one way out that is not HTTP.
//!
//! [`Sessions`] runs statements of one piece of work (a run, a question) on one granted server. The host resolves the name, checks the
//! address, goes through a bastion where there is one, speaks TLS and signs on; the component names a connection and a statement, and gets a handle to rows that stay here.
//! Every session is read-only: the session's default, a `READ ONLY` transaction around each statement, and a statement that the server
//! accepts as one statement before it is wrapped into `COPY (…) TO STDOUT`. Whether the user may write anyway is the server's matter;
//! that it cannot through this room is a seat belt beside the grants that a source's test prints.
//!
//! Rows are read only while somebody asks: the server is held up by its own socket. Rows that are dropped before their end are
//! cancelled at the server. Each statement leaves one line in the egress ledger.

mod about;
mod array;
mod copy;
mod dial;
mod error;
mod handout;
mod line;
mod numeric;
mod reach;
mod rows;
mod secrets;
mod session;
mod sessions;
mod shape;
mod stream;
mod tls;
mod tunnel;

pub use about::About;
pub use error::SqlError;
pub use rows::Rows;
pub use sessions::{Around, Sessions};
