//! What a server says of itself while one signs on to it.

use tokio::io::{AsyncRead, AsyncWrite};

/// A server's version and encoding, as far as it told them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The first number of its version: 15 of `15.18 (Debian 15.18-0+deb12u1)`. What only speaks like PostgreSQL tells the version
    /// that it stands for.
    pub version: Option<u32>,
    /// The encoding of the database, such as `UTF8`.
    pub encoding: Option<String>,
}

impl About {
    /// From the parameters that a server reports (PostgreSQL 15, "Asynchronous Operations" of the protocol, read 2026-11-27).
    pub(super) fn of<S, T>(connection: &tokio_postgres::Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        Self {
            version: connection.parameter("server_version").and_then(major),
            encoding: connection.parameter("server_encoding").map(str::to_owned),
        }
    }
}

fn major(version: &str) -> Option<u32> {
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_version_is_known_by_its_first_number() {
        for (text, want) in [
            ("15.18 (Debian 15.18-0+deb12u1)", Some(15)),
            ("14beta1", Some(14)),
            ("8.0.2", Some(8)),
            ("17", Some(17)),
            ("", None),
            ("PostgreSQL 9", None),
        ] {
            assert_eq!(major(text), want, "{text}");
        }
    }
}
