//! What the host says of a statement, as a halt: one table from codes to what has to happen next.

use sluice_sdk::{Halt, Reason, code, contract::sql::Failure};

/// The halt of a failed statement.
pub(crate) fn halt(failure: Failure) -> Halt {
    let reason = Reason::new(&failure.code, &failure.message);
    match failure.code.as_str() {
        code::SOURCE_AUTH | code::SOURCE_CLIENT_CERTIFICATE | code::SOURCE_TUNNEL_AUTH => Halt::Auth(reason),
        code::SOURCE_PERMISSION
        | code::SOURCE_TLS_FAILED
        | code::SOURCE_TUNNEL_HOST_KEY
        | code::SOURCE_WRITE_REFUSED
        | code::SOURCE_QUERY_FAILED
        | code::SOURCE_UNSUPPORTED_TYPE
        | code::EGRESS_RESOLVE_FAILED
        | code::EGRESS_ADDRESS_REFUSED => Halt::Config(reason),
        code::SOURCE_OBJECT_MISSING => Halt::Missing(reason),
        code::CONNECTOR_PROTOCOL => Halt::Contract(reason),
        _ => Halt::Unavailable(reason),
    }
}
