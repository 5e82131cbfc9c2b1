//! Why a request is not made. Each reason is a sentence for the connector's author and a code of the registry for everybody.

use sluice_catalog::Code;

use crate::host::Host;

/// Nothing left the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Beyond [`URL_BYTES_MAX`](crate::limits::URL_BYTES_MAX).
    #[error("the URL is longer than {} bytes", crate::limits::URL_BYTES_MAX)]
    UrlLength,
    /// Spaces, controls, backslashes and bytes outside of ASCII: places where two parsers may differ.
    #[error("the URL holds a byte that has to be percent-encoded")]
    UrlBytes,
    /// No parser would call it a URL.
    #[error("the URL cannot be parsed")]
    UrlParse,
    /// Anything but `https://`.
    #[error("only https:// URLs are carried")]
    Scheme,
    /// `user@`, also when empty.
    #[error("the URL holds user information before the host")]
    UserInfo,
    /// An IPv4 or IPv6 address in any spelling.
    #[error("the host is an address, not a name")]
    Address,
    /// Trailing dot, percent-encoding, odd port, punycode that no host has.
    #[error("host and port are not written in canonical form")]
    Authority,
    /// A fragment never leaves a client, so what is checked would not be what is sent.
    #[error("the URL has a fragment")]
    Fragment,
    /// Not in manifest ∩ grant.
    #[error("{host} is not listed in the connector's manifest")]
    HostNotListed {
        /// The host asked for.
        host: Host,
    },
    /// The host is listed with another port.
    #[error("{host} is not listed with port {port}")]
    PortNotListed {
        /// The host asked for.
        host: Host,
        /// The port asked for.
        port: u16,
    },
    /// The host is listed with other methods.
    #[error("{host} is not listed with this method")]
    MethodNotListed {
        /// The host asked for.
        host: Host,
    },
    /// The host is listed with other paths.
    #[error("{host} is not listed with this path")]
    PathNotListed {
        /// The host asked for.
        host: Host,
    },
    /// `..` behind an encoded separator: a server that decodes first would leave the listed path.
    #[error("the path holds dot segments behind an encoded separator")]
    PathDots,
    /// The host is within a link entry, and no answer of this task held the URL.
    #[error("no answer of this task held this link to {host}")]
    LinkUnknown {
        /// The host asked for.
        host: Host,
    },
}

impl Refusal {
    /// Its code in the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::UrlLength
            | Self::UrlBytes
            | Self::UrlParse
            | Self::Scheme
            | Self::UserInfo
            | Self::Address
            | Self::Authority
            | Self::Fragment => Code::EgressUrlRefused,
            Self::HostNotListed { .. } | Self::PortNotListed { .. } | Self::LinkUnknown { .. } => Code::EgressHostNotListed,
            Self::MethodNotListed { .. } => Code::EgressMethodNotListed,
            Self::PathNotListed { .. } | Self::PathDots => Code::EgressPathNotListed,
        }
    }

    /// The host, where the decision got as far as that.
    pub(crate) fn host(&self) -> Option<&Host> {
        match self {
            Self::HostNotListed { host }
            | Self::PortNotListed { host, .. }
            | Self::MethodNotListed { host }
            | Self::PathNotListed { host }
            | Self::LinkUnknown { host } => Some(host),
            Self::UrlLength
            | Self::UrlBytes
            | Self::UrlParse
            | Self::Scheme
            | Self::UserInfo
            | Self::Address
            | Self::Authority
            | Self::Fragment
            | Self::PathDots => None,
        }
    }
}
