//! Languages that bring their interpreter: their toolchains give a whole component, which is joined to one core module of the contract.

use std::path::{Path, PathBuf};

use crate::{BuildError, Options, contract, fuse, read_bytes, write_whole};

/// What makes a component of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Toolchain {
    /// Names a change of the recipe, so that components made with an older one are made again.
    pub(crate) recipe: &'static str,
    /// Where the component lies that it makes.
    pub(crate) compile: fn(&Site<'_>, &Options) -> Result<PathBuf, BuildError>,
}

/// Where it works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The connector's folder.
    pub(crate) dir: &'a Path,
    /// A folder of the build's own, kept from build to build.
    pub(crate) work: &'a Path,
    /// The contract's file.
    pub(crate) wit: &'a Path,
    /// The contract's world that the manifest means.
    pub(crate) world: &'a str,
}

impl Toolchain {
    /// The core module of the connector in `dir`, with the section that tells its world.
    pub(crate) fn module(self, dir: &Path, work: &Path, world: &str, options: &Options) -> Result<Vec<u8>, BuildError> {
        std::fs::create_dir_all(work).map_err(|source| BuildError::Write { path: work.into(), source })?;
        let wit = work.join("sluice.wit");
        write_whole(&wit, contract::TEXT.as_bytes())?;
        let made = (self.compile)(&Site { dir, work, wit: &wit, world }, options)?;
        let module = fuse::fuse(&read_bytes(&made)?).map_err(|unfit| BuildError::Encode { cause: unfit.to_string() })?;
        contract::tell(module, world)
    }
}
