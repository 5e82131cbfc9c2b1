//! Why a file is not a connector.

use sluice_catalog::{Code, manifest::ManifestError};

/// Every way the reading ends early. The texts name the thing that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum Refusal {
    #[error("it has {bytes} bytes; at most {max} are allowed")]
    TooLarge { bytes: usize, max: usize },
    #[error("it is a core module; wrap it with `sluice connector build`")]
    Module,
    #[error("it is not WebAssembly")]
    NotWasm,
    #[error("it is damaged, or uses a feature that the sandbox is without: {cause}")]
    Invalid { cause: String },
    #[error("it imports `{name}`, which is not in the contract")]
    Import { name: String },
    #[error("it imports `{name}` in another shape than the contract's: {cause}")]
    ImportShape { name: String, cause: String },
    #[error("it exports `{name}`, which a {kind} does not have")]
    Export { name: String, kind: &'static str },
    #[error("it does not export `{name}`, which a {kind} must have")]
    ExportMissing { name: String, kind: &'static str },
    #[error("it exports `{name}` in another shape than the contract's: {cause}")]
    ExportShape { name: String, cause: String },
    #[error("its manifest says `{capability}`, and it does not export `{name}`")]
    CapabilityMissing { capability: &'static str, name: String },
    #[error("it exports `{name}`, and its manifest does not say `{capability}`")]
    CapabilitySilent { capability: &'static str, name: String },
    #[error("it carries no manifest")]
    ManifestMissing,
    #[error("it carries {count} manifests")]
    ManifestTwice { count: usize },
    #[error("its manifest is not UTF-8")]
    ManifestText,
    #[error("its manifest is not sound: {}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Manifest { problems: Vec<ManifestError> },
}

impl Refusal {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::ConnectorTooLarge,
            Self::Module | Self::NotWasm | Self::Invalid { .. } => Code::ConnectorNotAComponent,
            Self::Import { .. } | Self::ImportShape { .. } => Code::ConnectorImportRefused,
            Self::Export { .. } | Self::ExportMissing { .. } | Self::ExportShape { .. } => Code::ConnectorProtocol,
            Self::ManifestMissing
            | Self::ManifestTwice { .. }
            | Self::ManifestText
            | Self::Manifest { .. }
            | Self::CapabilityMissing { .. }
            | Self::CapabilitySilent { .. } => Code::ConnectorManifestInvalid,
        }
    }
}
