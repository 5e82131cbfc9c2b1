//! Python: put into a component with CPython by `componentize-py`, at the version of the folder's `requirements.txt`, from an environment of
//! the build's own. `src/connector.py` has the class `Destination` (and `Membership`, where the manifest says so); packages of
//! `requirements.txt` that it imports go with it.
//!
//! `--stub-wasi` is what has the interpreter keep what it read of the world at build time, its hash seed above all, and ask no more.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::interpreted::{Site, Toolchain};
use crate::tool::{once, run};
use crate::{BuildError, Options, inputs};

pub(crate) const TOOLCHAIN: Toolchain = Toolchain { recipe: "python 1", compile };

/// The interpreter that makes the environment; not the one in the component.
const PYTHON: &str = "python3";

/// The component as the toolchain makes it.
fn compile(site: &Site<'_>, options: &Options) -> Result<PathBuf, BuildError> {
    let Site { dir, work, wit, world } = *site;
    let environment = work.join("environment");
    let tool = |name: &str| environment.join("bin").join(name);
    once(&work.join("environment.made"), &inputs::hash_of(&dir.join("requirements.txt"))?, || {
        let [module, venv, clear] = ["-m", "venv", "--clear"].map(OsStr::new);
        run(Path::new(PYTHON), [module, venv, clear, environment.as_ref()], dir, options)?;
        let offline = options.offline.then_some("--no-index");
        let args = ["install", "--disable-pip-version-check", "--requirement", "requirements.txt"].into_iter().chain(offline);
        run(&tool("pip"), args, dir, options)
    })?;

    let made = work.join("toolchain.wasm");
    let [quiet, with, for_world] = ["--quiet", "--wit-path", "--world"].map(OsStr::new);
    let [componentize, stub, search, to] = ["componentize", "--stub-wasi", "--python-path", "--output"].map(OsStr::new);
    let mut args: Vec<&OsStr> = vec![quiet, with, wit.as_ref(), for_world, world.as_ref(), componentize, stub];
    let packages = packages(&environment);
    for folder in packages.as_deref().into_iter().chain([Path::new("src")]) {
        args.extend([search, folder.as_os_str()]);
    }
    args.extend([to, made.as_os_str(), OsStr::new("connector")]);
    run(&tool("componentize-py"), args, dir, options)?;
    Ok(made)
}

/// `lib/python3.x/site-packages` of the environment.
fn packages(environment: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(environment.join("lib")).ok()?;
    versions.filter_map(|entry| Some(entry.ok()?.path().join("site-packages"))).find(|folder| folder.is_dir())
}
