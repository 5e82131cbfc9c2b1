//! The secrets of a connection, by the parts that the manifest gives them.

use std::sync::Arc;

use sluice_catalog::{
    Code,
    seal::Secret,
    source::{Connection, Tls},
};

use super::SqlError;

/// What the host signs on with. That something is set does not mean that it can be read or is right.
pub(super) struct Secrets {
    pub(super) password: Option<Secret>,
    client: Option<(Secret, Secret)>,
    bastion: Arc<AtBastion>,
    used: Vec<String>,
}

/// What the host signs on to a bastion with.
#[derive(Default)]
pub(super) struct AtBastion {
    pub(super) key: Option<Secret>,
    pub(super) passphrase: Option<Secret>,
    pub(super) password: Option<Secret>,
}

impl Secrets {
    /// Takes those that the connection uses; the error is one that is missing.
    pub(super) fn of(connection: &Connection, given: Vec<(String, Secret)>) -> Result<Self, SqlError> {
        let mut given: Vec<_> = given.into_iter().filter(|(_, secret)| !secret.reveal().is_empty()).collect();
        let mut used = Vec::new();
        let mut take = |name: &str| {
            let at = given.iter().position(|(given, _)| given == name)?;
            let (name, secret) = given.swap_remove(at);
            used.push(name);
            Some(secret)
        };
        let missing = |cause: String| Err(SqlError::new(Code::CredentialMissing, cause));
        let declared = &connection.declared;
        let password = take(&declared.password);
        let client = match &declared.client {
            Some(names) if connection.tls != Tls::Disable => match (take(&names.certificate), take(&names.key)) {
                (Some(certificate), Some(key)) => Some((certificate, key)),
                (Some(_), None) => return missing(format!("`{}` is not set, and `{}` is", names.key, names.certificate)),
                (None, Some(_)) => return missing(format!("`{}` is not set, and `{}` is", names.certificate, names.key)),
                (None, None) => None,
            },
            _ => None,
        };
        if password.is_none() && client.is_none() {
            return missing(format!("`{}` is not set", declared.password));
        }
        let mut bastion = AtBastion::default();
        if let (Some(_), Some(names)) = (&connection.bastion, &declared.tunnel) {
            bastion = AtBastion { key: take(&names.key), passphrase: take(&names.passphrase), password: take(&names.password) };
            if bastion.key.is_none() && bastion.password.is_none() {
                return missing(format!(
                    "neither `{}` nor `{}` is set, and a bastion wants one of them",
                    names.key, names.password
                ));
            }
        }
        Ok(Self { password, client, bastion: Arc::new(bastion), used })
    }

    /// The client's certificate and its key.
    pub(super) fn client(&self) -> Option<(&Secret, &Secret)> {
        self.client.as_ref().map(|(certificate, key)| (certificate, key))
    }

    pub(super) fn bastion(&self) -> Arc<AtBastion> {
        Arc::clone(&self.bastion)
    }

    /// Names of those that are used.
    pub(super) fn used(&self) -> Vec<String> {
        self.used.clone()
    }
}
