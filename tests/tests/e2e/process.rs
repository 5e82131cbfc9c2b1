//! The host as a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::rig::Client;

/// The first line of a process that speaks JSON: it listens when it has said where.
pub(crate) fn said(child: &mut Child) -> Value {
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"))
}

/// `sluice serve` over a state folder.
pub(crate) struct Process {
    child: Child,
    pub(crate) client: Client,
}

impl Process {
    /// Starts it on a free port with a fresh key, and waits until it listens.
    pub(crate) async fn start(state: &Path) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_host")), state).await
    }

    /// The same where no file can grow beyond so many bytes: a write that would is refused, as on a full disk.
    pub(crate) async fn start_with_room(state: &Path, bytes: u64) -> Self {
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512);
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_host")]);
        Self::of(shell, state).await
    }

    async fn of(mut command: Command, state: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = command
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--new-key", "--state"])
            .arg(state)
            .env_remove("SLUICE_MASTER_KEY")
            .env("SLUICE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = said(&mut child);
        let (url, key) = (said["url"].as_str().unwrap(), said["api_key"].as_str().unwrap());
        let http = reqwest::Client::new();
        let listed = http.get(format!("{url}/v1/workspaces")).bearer_auth(key).send().await.unwrap();
        let listed: Value = listed.json().await.unwrap();
        let base = format!("{url}/v1/workspaces/{}", listed["items"][0]["id"].as_str().unwrap());
        Self { child, client: Client { http, base, key: key.to_owned() } }
    }

    /// SIGKILL: nothing is said, nothing is finished.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A host whose state folder is a file system of its own and of a few megabytes, which a test can fill.
pub(crate) struct SmallDisk {
    pub(crate) process: Process,
    /// The file system as this process sees it.
    folder: PathBuf,
}

impl SmallDisk {
    /// Starts it over `state`, an empty folder; nothing when this system lets nobody mount, which a line says.
    pub(crate) async fn start(state: &Path, bytes: u64) -> Option<Self> {
        let script = format!("mount -t tmpfs -o size={bytes} tmpfs '{}' && exec \"$0\" \"$@\"", state.display());
        let unshare = |program: &str| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--map-root-user", "sh", "-c", &script, program]);
            command
        };
        if !unshare("true").output().is_ok_and(|out| out.status.success()) {
            // Past the capture of a test's output.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no file system of its own can be mounted here (unshare --mount --map-root-user)"
            );
            return None;
        }
        let process = Process::of(unshare(env!("CARGO_BIN_EXE_host")), state).await;
        let folder = Path::new("/proc").join(process.child.id().to_string()).join("root").join(state.strip_prefix("/").unwrap());
        Some(Self { process, folder })
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) {
        let mut ballast = std::fs::File::create(self.folder.join("ballast")).unwrap();
        let full = std::io::copy(&mut std::io::repeat(0), &mut ballast).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.folder.join("ballast")).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A second process on a state folder that is in use: what it says and how it ends.
pub(crate) fn second(state: &Path) -> (String, Option<i32>) {
    let out = Command::new(env!("CARGO_BIN_EXE_host"))
        .args(["serve", "--listen", "127.0.0.1:0", "--state"])
        .arg(state)
        .env_remove("SLUICE_MASTER_KEY")
        .output()
        .unwrap();
    (String::from_utf8_lossy(&out.stderr).into_owned(), out.status.code())
}
