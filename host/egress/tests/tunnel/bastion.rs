//! A bastion of our own: an SSH server that lets known keys and one password in, forwards to where it is asked to, and can die.

use std::{
    net::{Shutdown, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    Channel, ChannelOpenFailure,
    keys::{Algorithm, HashAlg, PrivateKey, PublicKey, key::safe_rng},
    server::{self, Auth, ChannelOpenHandle, Msg, Session, VerifiedPublicKey},
};
use tokio::{
    io::{AsyncWriteExt, copy, split},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The password that it takes.
pub(crate) const PASSWORD: &str = "p@ss of the bastion";

/// Whom it lets in, and what it does for them.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) keys: Vec<PublicKey>,
    /// Whether it takes [`PASSWORD`].
    pub(crate) password: bool,
    /// Whether a key is not enough.
    pub(crate) both: bool,
    /// How many connections it forwards, where not all.
    pub(crate) forwards_max: Option<usize>,
}

/// What it saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) sign_ons: usize,
    pub(crate) forwarded: Vec<String>,
    /// Algorithms with which keys were proved.
    pub(crate) proofs: Vec<Algorithm>,
    sockets: Vec<std::net::TcpStream>,
}

pub(crate) struct Bastion {
    pub(crate) address: SocketAddr,
    /// Of its host key, as OpenSSH writes it.
    pub(crate) fingerprint: String,
    seen: Arc<Mutex<Seen>>,
    tasks: JoinSet<()>,
}

impl Bastion {
    pub(crate) async fn start(rules: Rules) -> Self {
        let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        let fingerprint = key.public_key().fingerprint(HashAlg::Sha256).to_string();
        let nothing = Duration::ZERO;
        let config = server::Config { keys: vec![key], auth_rejection_time: nothing, ..server::Config::default() };
        let (config, rules, seen) = (Arc::new(config), Arc::new(rules), Arc::new(Mutex::new(Seen::default())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mut tasks, all) = (JoinSet::new(), Arc::clone(&seen));
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let stream = stream.into_std().unwrap();
                all.lock().unwrap().sockets.push(stream.try_clone().unwrap());
                let stream = TcpStream::from_std(stream).unwrap();
                let door = Door { rules: Arc::clone(&rules), seen: Arc::clone(&all), key_proved: false };
                let config = Arc::clone(&config);
                open.spawn(async move {
                    if let Ok(session) = server::run_stream(config, stream, door).await {
                        let _ = session.await; // whoever goes away in the middle is an error here
                    }
                });
            }
        });
        Self { address, fingerprint, seen, tasks }
    }

    pub(crate) fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    /// Every connection ends without a word, and no new one is taken.
    pub(crate) fn die(&mut self) {
        self.tasks.abort_all();
        for socket in &self.seen.lock().unwrap().sockets {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

struct Door {
    rules: Arc<Rules>,
    seen: Arc<Mutex<Seen>>,
    key_proved: bool,
}

impl Door {
    fn partly(&self) -> Auth {
        Auth::Reject { proceed_with_methods: Some([russh::MethodKind::Password].as_slice().into()), partial_success: true }
    }
}

impl server::Handler for Door {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        let known = self.rules.keys.iter().any(|known| known.key_data() == key.public_key.key_data());
        let mut seen = self.seen.lock().unwrap();
        seen.sign_ons += 1;
        seen.proofs.push(key.algorithm.clone());
        self.key_proved = known && user == "tunnel";
        Ok(match (self.key_proved, self.rules.both) {
            (true, false) => Auth::Accept,
            (true, true) => self.partly(),
            (false, _) => Auth::reject(),
        })
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        self.seen.lock().unwrap().sign_ons += 1;
        let fine = self.rules.password && user == "tunnel" && password == PASSWORD && (self.key_proved || !self.rules.both);
        Ok(if fine { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.rules.forwards_max.is_some_and(|max| self.seen.lock().unwrap().forwarded.len() >= max) {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let Ok(to) = TcpStream::connect((host, u16::try_from(port).unwrap())).await else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        };
        self.seen.lock().unwrap().forwarded.push(format!("{host}:{port}"));
        reply.accept().await;
        tokio::spawn(async move {
            let ((mut theirs, mut to_them), (mut ours, mut to_us)) = (split(channel.into_stream()), to.into_split());
            // As a bastion does it: once one side has closed, nobody waits for the other, which may be held up for ever.
            tokio::select! {
                _ = copy(&mut theirs, &mut to_us) => {}
                _ = copy(&mut ours, &mut to_them) => {
                    let _ = to_them.shutdown().await;
                }
            }
        });
        Ok(())
    }
}
