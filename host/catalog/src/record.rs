//! One line of the egress ledger: what left the host on behalf of a component. The gate writes it, the store keeps it, the API
//! shows it; none of them keeps a body, a query string or a secret.

use serde::{Deserialize, Serialize};

/// A request that a component caused, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EgressRecord {
    /// When it was handed to the gate, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// `sha256:` and 64 hexadecimal digits of the component.
    pub component: String,
    /// Canonical host that was checked.
    pub host: String,
    /// The origin dialled instead, when the grant names a stand-in, or a bastion before the host.
    pub stand_in: Option<String>,
    /// Upper-case method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Status of the answer; none when there was none.
    pub status: Option<u16>,
    /// Code of the refusal or failure; none when there was an answer.
    pub code: Option<String>,
    /// Bytes of the body sent.
    pub bytes_out: u64,
    /// Bytes of the body received, decoded.
    pub bytes_in: u64,
    /// From the end of pacing to the end of the answer, in microseconds.
    pub took_us: u64,
    /// Names of the credentials put in.
    pub credentials: Vec<String>,
}
