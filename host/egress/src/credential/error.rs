//! Why a credential is not bound, and why a bound one is not written. None of it says anything of a secret.

/// Why secrets and manifest do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The name is not in the manifest.
    #[error("the connector declares no credential `{name}`")]
    Undeclared {
        /// The name.
        name: String,
    },
    /// Line breaks and other controls cannot stand in a header.
    #[error("credential `{name}` holds characters that cannot be sent in a header")]
    Bytes {
        /// The name.
        name: String,
    },
    /// Basic needs `user:password`.
    #[error("credential `{name}` is entered as user:password")]
    BasicForm {
        /// The name.
        name: String,
    },
    /// The manifest's header is not one that a credential may write.
    #[error("credential `{name}` declares the header `{header}`, which only the host may set")]
    Header {
        /// The name.
        name: String,
        /// The header.
        header: String,
    },
    /// A token is asked for with a setting that is absent.
    #[error("credential `{name}` needs the setting `{setting}`, which is not set")]
    Setting {
        /// The name.
        name: String,
        /// The setting.
        setting: String,
    },
    /// The setting in the host of the token endpoint is absent.
    #[error("credential `{name}` has no token endpoint: a setting that is a part of its host is not set")]
    Endpoint {
        /// The name.
        name: String,
    },
    /// Not the file that was asked for.
    #[error("credential `{name}` is entered as the key file of a service account: {cause}")]
    KeyFile {
        /// The name.
        name: String,
        /// What is wrong, without a word of the file.
        cause: String,
    },
    /// Nobody can consent to it.
    #[error("credential `{name}` is not one that a person connects at the platform")]
    NoConsent {
        /// The name.
        name: String,
    },
}

/// Why a credential is not written. Nothing left the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialRefusal {
    #[error("the manifest declares no such credential")]
    Undeclared,
    #[error("credential `{name}` has not been entered")]
    Missing { name: String },
    #[error("credential `{name}` is not bound to this host")]
    Host { name: String },
    #[error("credential `{name}` is not bound to this path")]
    Path { name: String },
    #[error("credential `{name}` is not bound to this method")]
    Method { name: String },
    #[error("credential `{name}` never goes to a link")]
    Link { name: String },
    #[error("two credentials write the header of `{name}`")]
    Twice { name: String },
    #[error("the URL has the parameter `{parameter}`, which a credential alone writes")]
    Parameter { parameter: String },
}
