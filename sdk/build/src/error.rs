//! Why a connector could not be built.

use std::path::PathBuf;

use sluice_catalog::Code;
use sluice_catalog::manifest::ManifestError;

/// Every way a build ends early.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum BuildError {
    #[error("cannot read {path}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a sound manifest: {}", joined(problems), path = path.display())]
    Manifest { path: PathBuf, problems: Vec<ManifestError> },
    #[error("cannot start `{program}`")]
    Start { program: String, source: std::io::Error },
    #[error("the toolchain has no target wasm32-unknown-unknown, and `rustup target add wasm32-unknown-unknown` failed: {said}")]
    Target { said: String },
    #[error("{path} has no Cargo.toml (Rust), package.json (TypeScript) or requirements.txt (Python)", path = path.display())]
    Language { path: PathBuf },
    #[error("cargo could not compile the connector{}{said}", if said.is_empty() { "" } else { ":\n" })]
    Compile { said: String },
    #[error("{program} could not do its part of the build{}{said}", if said.is_empty() { "" } else { ":\n" })]
    Tool { program: String, said: String },
    #[error("cargo did not say where it put the module; is the connector a library crate?")]
    NoModule,
    #[error("the module is not one of the contract: {cause}")]
    Encode { cause: String },
}

impl BuildError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::Manifest { .. } => Code::ConnectorManifestInvalid,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Start { .. }
            | Self::Target { .. }
            | Self::Language { .. }
            | Self::Compile { .. }
            | Self::Tool { .. }
            | Self::NoModule
            | Self::Encode { .. } => Code::ConnectorBuildFailed,
        }
    }
}

fn joined(problems: &[ManifestError]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
