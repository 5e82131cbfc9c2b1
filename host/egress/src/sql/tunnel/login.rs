//! With what we sign on to a bastion: a private key, a password, or one after the other.
//!
//! The key is read when it is first needed and once, since its passphrase may be slow to work through. The sign-on begins after the
//! bastion has proved who it is.

use std::sync::Arc;

use russh::{
    client::{AuthResult, Handle, Handler},
    keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, ssh_key::Kdf},
};
use sluice_catalog::Code;
use tokio::sync::OnceCell;

use super::super::{SqlError, secrets::AtBastion};
use crate::limits::SSH_KEY_ROUNDS_MAX;

/// A user of a bastion.
pub(super) struct Login {
    user: String,
    secrets: Arc<AtBastion>,
    key: OnceCell<Result<Option<Arc<PrivateKey>>, SqlError>>,
}

impl Login {
    pub(super) fn new(user: String, secrets: Arc<AtBastion>) -> Self {
        Self { user, secrets, key: OnceCell::new() }
    }

    /// The private key, where there is one.
    pub(super) async fn read(&self) -> Result<Option<Arc<PrivateKey>>, SqlError> {
        let read = || async {
            let secrets = Arc::clone(&self.secrets);
            let read = tokio::task::spawn_blocking(move || key(&secrets)).await;
            read.unwrap_or_else(|_| Err(refused("the key of the bastion's user cannot be read")))
        };
        self.key.get_or_init(read).await.clone()
    }

    /// The key first; then the password, where the bastion wants it instead or besides.
    pub(super) async fn sign_on<H: Handler>(&self, session: &mut Handle<H>, bastion: &str) -> Result<(), SqlError> {
        let mut tried = Vec::new();
        let mut offered = String::new();
        if let Some(key) = self.read().await? {
            tried.push("the key");
            let hash = match key.algorithm().is_rsa() {
                true => Some(rsa_hash(session, bastion).await?),
                false => None,
            };
            let key = PrivateKeyWithHashAlg::new(key, hash);
            let answer = session.authenticate_publickey(self.user.as_str(), key).await;
            if self.is_in(answer, session, bastion, &mut offered)? {
                return Ok(());
            }
        }
        if let Some(password) = &self.secrets.password {
            tried.push("the password");
            let password = std::str::from_utf8(password.reveal());
            let password = password.map_err(|_| refused("the password of the bastion's user is not text"))?;
            let answer = session.authenticate_password(self.user.as_str(), password).await;
            if self.is_in(answer, session, bastion, &mut offered)? {
                return Ok(());
            }
        }
        let (user, with) = (&self.user, tried.join(" and "));
        let offered = if offered.is_empty() { "nothing else" } else { &offered };
        Err(refused(&format!("{bastion} does not let the user {user} in with {with}; it offers {offered}")))
    }

    fn is_in<H: Handler>(
        &self,
        answer: Result<AuthResult, russh::Error>,
        session: &Handle<H>,
        bastion: &str,
        offered: &mut String,
    ) -> Result<bool, SqlError> {
        match answer {
            Ok(AuthResult::Success) => Ok(true),
            Ok(AuthResult::Failure { remaining_methods, .. }) if !remaining_methods.is_empty() || !session.is_closed() => {
                *offered = remaining_methods.iter().map(Into::<&str>::into).collect::<Vec<_>>().join(", ");
                Ok(false)
            }
            // A session that ended has no methods left, either.
            Ok(AuthResult::Failure { .. }) | Err(_) => Err(ended(bastion)),
        }
    }
}

/// The stronger hash of those that the bastion names. One that names none takes SHA-256, which RFC 8332, section 3, recommends.
async fn rsa_hash<H: Handler>(session: &Handle<H>, bastion: &str) -> Result<HashAlg, SqlError> {
    match session.best_supported_rsa_hash().await {
        Ok(Some(Some(hash))) => Ok(hash),
        Ok(None) => Ok(HashAlg::Sha256),
        Ok(Some(None)) => Err(refused(&format!("{bastion} takes RSA keys with SHA-1 alone, which is not safe"))),
        Err(_) => Err(ended(bastion)),
    }
}

fn ended(bastion: &str) -> SqlError {
    SqlError::new(Code::SourceTunnelFailed, format!("SSH with {bastion}: the connection ended during the sign-on"))
}

fn refused(cause: &str) -> SqlError {
    SqlError::new(Code::SourceTunnelAuth, cause)
}

/// No part of the text is told.
fn key(secrets: &AtBastion) -> Result<Option<Arc<PrivateKey>>, SqlError> {
    let Some(text) = &secrets.key else { return Ok(None) };
    let unreadable =
        "the key of the bastion's user is not a private key in OpenSSH's form (`ssh-keygen -p -f FILE` writes a key anew in it)";
    let key = PrivateKey::from_openssh(text.reveal()).map_err(|_| refused(unreadable))?;
    if !key.is_encrypted() {
        return Ok(Some(Arc::new(key)));
    }
    let Some(passphrase) = &secrets.passphrase else {
        return Err(refused("the key of the bastion's user is encrypted, and its passphrase is not set"));
    };
    if let Kdf::Bcrypt { rounds, .. } = key.kdf()
        && *rounds > SSH_KEY_ROUNDS_MAX
    {
        return Err(refused(&format!("the key of the bastion's user is encrypted with more than {SSH_KEY_ROUNDS_MAX} rounds")));
    }
    let opened = key.decrypt(passphrase.reveal());
    Ok(Some(Arc::new(opened.map_err(|_| refused("the passphrase does not open the key of the bastion's user"))?)))
}
