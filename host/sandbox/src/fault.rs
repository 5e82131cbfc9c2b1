//! How a call can end other than with a reply: every way mapped to a code of the registry, with its cause.

use std::{fmt::Write as _, time::Duration};

use serde::{Deserialize, Serialize};
use sluice_catalog::Code;
use wasmtime::Trap;

use crate::text::one_line;

/// A call that did not end with a reply. The instance is gone; the rows of the call are judged by `requests_left`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {cause}")]
pub struct Fault {
    /// What happened, from the registry.
    pub code: Code,
    /// Why, in one line; text of the guest in it is escaped and cut. Holds no row values unless the guest put them into a trap.
    pub cause: String,
    /// Whether a request that can change something (`effect` not `read`) has left, or may have left, in this call. If so, its rows
    /// are unknown; if not, the same rows may be sent again.
    pub requests_left: bool,
}

/// Why the host ended a guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("{used:?} of processor time in one call; {allowed:?} are allowed")]
    CpuOfCall { used: Duration, allowed: Duration },
    #[error("{used:?} of processor time while starting; {allowed:?} are allowed")]
    CpuOfStart { used: Duration, allowed: Duration },
    #[error("{used:?} of processor time in the whole run; {allowed:?} are allowed")]
    CpuOfRun { used: Duration, allowed: Duration },
    #[error("the guest's own code took {used:?}; {allowed:?} are allowed")]
    Wall { used: Duration, allowed: Duration },
    #[error("the call's deadline passed")]
    Deadline,
    #[error("the call's deadline passed while it waited for the host to answer")]
    DeadlineInDoor,
    #[error("the run was stopped during the call")]
    Cancelled,
    #[error("{desired} bytes of memory; {allowed} are allowed")]
    Memory { desired: usize, allowed: usize },
    #[error("a table of {desired} elements; {allowed} are allowed")]
    Table { desired: usize, allowed: usize },
    #[error("more than {allowed} calls to the host in one call")]
    HostCalls { allowed: u32 },
    #[error("more than {allowed} calls to the host in the whole run")]
    HostCallsOfRun { allowed: u64 },
    #[error("more than {allowed} requests in one call")]
    Requests { allowed: u32 },
    #[error("more than {allowed} bytes handed to the host in the whole run")]
    CopiedOfRun { allowed: u64 },
    #[error("{cause}")]
    Refused { code: Code, cause: String },
    #[error("the host answered another question than was asked")]
    Mismatch,
}

impl Stop {
    fn code(&self) -> Code {
        match self {
            Self::CpuOfCall { .. } | Self::CpuOfStart { .. } | Self::CpuOfRun { .. } => Code::ConnectorCpuLimit,
            Self::Wall { .. } | Self::Deadline | Self::DeadlineInDoor => Code::ConnectorWallLimit,
            Self::Cancelled => Code::RunCancelled,
            Self::Memory { .. } => Code::ConnectorMemoryLimit,
            Self::Table { .. } => Code::ConnectorTableLimit,
            Self::HostCalls { .. } | Self::HostCallsOfRun { .. } | Self::Requests { .. } | Self::CopiedOfRun { .. } => {
                Code::ConnectorHostCallLimit
            }
            Self::Refused { code, .. } => *code,
            Self::Mismatch => Code::Internal,
        }
    }

    pub(crate) fn fault(self, requests_left: bool) -> Fault {
        Fault { code: self.code(), cause: self.to_string(), requests_left }
    }
}

/// What wasmtime says when a crossing from the guest is larger than the host-call fuel. It has no type of its own to ask for; a test
/// of the hostile corpus (MEM5) fails when the words change.
const CROSSING_TOO_LARGE: &str = "fuel allocated for hostcalls has been exhausted";

/// The fault of an error that wasmtime reported and that no [`Stop`] of ours explains.
pub(crate) fn from_wasmtime(error: &wasmtime::Error, requests_left: bool) -> Fault {
    // An error from within the guest carries its frames as context, on many lines; what happened is at the root.
    let says = if error.is::<wasmtime::WasmBacktrace>() { error.root_cause().to_string() } else { format!("{error:#}") };
    let code = if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        Code::ConnectorNoRoom
    } else if says.contains(CROSSING_TOO_LARGE) {
        Code::ConnectorHostCallLimit
    } else {
        error.downcast_ref::<Trap>().map_or(Code::ConnectorProtocol, |trap| of_trap(*trap))
    };
    let cause = match error.downcast_ref::<Trap>() {
        Some(trap) => with_frames(trap.to_string(), error),
        None => says,
    };
    Fault { code, cause: one_line(&cause), requests_left }
}

/// Traps of the guest's own code are crashes; traps of the canonical ABI mean that it broke the contract.
fn of_trap(trap: Trap) -> Code {
    match trap {
        Trap::StackOverflow => Code::ConnectorStackLimit,
        Trap::CannotEnterComponent
        | Trap::CannotLeaveComponent
        | Trap::InvalidChar
        | Trap::StringOutOfBounds
        | Trap::ListOutOfBounds
        | Trap::InvalidDiscriminant
        | Trap::UnalignedPointer => Code::ConnectorProtocol,
        _ => Code::ConnectorTrap,
    }
}

/// The names of the innermost functions, where the component kept them: enough for its author to find the place.
fn with_frames(mut text: String, error: &wasmtime::Error) -> String {
    let Some(trace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else { return text };
    let names = trace.frames().iter().filter_map(|frame| frame.func_name()).take(4);
    for (count, name) in names.enumerate() {
        let _ = write!(text, "{}{name}", if count == 0 { " in " } else { " < " });
    }
    text
}
