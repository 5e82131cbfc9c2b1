//! The wasm target of the toolchain: asked for through rustup when it is missing.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{BuildError, Options};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that the toolchain which `dir` uses can compile for [`TARGET`].
pub(crate) fn ensure(dir: &Path, options: &Options) -> Result<(), BuildError> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let said = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(dir)
        .output()
        .map_err(|source| BuildError::Start { program: rustc.clone(), source })?;
    let libdir = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if said.status.success() && Path::new(&libdir).is_dir() {
        return Ok(());
    }
    let failed = |said: String| BuildError::Target { said };
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(if options.show { Stdio::inherit() } else { Stdio::piped() })
        .output()
        .map_err(|e| failed(format!("rustup does not start ({e})")))?;
    if added.status.success() { Ok(()) } else { Err(failed(String::from_utf8_lossy(&added.stderr).trim().to_owned())) }
}
