//! The sandbox: components are compiled, instantiated, limited and called here, and nowhere else.
//!
//! An [`Engine`] makes [`Program`]s of component bytes; a run opens a [`Session`] on a program, with a [`Door`] and [`Limits`]; the
//! session gives [`Instance`]s, and an instance answers [`Call`](sluice_catalog::contract::Call)s, one at a time, on a thread of the
//! engine's own. Whatever a guest does, a call ends with a reply or with a [`Fault`] that has a code of the registry and says whether
//! requests had left. What is behind the door (egress, credentials, the spool, the log) belongs to other rooms, as does what becomes
//! of the rows; [`check_receipt`] only holds a receipt against its batch.

mod bindings;
mod call;
pub mod component;
mod convert;
mod door;
mod engine;
mod fault;
mod guest;
mod instance;
pub mod limits;
mod program;
mod receipt;
mod reply;
mod session;
mod text;

pub use door::{Answer, Ask, Door, SocketDoor, Until, serve_door};
pub use engine::{Engine, EngineError, EngineOptions, PoolUse};
pub use fault::Fault;
pub use guest::CallUse;
pub use instance::Instance;
pub use limits::Limits;
pub use program::{CacheError, CodeCache, CompileError, Digest, Program};
pub use receipt::{Outcomes, check_receipt};
pub use session::{RunUse, Session};
