//! The host as a process of its own, and what the system says of it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{ROLE, Result};

/// A child of this program that ends with it.
pub(crate) struct Role {
    child: Child,
    /// Its first line.
    pub(crate) said: String,
}

impl Role {
    pub(crate) fn start(role: &str, args: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .env(ROLE, role)
            .env("SLUICE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut said)?;
        Ok(Self { child, said: said.trim().to_owned() })
    }

    /// Processor time of the process and all its threads, in seconds.
    fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(") ").next().ok_or("stat")?.split(' ').collect();
        // user and system time, in ticks of 10 ms on Linux.
        Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
    }

    /// A line of the process's status, in MiB.
    fn memory(&self, line: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = status.lines().find_map(|l| l.strip_prefix(line)).ok_or("status")?;
        Ok(found.trim_matches(|c: char| !c.is_ascii_digit()).parse::<f64>()? / 1024.0)
    }

    /// From now on the peak counts anew.
    fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How often the host's processor time is read.
const BEAT: Duration = Duration::from_millis(5);
/// How often a run is looked at.
const WATCHED_OFTEN: Duration = Duration::from_millis(25);
/// How often when it has sent for half a second.
const WATCHED_SELDOM: Duration = Duration::from_millis(100);

/// Of the host's API.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    base: String,
    key: String,
}

impl Client {
    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = request.bearer_auth(&self.key).send().await?;
        let good = answer.status().is_success();
        let said: Value = answer.json().await?;
        if good { Ok(said) } else { Err(format!("{said:#}").into()) }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        self.ask(self.http.get(format!("{}{path}", self.base))).await
    }
}

/// A host with connectors installed.
pub(crate) struct Host {
    role: Role,
    pub(crate) client: Client,
    /// MiB in memory with nothing declared yet.
    idle: f64,
}

/// A run and what it cost the host.
pub(crate) struct Ran {
    /// As the API shows it at its end.
    pub(crate) run: Value,
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// The part of `cpu` while it was sending, which began to the beat of asking and took as long as the run says.
    pub(crate) sending: f64,
    /// The part of `cpu` before that.
    pub(crate) before: f64,
    /// MiB over idle.
    pub(crate) peak: f64,
}

impl Host {
    pub(crate) async fn start(state: &Path, components: &[&[u8]]) -> Result<Self> {
        let state = state.to_str().ok_or("the path is not text")?;
        let role = Role::start("host", &["--json", "serve", "--listen", "127.0.0.1:0", "--state", state])?;
        let said: Value = serde_json::from_str(&role.said)?;
        let (url, key) = (said["url"].as_str().ok_or("no url")?, said["api_key"].as_str().ok_or("no key")?);
        let mut client = Client { http: reqwest::Client::new(), base: format!("{url}/v1"), key: key.to_owned() };
        let workspaces = client.get("/workspaces").await?;
        client.base = format!("{}/workspaces/{}", client.base, workspaces["items"][0]["id"].as_str().ok_or("no workspace")?);
        for component in components {
            let install = client.http.post(format!("{}/connectors", client.base)).header("content-type", "application/wasm");
            client.ask(install.body(component.to_vec())).await?;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let idle = role.memory("VmRSS:")?;
        Ok(Self { role, client, idle })
    }

    /// A run of the only activation, to its end.
    pub(crate) async fn run(&self) -> Result<Ran> {
        let activation = self.client.get("/activations").await?["items"][0]["id"].as_str().ok_or("no activation")?.to_owned();
        self.role.forget_peak()?;
        let (cpu, started) = (self.role.cpu()?, Instant::now());
        let run = self.client.post(&format!("/activations/{activation}/runs"), &json!({})).await?;
        let path = format!("/runs/{}", run["id"].as_str().ok_or("no run")?);
        let (mut beats, mut first): (Vec<(Instant, f64)>, _) = (vec![(started, cpu)], None);
        let mut next = started;
        let run = loop {
            beats.push((Instant::now(), self.role.cpu()?));
            if Instant::now() >= next {
                let seen = self.client.get(&path).await?;
                if seen["finished"] == true || seen["state"] == "held" {
                    break seen;
                }
                if seen["state"] == "sending" {
                    first.get_or_insert_with(Instant::now);
                }
                // An answer of the API costs the host a millisecond: seldom where sending takes its time.
                let is_long = first.is_some_and(|first| first.elapsed() > Duration::from_millis(500));
                next = Instant::now() + if is_long { WATCHED_SELDOM } else { WATCHED_OFTEN };
            }
            tokio::time::sleep(BEAT).await;
        };
        let wall = started.elapsed().as_secs_f64();
        let by = |when: Instant| beats.iter().take_while(|(at, _)| *at <= when).last().map_or(cpu, |(_, cpu)| *cpu) - cpu;
        let cpu = self.role.cpu()? - cpu;
        let (before, sending) = match first {
            None => (cpu, 0.0),
            Some(first) => {
                let took = Duration::from_millis(run["counters"]["send_ms"].as_u64().ok_or("no time of sending")?);
                let began = first.checked_sub(WATCHED_OFTEN / 2).unwrap_or(first);
                (by(began), by(began + took) - by(began))
            }
        };
        Ok(Ran { run, wall, cpu, sending, before, peak: self.role.memory("VmHWM:")? - self.idle })
    }
}
