//! Programs: components compiled once, checked against the contract's imports and exports, ready to be instantiated.
//!
//! Compiled code is kept in a cache directory under a keyed digest ([`CodeCache`]). Compiling takes milliseconds to seconds of all
//! cores and blocks: call it from a thread that may block.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, Weak},
};

use sha2::{Digest as _, Sha256};
use sluice_catalog::Code;
use wasmtime::{
    Store,
    component::{Component, InstancePre},
};

use crate::{
    bindings::{
        DestinationConnector, DestinationConnectorIndices,
        membership::{DestinationWithMembership, DestinationWithMembershipIndices},
        source::{SourceConnector, SourceConnectorPre},
    },
    engine::Engine,
    guest::Guest,
    limits::{COMPONENT_BYTES_MAX, Limits},
    session::Session,
    text::one_line,
};

mod cache;

pub use cache::{CacheError, CodeCache};

/// SHA-256 of a component's bytes: what a version is pinned to, what a run records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(component: &[u8]) -> Self {
        Self(Sha256::digest(component).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why bytes are not a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The file is too large, or what it declares does not fit the pool's slots.
    #[error("the component is larger than allowed: {cause}")]
    TooLarge {
        /// Which part, and the limit.
        cause: String,
    },
    /// Not a component, or one that uses a refused feature of the language.
    #[error("not a component that this engine runs: {cause}")]
    NotAComponent {
        /// What the validator says.
        cause: String,
    },
    /// It imports something outside of the contract.
    #[error("an import outside of the contract: {cause}")]
    Import {
        /// Which.
        cause: String,
    },
    /// It exports neither the contract's `destination` interface nor its `source`.
    #[error("no connector: {cause}")]
    Export {
        /// What is missing.
        cause: String,
    },
}

impl CompileError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::ConnectorTooLarge,
            Self::NotAComponent { .. } => Code::ConnectorNotAComponent,
            Self::Import { .. } => Code::ConnectorImportRefused,
            Self::Export { .. } => Code::ConnectorProtocol,
        }
    }
}

/// A compiled component. Cheap to clone; one program serves any number of instances at the same time.
#[derive(Clone)]
pub struct Program {
    pub(crate) engine: Engine,
    pub(crate) compiled: Arc<Compiled>,
}

pub(crate) struct Compiled {
    digest: Digest,
    pub(crate) pre: Ready,
}

/// A component whose imports are filled, by its world.
pub(crate) enum Ready {
    Destination(Box<DestinationReady>),
    Source(SourceConnectorPre<Guest>),
}

/// A destination, and where its functions are; with those of `membership` where it has them.
pub(crate) struct DestinationReady {
    pre: InstancePre<Guest>,
    destination: DestinationConnectorIndices,
    membership: Option<DestinationWithMembershipIndices>,
}

/// The functions of an instance, by its world.
pub(crate) enum Exports {
    Destination(DestinationConnector, Option<Box<DestinationWithMembership>>),
    Source(SourceConnector),
}

impl Ready {
    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        match self {
            Self::Destination(ready) => ready.pre.engine(),
            Self::Source(pre) => pre.engine(),
        }
    }

    pub(crate) fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Exports> {
        Ok(match self {
            Self::Destination(ready) => {
                let instance = ready.pre.instantiate(&mut *store)?;
                let membership =
                    ready.membership.as_ref().map(|indices| indices.load(&mut *store, &instance)).transpose()?.map(Box::new);
                Exports::Destination(ready.destination.load(store, &instance)?, membership)
            }
            Self::Source(pre) => Exports::Source(pre.instantiate(store)?),
        })
    }
}

/// What a source exports and nobody else.
const SOURCE: &str = "sluice:connector/source@0.1.0";
/// What a destination exports that can list the members of a segment.
const MEMBERSHIP: &str = "sluice:connector/membership@0.1.0";

impl DestinationReady {
    fn new(pre: InstancePre<Guest>, lists_members: bool) -> wasmtime::Result<Self> {
        let destination = DestinationConnectorIndices::new(&pre)?;
        let membership = lists_members.then(|| DestinationWithMembershipIndices::new(&pre)).transpose()?;
        Ok(Self { pre, destination, membership })
    }
}

/// Programs that somebody holds, so that several runs of one component share its code and its warm slots.
pub(crate) type Known = HashMap<Digest, Weak<Compiled>>;

impl Engine {
    /// Compiles a component, or takes its code from the cache or from another holder of the same component.
    ///
    /// * At most [`COMPONENT_BYTES_MAX`] bytes, binary form.
    /// * A damaged or foreign cache file is as good as none; a cache that cannot be written is logged and costs time only.
    pub fn compile(&self, component: &[u8]) -> Result<Program, CompileError> {
        if component.len() > COMPONENT_BYTES_MAX {
            return Err(CompileError::TooLarge { cause: format!("{} bytes; at most {COMPONENT_BYTES_MAX}", component.len()) });
        }
        let digest = Digest::of(component);
        if let Some(compiled) = self.known(&digest) {
            return Ok(Program { engine: self.clone(), compiled });
        }
        let code = self.load_or_compile(&digest, component)?;
        let says = |error: wasmtime::Error| one_line(&format!("{error:#}"));
        let exports = |interface| code.component_type().get_export(&self.0.wasm, interface).is_some();
        let is_source = exports(SOURCE);
        let linker = if is_source { &self.0.source_linker } else { &self.0.linker };
        let pre = linker.instantiate_pre(&code).map_err(|error| CompileError::Import { cause: says(error) })?;
        let pre = match is_source {
            true => SourceConnectorPre::new(pre).map(Ready::Source),
            false => DestinationReady::new(pre, exports(MEMBERSHIP)).map(|ready| Ready::Destination(Box::new(ready))),
        };
        let pre = pre.map_err(|error| CompileError::Export { cause: says(error) })?;
        let compiled = Arc::new(Compiled { digest, pre });
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, held| held.strong_count() > 0);
        known.insert(digest, Arc::downgrade(&compiled));
        Ok(Program { engine: self.clone(), compiled })
    }

    fn known(&self, digest: &Digest) -> Option<Arc<Compiled>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner).get(digest)?.upgrade()
    }

    fn load_or_compile(&self, digest: &Digest, component: &[u8]) -> Result<Component, CompileError> {
        if let Some(code) = self.0.cache.as_ref().and_then(|cache| cache.load(&self.0.wasm, digest)) {
            return Ok(code);
        }
        let code = Component::from_binary(&self.0.wasm, component).map_err(refusal)?;
        if let Some(cache) = &self.0.cache
            && let Err(error) = cache.keep(&self.0.wasm, digest, &code)
        {
            tracing::warn!(%digest, %error, "compiled code is not kept; the next start compiles it again");
        }
        Ok(code)
    }
}

/// wasmtime reports what does not fit the pool in the same way as what is not valid; only its words tell them apart.
fn refusal(error: wasmtime::Error) -> CompileError {
    let cause = one_line(&format!("{error:#}"));
    if cause.contains("pooling allocator") || cause.contains("exceeds the configured maximum") {
        CompileError::TooLarge { cause }
    } else {
        CompileError::NotAComponent { cause }
    }
}

impl Program {
    /// The component's digest.
    pub fn digest(&self) -> Digest {
        self.compiled.digest
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether both run the same copy of the compiled code, and so share its warm slots.
    pub fn same_code(&self, other: &Program) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled)
    }

    /// Begins one run's use of the program: its instances share the door, the budgets per run and the stop.
    pub fn session(&self, door: Arc<dyn crate::Door>, limits: Limits) -> Session {
        Session::new(self.clone(), door, limits)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.compiled.digest).finish()
    }
}
