//! The connector under test: its manifest, and its component compiled for this machine.

use std::path::Path;

use sluice_catalog::{
    columnar::Field,
    contract::Operation,
    manifest::{FieldRole, Manifest, Mode, Service, ServiceField},
};
use sluice_sandbox::{Engine, EngineOptions, Program, component::Component};

use crate::error::Unfit;

/// A connector, ready to be called.
pub struct Subject {
    pub(crate) program: Program,
    manifest: Manifest,
    bytes: usize,
}

impl Subject {
    /// Builds the folder as `sluice connector build` does, and compiles what comes out. Blocks; seconds where nothing was built yet.
    pub fn build(folder: &Path) -> Result<Self, Unfit> {
        let built = sluice_build::build(folder, &sluice_build::Options::beside(folder)).map_err(Unfit::Build)?;
        Self::of(&built.bytes)
    }

    /// Of a finished component.
    pub fn of(bytes: &[u8]) -> Result<Self, Unfit> {
        let unfit = |error: &dyn std::fmt::Display| Unfit::Component(error.to_string());
        let manifest = Component::read(bytes).map_err(|error| unfit(&error))?.manifest().clone();
        let engine = Engine::new(EngineOptions { instances_max: 64, ..EngineOptions::default() }).map_err(|error| unfit(&error))?;
        let program = engine.compile(bytes).map_err(|error| unfit(&error))?;
        Ok(Self { program, manifest, bytes: bytes.len() })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Size of the component, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn service(&self, id: &str) -> Option<&Service> {
        self.manifest.services.get(id)
    }
}

/// The schema of a column, as the host makes it of a mapped field.
pub(crate) fn column_of(field: &ServiceField) -> Field {
    let mut attrs = vec![("role".to_owned(), field.role.as_str().to_owned())];
    if field.role == FieldRole::Identifier {
        attrs.push(("identifier".to_owned(), field.name.clone()));
    }
    Field { name: field.name.clone(), ty: field.ty, nullable: !field.required, attrs }
}

/// What the host asks for of rows that are new, under a mode.
pub(crate) fn first_operation(mode: Mode) -> Operation {
    match mode {
        Mode::Insert => Operation::Insert,
        Mode::UpdateOnly | Mode::BooleanAttribute => Operation::Update,
        Mode::Upsert | Mode::Mirror | Mode::ClearFieldsOnExit => Operation::Upsert,
        Mode::List | Mode::ListAddOnly => Operation::Add,
        Mode::Append => Operation::Append,
        Mode::Replace => Operation::Replace,
    }
}
