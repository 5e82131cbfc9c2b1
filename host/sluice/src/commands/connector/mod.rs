//! `sluice connector`: connectors begun, built, judged, read, tried and installed. Only the trial runs any code of a connector, in the sandbox.

mod new;
mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use sluice_catalog::Code;
use sluice_sandbox::component::{Component, inspect};

use crate::{cli, exit::Exit, failure::Failure, output, server::sentence};

/// Begin, build, check, inspect, test and install connectors
///
/// A connector is a WebAssembly component with its manifest inside. Building needs the language it is written in: Rust, or Node, or
/// Python; the rest needs the file alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice connector new acme-crm                a folder that builds, to begin from
  sluice connector build connectors/braze --out braze.wasm
  sluice connector check braze.wasm            refused when it wants more than the contract gives
  sluice connector inspect braze.wasm          all it may reach and do, on one page
  sluice connector test connectors/braze       what every connector promises, against a stand-in
  sluice connector install braze.wasm          into a workspace; compiled, not run")]
pub(crate) struct Connector {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(new::New),
    Build(Build),
    Check(Check),
    Inspect(Inspect),
    Test(test::Test),
    Install(Install),
}

/// Compile a connector's folder into a component with its manifest inside
///
/// A folder with Cargo.toml is Rust, with package.json TypeScript, with requirements.txt Python. Of Rust, the same sources give the same
/// bytes twice, and the wasm target is added through rustup when the toolchain has none; of the others, packages are fetched as their lists
/// say, and the same sources twice give components of different digests.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice connector build connectors/braze
  sluice connector build ~/acme-crm --out acme-crm.wasm --offline")]
struct Build {
    /// The folder with connector.toml
    folder: PathBuf,
    /// Also put the component here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where the toolchain works and the component is kept; beside the workspace's own target folder unless said
    #[arg(long, value_name = "FOLDER")]
    target_dir: Option<PathBuf>,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
}

/// Refuse a component that is not sound, or that imports anything outside the contract
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice connector check acme-crm.wasm && echo fine")]
struct Check {
    /// The component
    file: PathBuf,
}

/// Say what a component is, may reach and can do, without running it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice connector inspect braze.wasm
  sluice connector inspect braze.wasm --json | jq '.hosts[].host'")]
struct Inspect {
    /// The component
    file: PathBuf,
}

/// Install a component in a workspace, where it becomes the active version of its id; needs the role admin
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice connector install braze.wasm --workspace crm")]
struct Install {
    /// The component
    file: PathBuf,
    /// Although it asks for more than the build in use; the digest of this component, as the refusal names it
    #[arg(long, value_name = "DIGEST")]
    accept: Option<String>,
    #[command(flatten)]
    place: cli::Place,
}

impl Connector {
    /// Does one of them.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::New(new) => new.run()?,
            What::Build(build) => build.run().await?,
            What::Check(check) => {
                let component = read(&check.file)?;
                let manifest = component.manifest();
                output::json(&json!({
                    "sound": true, "id": manifest.id, "version": manifest.version, "digest": component.digest().to_string(),
                    "imports": component.imports(),
                }));
                let imports = if component.imports().is_empty() { "nothing".to_owned() } else { component.imports().join(", ") };
                output::line(format!("{} {} is sound. It imports {imports}.", manifest.id, manifest.version));
            }
            What::Inspect(inspected) => {
                let page = inspect(&read(&inspected.file)?);
                output::json(&page);
                output::line(page.to_string().trim_end());
            }
            What::Test(test) => test.run().await?,
            What::Install(install) => {
                // Judged here first: a refusal needs no server, and no upload.
                let component = read(&install.file)?;
                let workspace = install.place.open().await?;
                let waiting = output::spinner(format!("installing {}", component.manifest().id));
                let installed = workspace.install(bytes(&install.file)?, install.accept.as_deref()).await;
                waiting.finish_and_clear();
                let installed = installed?;
                output::json(&installed);
                let part = |part: &str| installed[part].as_str().unwrap_or_default();
                output::line(format!("Installed {} {}\n{}", part("id"), part("version"), part("digest")));
            }
        }
        Ok(Exit::Done)
    }
}

impl Build {
    async fn run(self) -> Result<(), Failure> {
        let mut options = match &self.target_dir {
            Some(folder) => sluice_build::Options::new(folder),
            None => sluice_build::Options::beside(&absolute(&self.folder)),
        };
        options.offline = self.offline;
        let built = build(&self.folder, options).await?;
        if let Some(out) = &self.out {
            std::fs::write(out, &built.bytes)
                .map_err(|error| Failure::new(Code::ConnectorBuildFailed, format!("{}: {error}.", out.display())))?;
        }
        let path = self.out.as_ref().unwrap_or(&built.path);
        output::json(&json!({
            "id": built.manifest.id, "version": built.manifest.version, "digest": built.digest, "size": built.size(),
            "path": path, "fresh": built.fresh,
        }));
        let fresh = if built.fresh { ", as before" } else { "" };
        output::line(format!("Built {} {}{fresh}", built.manifest.id, built.manifest.version));
        output::line(format!("{}\n{} bytes, {}", path.display(), output::count(built.size() as u64), built.digest));
        Ok(())
    }
}

/// Builds a connector's folder; the compiler speaks to standard error where people read.
pub(crate) async fn build(folder: &Path, mut options: sluice_build::Options) -> Result<sluice_build::Built, Failure> {
    options.show = !output::is_json();
    // Inside of a workspace the lock file must fit; one of the folder's own follows its Cargo.toml.
    options.locked = absolute(folder).ancestors().skip(1).any(|folder| folder.join("Cargo.lock").is_file());
    let folder = folder.to_owned();
    let built = tokio::task::spawn_blocking(move || sluice_build::build(&folder, &options)).await;
    built.map_err(|error| Failure::new(Code::Internal, sentence(&error.to_string())))?.map_err(|error| {
        let mut cause = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            cause.push_str(&format!(": {source}"));
        }
        Failure::new(error.code(), sentence(&cause))
    })
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    // What is larger is no component that anybody takes; it is not read.
    let size = std::fs::metadata(file).map(|meta| meta.len());
    let max = sluice_sandbox::limits::COMPONENT_BYTES_MAX as u64;
    match size {
        Ok(size) if size > max => {
            let cause = format!("{} has {size} bytes; at most {max} are allowed.", file.display());
            Err(Failure::new(Code::ConnectorTooLarge, cause))
        }
        Ok(_) => std::fs::read(file).map_err(|error| unreadable(file, &error)),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Code::ConnectorNotAComponent, format!("{}: {error}.", file.display()))
}

fn read(file: &Path) -> Result<Component, Failure> {
    let bytes = bytes(file)?;
    Component::read(&bytes).map_err(|refusal| Failure::new(refusal.code(), format!("{}: {refusal}.", file.display())))
}
