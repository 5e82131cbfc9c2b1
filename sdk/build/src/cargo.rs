//! The compile step: cargo with a profile, flags and an environment that depend on nothing outside the sources.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::target::TARGET;
use crate::{BuildError, Options};

/// The profile, said on the command line so that no workspace has to repeat it. Speed before size: bodies are built once per batch
/// for millions of rows, a component is loaded once per process.
const PROFILE: [&str; 7] = [
    r#"profile.connector.inherits="release""#,
    "profile.connector.opt-level=3",
    r#"profile.connector.lto="fat""#,
    "profile.connector.codegen-units=1",
    r#"profile.connector.panic="abort""#,
    "profile.connector.debug=false",
    r#"profile.connector.strip="debuginfo""#,
];

/// Names a change of the recipe, so that components made with an older one are made again.
pub(crate) const RECIPE: &str = "4";

/// What LLVM weighs before it copies a function into its callers; its own default at this level is 250. A connector calls the same few
/// functions of the kit from everywhere, and their copies were a third of a component. What runs for every row is marked `#[inline]` in
/// the kit, which has a threshold of its own (325). Braze's bodies: 165 µs for 75 rows with 250, 164 with 120, 172 with 75.
const INLINE: &str = "-Cllvm-args=-inline-threshold=120";

/// What cargo made.
pub(crate) struct Made {
    pub(crate) wasm: PathBuf,
    pub(crate) dep_info: PathBuf,
}

pub(crate) fn compile(dir: &Path, options: &Options) -> Result<Made, BuildError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .current_dir(dir)
        // A module of the contract is a `cdylib`; asking for it here keeps the line out of sixty manifests and native tests quick.
        .args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "connector", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--target-dir")
        .arg(&options.target_dir);
    for line in PROFILE {
        command.args(["--config", line]);
    }
    if options.locked {
        command.arg("--locked");
    }
    if options.offline {
        command.arg("--offline");
    }
    if !options.show {
        command.arg("--quiet");
    }
    // What an outer cargo or a person's shell sets must not change the bytes.
    for name in
        ["RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_INCREMENTAL", "RUSTC_WRAPPER"]
    {
        command.env_remove(name);
    }
    let mut flags = remapped(dir);
    flags.push(INLINE.to_owned());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    command.stdout(Stdio::piped()).stderr(if options.show { Stdio::inherit() } else { Stdio::piped() });
    let said = command.output().map_err(|source| BuildError::Start { program: cargo, source })?;
    if !said.status.success() {
        return Err(BuildError::Compile { said: String::from_utf8_lossy(&said.stderr).trim().to_owned() });
    }
    let wasm = artifact(&String::from_utf8_lossy(&said.stdout), dir).ok_or(BuildError::NoModule)?;
    Ok(Made { dep_info: wasm.with_extension("d"), wasm })
}

/// Folders whose names would otherwise stand in panic messages: the workspace, cargo's home, the toolchain.
fn remapped(dir: &Path) -> Vec<String> {
    let workspace = dir.ancestors().filter(|d| d.join("Cargo.lock").is_file()).last().unwrap_or(dir);
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let rustup_home = std::env::var_os("RUSTUP_HOME").map_or_else(|| home.join(".rustup"), PathBuf::from);
    // The last prefix that fits wins, so the workspace comes last.
    [(rustup_home.as_path(), "/rustup"), (cargo_home.as_path(), "/cargo"), (workspace, "/src")]
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect()
}

/// The module that cargo's messages name for the crate in `dir`.
fn artifact(messages: &str, dir: &Path) -> Option<PathBuf> {
    let manifest = dir.join("Cargo.toml");
    messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).find_map(|message| {
        let ours = message["reason"] == "compiler-artifact" && Path::new(message["manifest_path"].as_str()?) == manifest;
        let file = message["filenames"].as_array()?.iter().find_map(|f| f.as_str().filter(|f| f.ends_with(".wasm")))?;
        ours.then(|| PathBuf::from(file))
    })
}
