//! What a server or the way to it says, as a cause with a code of the registry.
//!
//! A server's sentence may quote a value of a row (`invalid input syntax for type integer: "…"`), so it is kept only for classes of
//! errors that speak of the statement, the connection or the user.

use sluice_catalog::{Code, contract::SqlFailure};
use tokio_postgres::error::{DbError, SqlState};

use crate::{failure::causes, resolve::ResolveError};

/// Why a statement gave no rows, or no more of them. Holds no value of a row and no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct SqlError {
    /// From the registry.
    pub code: Code,
    /// One sentence.
    pub cause: String,
}

/// Where in the life of a statement the error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum During {
    /// Before the server took user and password.
    SignOn,
    /// While a statement was looked at or read.
    Statement,
}

impl SqlError {
    pub(super) fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into() }
    }

    /// A value or a type that cannot be carried, by the column's name.
    pub(super) fn of_column(column: &str, problem: &str) -> Self {
        Self::new(Code::SourceQueryFailed, format!("column {column} {problem}"))
    }

    pub(super) fn cancelled() -> Self {
        Self::new(Code::EgressCancelled, "the work was stopped while the statement was under way")
    }

    pub(super) fn resolve(error: &ResolveError) -> Self {
        let code = match error {
            ResolveError::Special { .. } => Code::EgressAddressRefused,
            ResolveError::Lookup { .. } | ResolveError::Empty { .. } => Code::EgressResolveFailed,
        };
        Self::new(code, error.to_string())
    }

    /// What the database library says.
    pub(super) fn of(error: &tokio_postgres::Error, during: During, host: &str) -> Self {
        if let Some(db) = error.as_db_error() {
            return of_server(db, during, host);
        }
        if let Some(tls) = causes(error).find_map(|e| e.downcast_ref::<rustls::Error>()) {
            return match tls {
                rustls::Error::AlertReceived(alert) if is_about_client(*alert) => {
                    Self::new(Code::SourceClientCertificate, format!("{host} does not take the client certificate: {tls}"))
                }
                _ => Self::new(Code::SourceTlsFailed, format!("TLS with {host}: {tls}")),
            };
        }
        // The library has no public kind to ask for; a test with a server without TLS fails when the words change.
        if error.to_string().starts_with("error performing TLS handshake") {
            return Self::new(Code::SourceTlsFailed, format!("{host} does not speak TLS"));
        }
        match during {
            During::SignOn if error.to_string().starts_with("authentication error") => {
                Self::new(Code::SourceAuth, format!("{host} asks for a way to sign on that was not agreed"))
            }
            // As above: what the library lacks is only said in words. Without a password there is a client certificate.
            During::SignOn if causes(error).any(|e| e.to_string() == "password missing") => {
                Self::new(Code::SourceAuth, format!("{host} asks for a password beside the client certificate, and none is set"))
            }
            During::SignOn => {
                Self::new(Code::SourceUnreachable, format!("{host} ended the connection before anybody was signed on"))
            }
            During::Statement => Self::new(Code::SourceInterrupted, format!("the connection to {host} ended")),
        }
    }
}

/// Alerts with which a server refuses a certificate or the want of one (RFC 8446, section 6.2).
fn is_about_client(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as Alert;
    matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

fn of_server(db: &DbError, during: During, host: &str) -> SqlError {
    let state = db.code();
    let (code, told) = code_of(state, during);
    let said = match (told, db.position()) {
        (true, Some(tokio_postgres::error::ErrorPosition::Original(at))) => format!("{} (at character {at})", db.message()),
        (true, _) => db.message().to_owned(),
        (false, _) => of_class(state).to_owned(),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).take(500).collect();
    SqlError::new(code, format!("{host} says: {said} [{}]", state.code()))
}

/// The code, and whether the server's sentence may be told.
fn code_of(state: &SqlState, during: During) -> (Code, bool) {
    let text = state.code();
    match text {
        "28P01" | "28000" => (Code::SourceAuth, true),
        "3D000" | "3F000" | "42P01" | "42703" => (Code::SourceObjectMissing, true),
        "42501" => (Code::SourcePermission, true),
        "25006" => (Code::SourceWriteRefused, true),
        "57014" => (Code::SourceTimeout, true),
        "40001" | "40P01" | "55P03" | "57P01" | "57P02" | "25P03" => (Code::SourceInterrupted, true),
        "57P03" => (Code::SourceUnreachable, true),
        _ => match &text[..2] {
            "08" if during == During::Statement => (Code::SourceInterrupted, true),
            "08" | "53" => (Code::SourceUnreachable, true),
            "42" | "0A" => (Code::SourceQueryFailed, true),
            _ if during == During::SignOn => (Code::SourceUnreachable, true),
            _ => (Code::SourceQueryFailed, false),
        },
    }
}

/// What a class of errors means, where the server's own sentence may hold a value.
fn of_class(state: &SqlState) -> &'static str {
    match (state.code(), &state.code()[..2]) {
        ("22012", _) => "a division by zero",
        ("22003", _) => "a number is out of the range of its type",
        ("22P02" | "22007" | "22008", _) => "a value does not convert to the type that the query asks for",
        (_, "22") => "a value does not fit what the query does with it",
        (_, "21") => "a sub-query that stands for one value gives several rows",
        _ => "the statement failed",
    }
}

impl From<SqlError> for SqlFailure {
    fn from(error: SqlError) -> Self {
        Self { code: error.code.as_str().into(), message: error.cause }
    }
}
