//! The binary as a process: commands that end, processes that go on until they are told to, and a server with a folder beside it.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// The Braze component, built once per process by the code behind `sluice connector build`.
pub(crate) fn component() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../connectors/braze");
        sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().path
    })
}

/// `sluice` without what this machine's environment says of servers.
pub(crate) fn sluice() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    for name in ["SLUICE_URL", "SLUICE_API_KEY", "SLUICE_WORKSPACE", "SLUICE_STATE", "SLUICE_LISTEN", "SLUICE_MASTER_KEY"] {
        command.env_remove(name);
    }
    command.env("SLUICE_LOG", "error").stdin(Stdio::null());
    command
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Standard output of a command that ended so.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The same as JSON.
    #[track_caller]
    pub(crate) fn json(self, code: i32) -> Value {
        serde_json::from_str(&self.ended(code)).unwrap()
    }

    /// Standard error of a command that was refused and said nothing else.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, 1, "{}\n{}", self.out, self.err);
        self.err
    }
}

/// A process that goes on until it is told to end.
pub(crate) struct Process {
    child: Child,
    /// What it said first.
    pub(crate) said: Value,
}

impl Process {
    /// Starts a command with `--json` and waits for its first line.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = sluice().arg("--json").args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut why = String::new();
            child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("{args:?}: {why}");
        }
        Self { said: serde_json::from_str(&line).unwrap(), child }
    }

    pub(crate) fn url(&self) -> &str {
        self.said["url"].as_str().unwrap()
    }

    /// Ends it as a system does, with SIGTERM; its exit code and what it said on standard error.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), err)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already after `terminate`; killing it again is refused and does no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server on a state folder and a free port.
pub(crate) fn serve(state: &Path, more: &[&str]) -> Process {
    let args = ["serve", "--listen", "127.0.0.1:0", "--state", state.to_str().unwrap()];
    Process::start(&[&args, more].concat())
}

/// A server, and a folder for everything around it.
pub(crate) struct Rig {
    pub(crate) server: Process,
    key: String,
    // Last, so that the folder goes after the process that works in it.
    dir: TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(&dir.path().join("state"), &[]);
        let key = server.said["api_key"].as_str().unwrap().to_owned();
        Self { server, key, dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// `sluice` in the folder, with the server's address and key.
    pub(crate) fn command(&self) -> Command {
        let mut command = sluice();
        command.current_dir(self.dir.path()).env("SLUICE_URL", self.server.url()).env("SLUICE_API_KEY", &self.key);
        command
    }

    /// A text without what differs from run to run: ids, instants, durations, hashes.
    pub(crate) fn masked(&self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines() {
            let mut words = Vec::new();
            for word in line.split(' ') {
                words.push(mask(word, words.last().map(String::as_str)));
            }
            out.push_str(&words.join(" "));
            out.push('\n');
        }
        out.replace(self.dir.path().to_str().unwrap(), "<folder>")
    }
}

fn mask(word: &str, before: Option<&str>) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let id = word.strip_prefix("run_").or(word.strip_prefix("req_")).is_some_and(|rest| rest.len() == 26);
    let instant = word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
    let hash = word.len() >= 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    if id {
        format!("{}_{}", &word[..3], "X".repeat(26))
    } else if instant {
        "YYYY-MM-DDTHH:MM:SSZ".into()
    } else if hash {
        "<hash>".into()
    } else if digits(word) && before == Some("in") {
        // "counted in 12 ms"
        "N".into()
    } else {
        word.to_owned()
    }
}
