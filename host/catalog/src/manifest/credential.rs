//! Secrets as the manifest declares them: a name, a kind, and the only places they may be written.

use serde::{Deserialize, Serialize};

use super::token::{ConsentPage, TokenEndpoint};

/// A declared credential. The host holds its value; the component names it in a request and never sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credential {
    /// The name that requests use, snake_case.
    pub name: String,
    /// How the host writes it, for example `{ kind = "static-header", header = "authorization", prefix = "Bearer " }`.
    pub write: CredentialKind,
    /// What the operator reads: where to find it at the platform, which rights it needs.
    pub help: String,
    /// Whether the connector works without it, as some settings have it; every other one has to be set.
    #[serde(default)]
    pub optional: bool,
    /// Host forms it may be sent to (as written under `egress`); all literal, setting and operator hosts unless said, never links.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The path is this or lies under it (`/` unless said): `/users` covers `/users/track`, not `/users-admin`.
    #[serde(default = "root")]
    pub path_prefix: String,
    /// Methods it may be sent with; all that the host allows unless said.
    #[serde(default)]
    pub methods: Vec<String>,
}

fn root() -> String {
    "/".into()
}

/// The closed list of ways to use a secret; each is implemented once, in the egress room. Further kinds of the design (form and JSON
/// field, OAuth 1.0a, request signatures) join here with the first connector that needs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum CredentialKind {
    /// `header: <prefix><secret>`.
    StaticHeader {
        /// Lower-case header name.
        header: String,
        /// What stands before the secret, for example `"Bearer "`.
        #[serde(default)]
        prefix: String,
    },
    /// `authorization: Basic base64(user:password)`; the operator enters `user:password`.
    // Braces, because serde takes any further member beside the tag of a variant without them.
    Basic {},
    /// `?<parameter>=<secret>`, after what the component's URL has.
    Query {
        /// Name of the parameter.
        parameter: String,
    },
    /// `?<parameter>=` the lower-case hexadecimal HMAC-SHA256 of another credential's secret; this secret is the key.
    HmacQuery {
        /// Name of the parameter.
        parameter: String,
        /// Name of the credential whose secret is the message: a static header, without its prefix.
        of: String,
    },
    /// `authorization: Bearer <token>`; the operator enters the client's secret, and the host asks for tokens with it (RFC 6749,
    /// section 4.4).
    Oauth2ClientCredentials {
        /// Where.
        token: TokenEndpoint,
    },
    /// `authorization: Bearer <token>`; the operator enters the client's secret and a refresh token (RFC 6749, section 6). A new
    /// refresh token in an answer takes the place of the old one.
    Oauth2RefreshToken {
        /// Where.
        token: TokenEndpoint,
    },
    /// The same, but a person consents in a browser and the platform hands the refresh token to the host. A refresh token can be
    /// entered, too.
    Oauth2AuthorizationCode {
        /// Where.
        token: TokenEndpoint,
        /// Where the person consents.
        consent: ConsentPage,
    },
    /// `authorization: Bearer <token>`; the operator enters a service account's key file of Google, as JSON, with which the host signs
    /// (RFC 7523; https://developers.google.com/identity/protocols/oauth2/service-account, read 2026-11-27).
    GoogleServiceAccount {
        /// What the token may be used for.
        scopes: Vec<String>,
    },
    /// A password of a connection (`[[connections]]`), of the bastion before it, or of a key: used while the host signs on, never
    /// written into a request.
    ConnectionPassword {},
    /// The certificate of a connection as PEM text: shown while the host signs on, never written into a request.
    ConnectionCertificate {},
    /// A private key of a connection or of the bastion before it, as text: used while the host signs on, never sent anywhere.
    ConnectionKey {},
}

impl CredentialKind {
    /// Whether it is used while the host signs on to a connection, so that no request may name it.
    pub fn is_of_connection(&self) -> bool {
        matches!(self, Self::ConnectionPassword {} | Self::ConnectionCertificate {} | Self::ConnectionKey {})
    }

    /// Whether what a person enters is exchanged for tokens, which are what requests are written with.
    pub fn is_exchanged(&self) -> bool {
        self.token_endpoint().is_some() || matches!(self, Self::GoogleServiceAccount { .. })
    }

    /// Whether that needs a refresh token: a person's consent, or one that is entered.
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Oauth2RefreshToken { .. } | Self::Oauth2AuthorizationCode { .. })
    }

    /// The token endpoint, of those that are exchanged at one that the manifest names.
    pub fn token_endpoint(&self) -> Option<&TokenEndpoint> {
        match self {
            Self::Oauth2ClientCredentials { token }
            | Self::Oauth2RefreshToken { token }
            | Self::Oauth2AuthorizationCode { token, .. } => Some(token),
            _ => None,
        }
    }
}
