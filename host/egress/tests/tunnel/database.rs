//! A PostgreSQL server of our own with TLS, which takes a password or a client certificate: made in a temporary folder from the
//! installed binaries, on a free port, gone with the test.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

const OWNER: &str = "owner";
const OWNER_PASSWORD: &str = "owner-of-all";
/// Of the role `sluice`. The role `certified` signs on with a certificate alone.
pub(crate) const PASSWORD: &str = "p@ss:w'ord \\ %2f";

/// An authority, for servers or for clients.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate and its key, as PEM text: of a server by its host names, of a client by its common name.
    pub(crate) fn certify(&self, common_name: &str, hosts: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(hosts.iter().map(|&h| h.to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// A running server.
pub(crate) struct Database {
    dir: TempDir,
    process: Child,
    pub(crate) port: u16,
    /// Of the server's own certificate.
    pub(crate) authority: Authority,
    /// Whose clients it takes.
    pub(crate) clients: Authority,
}

/// The folder with `postgres` and `initdb`: of the newest version that a package installed, or of the path.
fn binaries() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let mut packaged: Vec<PathBuf> = packaged.filter(|bin| bin.join("initdb").is_file()).collect();
    packaged.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    packaged
        .pop()
        .or_else(|| std::env::split_paths(&path).find(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// The server refuses to run as root, so that root runs it as the user that its package made.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn give(path: &Path) {
    if is_root() {
        run(Command::new("chown").arg("-R").arg("postgres").arg(path));
    }
}

impl Database {
    /// A server, or a line that says what to install.
    pub(crate) async fn start() -> Option<Self> {
        let Some(bin) = binaries() else {
            // Past the capture of a test's output.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: there is no PostgreSQL server; install one (Debian: apt-get install postgresql-15)"
            );
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (authority, clients) = (Authority::new("servers"), Authority::new("clients"));
        let (certificate, key) = authority.certify("localhost", &["localhost"]);
        let (certificate, key) = (file("server.crt", &certificate), file("server.key", &key));
        let (trusted, secret) = (file("clients.crt", &clients.pem), file("password", OWNER_PASSWORD));
        run(Command::new("chmod").arg("600").arg(&key));
        give(dir.path());
        let data = dir.path().join("data");
        let mut make = command(&bin.join("initdb"));
        make.args(["-U", OWNER, "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "-N", "-D"]).arg(&data);
        run(make.arg("--pwfile").arg(&secret));
        let rules = "hostssl all certified all cert\nhost all all all scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut start = command(&bin.join("postgres"));
        start.arg("-D").arg(&data).arg("-k").arg(dir.path()).args(["-p", &port.to_string(), "-c", "listen_addresses=localhost"]);
        start.args(["-c", "fsync=off", "-c", "max_connections=40", "-c", "lc_messages=C", "-c", "ssl=on"]);
        for (setting, path) in [("ssl_cert_file", certificate), ("ssl_key_file", key), ("ssl_ca_file", trusted)] {
            start.args(["-c", &format!("{setting}={}", path.display())]);
        }
        let process = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let database = Self { dir, process, port, authority, clients };
        let owner = database.owner().await;
        let password = PASSWORD.replace('\'', "''");
        for statement in
            ["CREATE DATABASE shop", &format!("CREATE ROLE sluice LOGIN PASSWORD '{password}'"), "CREATE ROLE certified LOGIN"]
        {
            owner.batch_execute(statement).await.unwrap();
        }
        Some(database)
    }

    /// Waits until the server has started.
    async fn owner(&self) -> Client {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user(OWNER).password(OWNER_PASSWORD).dbname("postgres");
        let started = Instant::now();
        loop {
            match config.connect(NoTls).await {
                Ok((client, driver)) => {
                    tokio::spawn(driver);
                    return client;
                }
                Err(error) => {
                    assert!(started.elapsed() < Duration::from_secs(60), "the server does not start: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Waits until the server works on a statement of Sluice, or on none.
    pub(crate) async fn until_at_work(&self, wanted: bool) {
        let (owner, started) = (self.owner().await, Instant::now());
        let asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice' AND state = 'active'";
        loop {
            let at_work: i64 = owner.query_one(asked, &[]).await.unwrap().get(0);
            if (at_work > 0) == wanted {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "a statement at work: {}", !wanted);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let pids = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid"));
        if let Some(pid) = pids.ok().and_then(|text| text.lines().next().map(str::to_owned)) {
            let _ = Command::new("kill").args(["-QUIT", &pid]).status(); // immediate shutdown
        }
        let _ = self.process.wait();
    }
}
