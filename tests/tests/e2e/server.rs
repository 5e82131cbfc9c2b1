//! A PostgreSQL server of our own: made in a temporary folder from the installed binaries, on a free port, gone with the test.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::SinkExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// Whose databases these are; the user that Sluice signs on as is another one.
const OWNER: &str = "owner";
const OWNER_PASSWORD: &str = "owner-of-all";
/// What Sluice signs on with. Characters that a URL or a shell would trip over.
pub(crate) const PASSWORD: &str = "p@ss:w'ord \\ %2f";

/// A running server.
pub(crate) struct Server {
    dir: TempDir,
    port: u16,
    process: Child,
    ca: Option<String>,
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

/// The server refuses to run as root, so that root runs it as the user that its package made.
fn command(program: &Path) -> Command {
    let uid = Command::new("id").arg("-u").output().unwrap().stdout;
    if uid != b"0\n" {
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

impl Server {
    /// A server without encryption, or a line that says what to install.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(None).await
    }

    /// The same with a certificate for `localhost`, of an authority that nobody trusts yet.
    pub(crate) async fn start_with_tls() -> Option<Self> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let own = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&own, &issuer).unwrap();
        Self::start_with(Some((ca.pem(), certificate.pem(), own.serialize_pem()))).await
    }

    async fn start_with(tls: Option<(String, String, String)>) -> Option<Self> {
        let Some(bin) = binaries() else {
            // Past the capture of a test's output.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: there is no PostgreSQL server; install one (Debian: apt-get install postgresql-15)"
            );
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let (data, secret) = (dir.path().join("data"), dir.path().join("password"));
        std::fs::write(&secret, OWNER_PASSWORD).unwrap();
        let as_is = command(Path::new("x")).get_program() == "x";
        let give = |path: &Path| {
            if !as_is {
                run(Command::new("chown").arg("-R").arg("postgres").arg(path));
            }
        };
        give(dir.path());
        let mut make = command(&bin.join("initdb"));
        make.args(["-U", OWNER, "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "-N", "-D"]).arg(&data);
        run(make.arg("--pwfile").arg(&secret));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut start = command(&bin.join("postgres"));
        start.arg("-D").arg(&data).arg("-k").arg(dir.path()).args(["-p", &port.to_string(), "-c", "listen_addresses=localhost"]);
        start.args(["-c", "fsync=off", "-c", "max_connections=40", "-c", "lc_messages=C"]);
        if let Some((_, certificate, key)) = &tls {
            let (certificate_file, key_file) = (dir.path().join("server.crt"), dir.path().join("server.key"));
            std::fs::write(&certificate_file, certificate).unwrap();
            std::fs::write(&key_file, key).unwrap();
            run(Command::new("chmod").arg("600").arg(&key_file));
            give(dir.path());
            start.args(["-c", "ssl=on", "-c", &format!("ssl_cert_file={}", certificate_file.display())]);
            start.args(["-c", &format!("ssl_key_file={}", key_file.display())]);
        }
        let process = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { dir, port, process, ca: tls.map(|(ca, _, _)| ca) };
        server.sql(&format!("CREATE DATABASE shop; CREATE ROLE sluice LOGIN PASSWORD '{}';", PASSWORD.replace('\'', "''"))).await;
        Some(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    async fn client(&self, database: &str) -> Client {
        self.sign_on(database, OWNER, OWNER_PASSWORD).await
    }

    /// Waits until the server has started.
    async fn sign_on(&self, database: &str, user: &str, password: &str) -> Client {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user(user).password(password).dbname(database);
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

    /// Statements of the owner, outside of any database of ours, one after the other.
    async fn sql(&self, statements: &str) {
        let client = self.client("postgres").await;
        for statement in statements.split_inclusive(';').filter(|s| !s.trim().is_empty()) {
            client.batch_execute(statement).await.unwrap();
        }
    }

    /// Statements of the owner in the shop.
    pub(crate) async fn shop(&self, statements: &str) {
        self.client("shop").await.batch_execute(statements).await.unwrap();
    }

    /// The SQLSTATE with which the server refuses a user's statements in the shop; none when it takes them.
    pub(crate) async fn refusal(&self, user: &str, password: &str, statements: &str) -> Option<String> {
        let said = self.sign_on("shop", user, password).await.batch_execute(statements).await;
        said.err().map(|error| error.code().unwrap().code().to_owned())
    }

    /// How many statements of Sluice the server works on.
    pub(crate) async fn at_work(&self) -> i64 {
        self.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice' AND state = 'active'").await
    }

    /// Waits until the server works on a statement of Sluice, or on none.
    pub(crate) async fn until_at_work(&self, wanted: bool) {
        let started = Instant::now();
        while (self.at_work().await > 0) != wanted {
            assert!(started.elapsed() < Duration::from_secs(30), "a statement at work: {}", !wanted);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One number out of the shop.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.client("shop").await.query_one(query, &[]).await.unwrap().get(0)
    }

    /// Rows in the text form of COPY into a table of the shop.
    pub(crate) async fn load(&self, table: &str, text: Vec<u8>) {
        let client = self.client("shop").await;
        let sink = client.copy_in::<_, bytes::Bytes>(&format!("COPY {table} FROM STDIN")).await.unwrap();
        let mut sink = std::pin::pin!(sink);
        sink.send(text.into()).await.unwrap();
        sink.close().await.unwrap();
    }

    /// The lines of the real shop, and the rights that the connector's test prints.
    pub(crate) async fn with_retail(&self, lines: &crate::retail::Lines) {
        self.shop(
            "CREATE TABLE online_retail (line_id bigint PRIMARY KEY, invoice_no text, quantity bigint, invoice_date timestamp, \
             unit_price numeric(12,4), customer_id bigint, country text, stock_code text); \
             GRANT USAGE ON SCHEMA public TO sluice; GRANT SELECT ON ALL TABLES IN SCHEMA public TO sluice;",
        )
        .await;
        self.load("online_retail", lines.copy_text()).await;
        self.shop("ANALYZE").await;
    }

    /// The source as an operator declares it; `settings` and `granted` replace members.
    pub(crate) fn source(&self, settings: &Value, granted: &Value) -> Value {
        let tls = if self.ca.is_some() { "verify-full" } else { "disable" };
        let mut own = json!({ "host": "localhost", "port": self.port, "database": "shop", "user": "sluice", "tls": tls });
        let mut grant = json!({ "host": "localhost", "port": self.port, "private_address": true });
        match &self.ca {
            Some(ca) => grant["ca"] = json!(ca),
            None => grant["weaker_tls"] = json!("I accept"),
        }
        let merge = |into: &mut Value, from: &Value| {
            for (key, value) in from.as_object().into_iter().flatten() {
                into[key] = value.clone();
            }
        };
        merge(&mut own, settings);
        merge(&mut grant, granted);
        json!({
            "name": "retail", "credentials": { "password": PASSWORD },
            "kind": { "connector": { "id": "postgresql", "settings": own, "grant": { "connections": [grant] } } },
        })
    }

    /// Ends every server process at once, as a crash of the machine does.
    pub(crate) fn kill(&mut self) {
        let pids = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid")).unwrap();
        let pid = pids.lines().next().unwrap().to_owned();
        run(Command::new("kill").args(["-QUIT", &pid])); // immediate shutdown: sessions are cut without a word
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}
