//! Service accounts of Google: the key file that an operator enters, and the assertion that is signed with it (RFC 7523;
//! https://developers.google.com/identity/protocols/oauth2/service-account, read 2026-11-27).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use serde::Deserialize;
use serde_json::json;
use sluice_catalog::seal::Secret;
use zeroize::Zeroize;

/// The only endpoint that a key file may name, and the assertion's audience.
pub(crate) const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// The grant type of RFC 7523.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Seconds that an assertion is good for: the most that the page allows.
const ASSERTION_SECONDS: i64 = 3600;

/// What is read of a key file.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    private_key: String,
    private_key_id: Option<String>,
    token_uri: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.private_key.zeroize();
    }
}

/// A service account, ready to sign.
pub(crate) struct ServiceAccount {
    email: String,
    key_id: Option<String>,
    key: RsaKeyPair,
}

impl ServiceAccount {
    /// Reads a key file; in a sentence, what is wrong with it. Also gives what has to be hidden of it beside the whole.
    pub(crate) fn parse(file: &Secret) -> Result<(Self, Secret), String> {
        let file: KeyFile =
            serde_json::from_slice(file.reveal()).map_err(|_| "it is not the JSON key file of a service account".to_owned())?;
        if file.kind != "service_account" {
            return Err("its `type` is not `service_account`".into());
        }
        if file.token_uri != TOKEN_URL {
            return Err(format!("its `token_uri` is not {TOKEN_URL}"));
        }
        let key = rsa_key(file.private_key.as_bytes()).ok_or("its `private_key` is no RSA key in PEM form")?;
        let hidden = Secret::new(file.private_key.as_bytes());
        Ok((Self { email: file.client_email.clone(), key_id: file.private_key_id.clone(), key }, hidden))
    }

    /// The assertion for a token with these scopes: a JSON Web Token (RFC 7519), signed with RS256.
    pub(super) fn assertion(&self, scope: &str, now: Timestamp) -> Result<String, String> {
        let iat = now.as_second();
        let header = match &self.key_id {
            Some(kid) => json!({ "alg": "RS256", "typ": "JWT", "kid": kid }),
            None => json!({ "alg": "RS256", "typ": "JWT" }),
        };
        let claims = json!({ "iss": self.email, "scope": scope, "aud": TOKEN_URL, "iat": iat, "exp": iat + ASSERTION_SECONDS });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        // The generator blinds the operation and does not enter the signature.
        let done = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        done.map_err(|_| "the key of the service account does not sign")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A key in one of the two forms that PEM files have.
fn rsa_key(pem: &[u8]) -> Option<RsaKeyPair> {
    match PrivateKeyDer::from_pem_slice(pem).ok()? {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    }
}
