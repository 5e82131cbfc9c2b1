//! A bastion: the machine whose SSH server leads to a database that cannot be reached directly. What the settings say of it, and what
//! an admin grants. Who it is, is known by the fingerprint of its host key alone; how a tunnel is made is the egress room's matter.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Connector, wrong};
use crate::{manifest, problem::Problem};

/// A bastion that a source may go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GrantedBastion)]
pub struct Through {
    /// Host name or address, exactly as the setting `ssh_host` names it.
    pub host: String,
    /// 22 unless said.
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// Whether the bastion's name may lead to an address that is not on the public internet.
    #[serde(default)]
    pub private_address: bool,
}

fn ssh_port() -> u16 {
    22
}

/// The bastion on the way to a database: what settings and grant say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bastion {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who signs on there.
    pub user: String,
    /// Of its host key, as OpenSSH writes it: `SHA256:` and 43 characters. None: nobody has compared it yet, and nothing goes through.
    pub fingerprint: Option<String>,
}

impl Connector {
    /// The bastion of the settings; whether it is granted is another question.
    pub(super) fn bastion(&self, declared: &manifest::Connection) -> Result<Option<Bastion>, Problem> {
        if declared.tunnel.is_none() {
            return Ok(None);
        }
        if self.settings.get("ssh_host").is_none() {
            let lost = ["ssh_port", "ssh_user", "ssh_fingerprint"].into_iter().find(|name| self.settings.get(name).is_some());
            return match lost {
                Some(name) => Err(wrong(name, "This setting is of a bastion, and `ssh_host` names none.")),
                None => Ok(None),
            };
        }
        let (host, user, port) = (self.text("ssh_host")?, self.text("ssh_user")?, self.port("ssh_port", ssh_port())?);
        let fingerprint = match self.settings.get("ssh_fingerprint") {
            None => None,
            Some(Value::String(text)) if is_fingerprint(text) => Some(text.clone()),
            Some(_) => {
                return Err(wrong("ssh_fingerprint", "A fingerprint is `SHA256:` and 43 characters, as `ssh-keygen -l` shows it."));
            }
        };
        Ok(Some(Bastion { host, port, user, fingerprint }))
    }
}

/// 32 bytes in base64 without padding, as OpenSSH prints them.
fn is_fingerprint(text: &str) -> bool {
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.strip_prefix("SHA256:").is_some_and(|digest| digest.len() == 43 && digest.bytes().all(base64))
}

#[cfg(test)]
mod tests;
