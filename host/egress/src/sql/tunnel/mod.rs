//! A channel through a bastion: an SSH session of ours that ends in a connection from the bastion to the database.
//!
//! The bastion's name is resolved and its address checked as that of any granted host. Who it is, is known by the fingerprint of its
//! host key that the settings pin; without one, nothing of ours is used and the error tells what was shown. What the bastion makes of
//! the database's name is its own matter: nobody here can check it (docs/decisions/0015).
//!
//! Every database connection has an SSH session of its own. The library answers for the window of a channel when bytes arrive, not when
//! they are taken, and a channel whose reader rests holds up all others of its session (`russh` 0.65.1, `client/encrypted.rs`; pull
//! request 730 of its repository): two statements of one plan would wait for each other for ever. So a statement that nobody reads
//! holds up its own socket alone, and a cancel request finds a free way.

mod cut;
mod host_key;
mod login;

use std::{borrow::Cow, fmt, sync::Arc};

use futures::future::BoxFuture;
use russh::{
    ChannelOpenFailure, ChannelStream, Preferred, SshId,
    client::{self, Handle, Msg},
    keys::{Algorithm, EcdsaCurve, HashAlg},
};
use sluice_catalog::{Code, source::Bastion};
use tokio::{net::TcpStream, sync::Mutex, time::timeout};

use self::{
    cut::Cut,
    host_key::{HostKey, Refused},
    login::Login,
};
use super::{SqlError, reach::Reach, secrets::AtBastion};
use crate::limits::{CONNECT_TIME_MAX, SSH_BUFFERED_PACKETS_MAX, SSH_KEEP_ALIVE, SSH_KEEP_ALIVES_UNANSWERED_MAX};

/// Kinds of host keys, the one that is asked for first before the others. RSA with SHA-1 is not among them.
const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// The way through one bastion to one database.
pub(super) struct Tunnel {
    /// The bastion as errors name it.
    named: String,
    reach: Reach,
    to: (String, u16),
    fingerprint: Option<String>,
    login: Login,
    config: Arc<client::Config>,
    /// Held from dialling to the end of the sign-on: of more than ten strangers at once a server drops some
    /// (`MaxStartups` in sshd_config(5), read 2026-11-27).
    alone: Mutex<()>,
}

impl Tunnel {
    pub(super) fn new(bastion: &Bastion, reach: Reach, to: (String, u16), secrets: Arc<AtBastion>) -> Self {
        let config = client::Config {
            client_id: SshId::Standard(Cow::Borrowed("SSH-2.0-sluice")),
            preferred: Preferred { key: Cow::Borrowed(HOST_KEYS), ..Preferred::DEFAULT },
            channel_buffer_size: SSH_BUFFERED_PACKETS_MAX,
            keepalive_interval: Some(SSH_KEEP_ALIVE),
            keepalive_max: SSH_KEEP_ALIVES_UNANSWERED_MAX,
            ..client::Config::default()
        };
        Self {
            named: format!("{}, port {}", bastion.host, bastion.port),
            reach,
            to,
            fingerprint: bastion.fingerprint.clone(),
            login: Login::new(bastion.user.clone(), secrets),
            config: Arc::new(config),
            alone: Mutex::default(),
        }
    }

    /// A connection from the bastion to the database. It lives as long as the stream does. In a box, since a key exchange is large.
    pub(super) fn connect(&self) -> BoxFuture<'_, Result<ChannelStream<Msg>, SqlError>> {
        Box::pin(self.open())
    }

    async fn open(&self) -> Result<ChannelStream<Msg>, SqlError> {
        self.login.read().await?;
        let (session, cut) = {
            let _alone = self.alone.lock().await;
            let (stream, cut) = Cut::of(self.reach.connect().await.map_err(of_bastion)?).map_err(|e| self.failed(e.kind()))?;
            let signed_on = timeout(CONNECT_TIME_MAX, self.sign_on(stream)).await;
            let late = |_| Err(self.failed(format!("the sign-on did not end in {} s", CONNECT_TIME_MAX.as_secs())));
            (signed_on.unwrap_or_else(late)?, cut)
        };
        let (host, port) = &self.to;
        let opening = session.channel_open_direct_tcpip(host, u32::from(*port), "127.0.0.1", 0);
        let opened = timeout(CONNECT_TIME_MAX, opening).await.map_err(|_| {
            let seconds = CONNECT_TIME_MAX.as_secs();
            let cause = format!("{host}, port {port} did not answer {} in {seconds} s", self.reach.host);
            SqlError::new(Code::EgressConnectFailed, cause)
        })?;
        let channel = opened.map_err(|error| self.unopened(&error))?;
        cut.spare();
        Ok(channel.into_stream())
    }

    async fn sign_on(&self, stream: TcpStream) -> Result<Handle<HostKey>, SqlError> {
        let handler = HostKey { pinned: self.fingerprint.clone() };
        let mut session = client::connect_stream(Arc::clone(&self.config), stream, handler).await.map_err(|error| match error {
            Refused::Ssh(error) => self.failed(error),
            Refused::Key { .. } => SqlError::new(Code::SourceTunnelHostKey, format!("{} {error}", self.named)),
        })?;
        self.login.sign_on(&mut session, &self.named).await?;
        Ok(session)
    }

    /// The bastion's answer to the wish for a connection to the database.
    fn unopened(&self, error: &russh::Error) -> SqlError {
        let (host, port) = &self.to;
        match error {
            russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed) => {
                let cause = format!("{} cannot connect to {host}, port {port}", self.reach.host);
                SqlError::new(Code::EgressConnectFailed, cause)
            }
            russh::Error::ChannelOpenFailure(why) => {
                let why = why.description().to_lowercase();
                let cause = format!("{} does not forward to {host}, port {port}: {why}", self.named);
                SqlError::new(Code::SourceTunnelFailed, cause)
            }
            _ => self.failed("the connection ended"),
        }
    }

    /// What went wrong between here and the bastion. Parts of it may be the bastion's own words.
    fn failed(&self, why: impl fmt::Display) -> SqlError {
        let why: String = why.to_string().chars().filter(|c| !c.is_control()).take(500).collect();
        SqlError::new(Code::SourceTunnelFailed, format!("SSH with {}: {why}", self.named))
    }
}

/// That nobody answers there is a matter of the tunnel, and not of the database's port.
fn of_bastion(error: SqlError) -> SqlError {
    let code = if error.code == Code::EgressConnectFailed { Code::SourceTunnelFailed } else { error.code };
    SqlError { code, ..error }
}
