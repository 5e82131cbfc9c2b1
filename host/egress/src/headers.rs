//! A component's headers at the boundary: framing, routing and authority belong to the host.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    credential::Credentials,
    limits::{REQUEST_HEADER_BYTES_MAX, REQUEST_HEADERS_MAX},
};

/// Why a header is refused. Nothing left the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderRefusal {
    #[error("more than {REQUEST_HEADERS_MAX} headers")]
    Count,
    #[error("headers of more than {REQUEST_HEADER_BYTES_MAX} bytes")]
    Size,
    #[error("header {number} has a name that is no HTTP token")]
    Name { number: usize },
    #[error("header `{name}` has a value with control characters or bytes outside of ASCII")]
    Value { name: HeaderName },
    #[error("header `{name}` is set by the host alone")]
    HostsOwn { name: HeaderName },
    #[error("header `{name}` is written by a credential alone")]
    Credentials { name: HeaderName },
}

/// Whether only the host sets this header (lower-case name). Hop-by-hop and framing headers (RFC 9110 section 7.6.1, RFC 9112),
/// those that claim who is behind a proxy, those that turn a method into another one behind the policy's back, encodings of the
/// answer (the host has to read it), and authority.
pub(crate) fn is_hosts_own(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "connection"
            | "keep-alive"
            | "transfer-encoding"
            | "content-length"
            | "upgrade"
            | "http2-settings"
            | "te"
            | "trailer"
            | "expect"
            | "forwarded"
            | "via"
            | "x-real-ip"
            | "alt-used"
            | "accept-encoding"
            | "authorization"
            | "cookie"
            | "x-http-method-override"
            | "x-http-method"
            | "x-method-override"
    ) || name.starts_with("proxy-")
        || name.starts_with("x-forwarded-")
}

/// The component's headers, each as it was given; order of equal names kept.
pub(crate) fn of_component(given: &[(String, String)], credentials: &Credentials) -> Result<HeaderMap, HeaderRefusal> {
    if given.len() > REQUEST_HEADERS_MAX {
        return Err(HeaderRefusal::Count);
    }
    if given.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() > REQUEST_HEADER_BYTES_MAX {
        return Err(HeaderRefusal::Size);
    }
    let mut headers = HeaderMap::with_capacity(given.len() + 4);
    for (number, (name, value)) in given.iter().enumerate() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderRefusal::Name { number: number + 1 })?;
        if is_hosts_own(name.as_str()) {
            return Err(HeaderRefusal::HostsOwn { name });
        }
        if credentials.writes(&name) {
            return Err(HeaderRefusal::Credentials { name });
        }
        let plain = value.bytes().all(|b| matches!(b, b'\t' | 0x20..=0x7e));
        match HeaderValue::from_str(value) {
            Ok(value) if plain => headers.append(name, value),
            _ => return Err(HeaderRefusal::Value { name }),
        };
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
