//! The codes of the host's registry that connectors use, as constants. A test compares them with the registry itself.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// Every code of this module.
        pub const ALL: &[&str] = &[$($text),*];
    };
}

codes! {
    /// The platform does not accept the credential.
    DEST_AUTH = "dest-auth";
    /// The account is not connected, or not any more. The host says so, before a request leaves.
    DEST_NOT_CONNECTED = "dest-not-connected";
    /// The host gets no token for the client. Said before a request leaves.
    DEST_CLIENT_REFUSED = "dest-client-refused";
    /// The credential lacks a permission.
    DEST_PERMISSION = "dest-permission";
    /// The platform refuses the request because of how it is set up.
    DEST_CONFIG = "dest-config";
    /// The platform asks to slow down.
    DEST_RATE_LIMITED = "dest-rate-limited";
    /// The platform does not work now.
    DEST_UNAVAILABLE = "dest-unavailable";
    /// The platform took too long.
    DEST_TIMEOUT = "dest-timeout";
    /// The list, account or path is not there.
    DEST_OBJECT_MISSING = "dest-object-missing";
    /// The platform's allowance is used up.
    DEST_QUOTA = "dest-quota";
    /// The answer is not what the platform's interface promises.
    DEST_PROTOCOL = "dest-protocol";
    /// The platform refuses the size of the batch.
    DEST_BATCH_TOO_LARGE = "dest-batch-too-large";
    /// The platform refuses the row.
    ROW_REFUSED = "row-refused";
    /// The platform does not know the record.
    NOT_FOUND_IN_DESTINATION = "not-found-in-destination";
    /// The platform refuses the identifier.
    IDENTIFIER_INVALID = "identifier-invalid";
    /// The platform refuses a field's value.
    DEST_FIELD_INVALID = "dest-field-invalid";
    /// The event is older than the platform accepts.
    TOO_OLD = "too-old";
    /// The row is larger than one request may be.
    TOO_LARGE = "too-large";
    /// The row has none of the identifiers that the platform needs.
    NO_IDENTIFIER = "no-identifier";
    /// A value has the wrong form.
    BAD_FORMAT = "bad-format";
    /// A value is longer than the platform allows.
    TOO_LONG = "too-long";
    /// A setting does not fit.
    SETTINGS_INVALID = "settings-invalid";
    /// The connector does not offer the mode or operation.
    MODE_NOT_SUPPORTED = "mode-not-supported";
    /// The connector has no such service.
    SERVICE_UNKNOWN = "service-unknown";
    /// The connector (or the host) broke a rule of the contract.
    CONNECTOR_PROTOCOL = "connector-protocol";
    /// A table, file or column is not in the source.
    SOURCE_OBJECT_MISSING = "source-object-missing";
    /// The source refused or failed the query.
    SOURCE_QUERY_FAILED = "source-query-failed";
    /// The source took too long.
    SOURCE_TIMEOUT = "source-timeout";
    /// A column has a type that Sluice does not read.
    SOURCE_UNSUPPORTED_TYPE = "source-unsupported-type";
    /// The source cannot be reached.
    SOURCE_UNREACHABLE = "source-unreachable";
    /// The source does not accept the user or the password.
    SOURCE_AUTH = "source-auth";
    /// The source's user lacks a right.
    SOURCE_PERMISSION = "source-permission";
    /// No encrypted connection that can be trusted.
    SOURCE_TLS_FAILED = "source-tls-failed";
    /// The client certificate cannot be used, or is not accepted.
    SOURCE_CLIENT_CERTIFICATE = "source-client-certificate";
    /// There is no SSH tunnel to the source.
    SOURCE_TUNNEL_FAILED = "source-tunnel-failed";
    /// The bastion is not the one whose host key is pinned.
    SOURCE_TUNNEL_HOST_KEY = "source-tunnel-host-key";
    /// The bastion does not accept the user, the key or the password.
    SOURCE_TUNNEL_AUTH = "source-tunnel-auth";
    /// The statement would change the source.
    SOURCE_WRITE_REFUSED = "source-write-refused";
    /// The connection ended in the middle of a statement.
    SOURCE_INTERRUPTED = "source-interrupted";
    /// The name of a connection's host cannot be resolved.
    EGRESS_RESOLVE_FAILED = "egress-resolve-failed";
    /// A connection's host has an address that the grant does not allow.
    EGRESS_ADDRESS_REFUSED = "egress-address-refused";
    /// Nobody answers at a connection's host and port.
    EGRESS_CONNECT_FAILED = "egress-connect-failed";
}
