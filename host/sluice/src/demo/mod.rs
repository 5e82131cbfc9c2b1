//! `sluice demo`: all of it once, on this machine, with nothing but Rust. A made-up shop, the connector built from its sources, a twin
//! of the platform, a server; then what a user does: apply the files of a workspace, look at a segment, run an activation, let a day
//! pass, run it again.
//!
//! The commands go through the same client and the same files as a user's. What the demo starts, it ends; its folder is gone with it.

mod shop;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use sluice_catalog::Code;
use sluice_twins::braze::{ObjectsPerRequest, Options as TwinOptions, Running, Twin};
use tempfile::TempDir;

use crate::{
    bundle::Bundle,
    client::{Client, Kind, Manner, Run, Workspace},
    commands::{apply, connector, preview, report, run, twin},
    exit::Exit,
    failure::Failure,
    output,
    server::{self, Options, Server},
};
use shop::{Shop, ShopError};

/// See all of it at work: a made-up shop, its good customers into a stand-in of Braze, and the next day only what changed
///
/// Needs the sources of the project and Rust; the wasm target is added through rustup when it is missing. Everything lives in a
/// temporary folder that is removed at the end. The server stays up until Ctrl-C, so that the commands it prints can be tried.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo run --release -- demo
  sluice demo --exit                end after the second run
  sluice demo --rows 200000 --port 7700")]
pub(crate) struct Demo {
    /// End after the second run instead of leaving the server up
    #[arg(long)]
    exit: bool,
    /// Customers of the shop
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=5_000_000))]
    rows: u32,
    /// Port of the API on this machine; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

/// The workspace's files, as they lie in the project under `host/sluice/demo`.
const FILES: [(&str, &str); 3] = [
    ("data.yaml", include_str!("../../demo/data.yaml")),
    ("audience.yaml", include_str!("../../demo/audience.yaml")),
    ("braze.yaml", include_str!("../../demo/braze.yaml")),
];
const SEGMENT: &str = "good customers";
const ACTIVATION: &str = "good customers to braze";
/// The key of an account that there is not.
const BRAZE_KEY: &str = "demo-key";

impl Demo {
    /// Shows everything, then stays up or ends.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        server::log(&std::env::var("SLUICE_LOG").unwrap_or_else(|_| "error".into()), output::is_json())?;
        let component = component().await?;
        let started = std::time::Instant::now();
        let scene = Scene::set(&self).await?;
        let workspace = scene.client()?.workspace(None).await?;
        let runs = scene.play(&workspace, component, self.rows as usize).await?;
        let exit = runs.iter().map(Run::exit).find(|exit| matches!(exit, Exit::Failed | Exit::Held)).unwrap_or(Exit::Done);
        output::json(&json!({
            "url": scene.server.url(), "api_key": scene.key, "twin": scene.twin.url(), "folder": scene.folder.path(),
            "runs": runs.iter().map(|run| &run.raw).collect::<Vec<_>>(),
        }));
        output::line(format!("\nAll of it took {}.", output::took(started.elapsed())));
        if !self.exit {
            // Listened for before anybody is told of Ctrl-C, so that the folder is removed however soon it comes.
            let stop = server::asked_to_stop();
            output::line(scene.invitation(&runs));
            stop.await;
        }
        scene.strike().await;
        Ok(exit)
    }
}

/// The Braze connector, built from the project's sources.
async fn component() -> Result<Vec<u8>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../connectors/braze");
    if !folder.join("connector.toml").is_file() {
        return Err(Failure::new(Code::CheckoutMissing, "The folder connectors/braze is not there."));
    }
    output::line("Building the Braze connector …");
    let built = connector::build(&folder, sluice_build::Options::beside(&folder)).await?;
    let fresh = if built.fresh { "built before, unchanged" } else { "built" };
    output::line(format!(
        "  {} {}: {fresh}, {} bytes",
        built.manifest.id,
        built.manifest.version,
        output::count(built.size() as u64)
    ));
    Ok(built.bytes)
}

/// Everything that the demo has started.
struct Scene {
    folder: TempDir,
    twin: Running,
    server: Server,
    key: String,
}

impl Scene {
    async fn set(demo: &Demo) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("sluice-demo-").tempdir().map_err(|error| in_the_way(&error))?;
        for part in ["data", "workspace"] {
            std::fs::create_dir(folder.path().join(part)).map_err(|error| in_the_way(&error))?;
        }
        for (name, text) in FILES {
            std::fs::write(folder.path().join("workspace").join(name), text).map_err(|error| in_the_way(&error))?;
        }
        let options = TwinOptions { contract: ObjectsPerRequest::SeventyFive, ..TwinOptions::with_key(BRAZE_KEY) };
        let twin = Twin::start(options).await.map_err(|error| twin::started(&error))?;
        let options = Options {
            state: folder.path().join("state"),
            listen: ([127, 0, 0, 1], demo.port).into(),
            master_key: None,
            public_url: None,
            new_key: false,
        };
        let server = Server::start(&options).await?;
        let key = server.new_key().expect("the state folder is new, so a key was made").to_owned();
        output::line(format!("A server on {}, and a Braze twin on {}", server.url(), twin.url()));
        Ok(Self { folder, twin, server, key })
    }

    fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.server.url(), &self.key)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// What the workspace's files refer to.
    fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("SHOP_DATA", self.data().display().to_string()),
            ("BRAZE_TWIN", self.twin.url().to_owned()),
            ("BRAZE_KEY", BRAZE_KEY.to_owned()),
        ]
    }

    /// From nothing to the second run.
    async fn play(&self, workspace: &Workspace, component: Vec<u8>, rows: usize) -> Result<[Run; 2], Failure> {
        let mut shop = Shop::new(rows);
        shop.write(&self.data()).map_err(|error| unwritten(&error))?;
        let (customers, orders) = (output::count(shop.customers() as u64), output::count(shop.orders() as u64));
        output::line(format!("A made-up shop: {customers} customers, {orders} orders, as Parquet"));

        typed("connector install braze.wasm");
        let installed = workspace.install(component, None).await?;
        let part = |part: &str| installed[part].as_str().unwrap_or_default();
        output::line(format!("Installed {} {}\n{}", part("id"), part("version"), part("digest")));

        typed("apply workspace/");
        let variables = self.variables();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        apply::apply(workspace, &Bundle::read(&[self.workspace()], &variable)?, false, false).await?;

        typed(&format!("preview \"{SEGMENT}\" --sample 3"));
        let (kind, segment) = workspace.find(&[Kind::Segment], SEGMENT).await?;
        let id = segment["id"].as_str().unwrap_or_default();
        let sentence = workspace.sentence(id).await?;
        let fields = workspace.field_ids(&segment).await?;
        output::line(preview::text(kind, SEGMENT, Some(&sentence), &fields, &workspace.preview(kind, id, 3).await?));

        let first = self.activate(workspace).await?;
        let changed = shop.day();
        shop.write(&self.data()).map_err(|error| unwritten(&error))?;
        output::line(format!("\nA day passes: {} customers order, move, leave or come.", output::count(changed as u64)));
        let second = self.activate(workspace).await?;
        Ok([first, second])
    }

    async fn activate(&self, workspace: &Workspace) -> Result<Run, Failure> {
        typed(&format!("run \"{ACTIVATION}\""));
        let requests = self.twin.log().total();
        let (_, activation) = workspace.find(&[Kind::Activation], ACTIVATION).await?;
        let started = workspace.start_run(activation["id"].as_str().unwrap_or_default(), Manner::Usual).await?;
        let run = run::follow(workspace, ACTIVATION, &started).await?;
        output::line(report::report(ACTIVATION, &run));
        let (requests, profiles) = (self.twin.log().total() - requests, self.twin.with_state(|state| state.profiles().len()));
        output::line(format!(
            "\nRequests that the twin got: {}. Profiles that it holds: {}.",
            output::count(requests),
            output::count(profiles as u64)
        ));
        Ok(run)
    }

    /// What to try while the server is up.
    fn invitation(&self, runs: &[Run; 2]) -> String {
        let exports: String = self.variables().iter().map(|(name, value)| format!("  export {name}={value}\n")).collect();
        format!(
            "\nThe server stays up. In another terminal, with `sluice` for `cargo run --release --`:\n\n  export SLUICE_URL={}\n  \
             export SLUICE_API_KEY={}\n{exports}\n  sluice runs list\n  sluice records {} --outcome rejected\n  \
             sluice apply {} --dry-run\n  curl -s {}/__twin/state/profiles/{}\n  curl -s {}/v1/openapi.json\n\nCtrl-C ends it \
             and removes {}.",
            self.server.url(),
            self.key,
            runs[0].id,
            self.workspace().display(),
            self.twin.url(),
            self.twin.with_state(|state| state.profiles().first().and_then(|p| p.external_id.clone())).unwrap_or_default(),
            self.server.url(),
            self.folder.path().display(),
        )
    }

    /// Ends what was started; the folder goes with it.
    async fn strike(self) {
        self.server.stop().await;
        self.twin.stop().await;
    }
}

fn typed(command: &str) {
    output::line(format!("\n$ sluice {command}"));
}

fn in_the_way(error: &std::io::Error) -> Failure {
    Failure::new(Code::StateIo, format!("The demo's folder cannot be made: {error}."))
}

fn unwritten(error: &ShopError) -> Failure {
    let code = match error {
        ShopError::Io(io) => Code::of_io(io.kind()),
        ShopError::Arrow(_) | ShopError::Parquet(_) => Code::StateIo,
    };
    Failure::new(code, server::sentence(&error.to_string()))
}
