//! Programs that others wrote: started in the connector's folder, heard out, and told by name when they fail.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{BuildError, Options};

/// Runs the program with these arguments. What it says goes to standard error where people read, else into the error.
pub(crate) fn run<A: AsRef<OsStr>>(
    program: &Path,
    args: impl IntoIterator<Item = A>,
    dir: &Path,
    options: &Options,
) -> Result<(), BuildError> {
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdin(Stdio::null());
    if options.show {
        command.stdout(std::io::stderr()).stderr(Stdio::inherit());
    }
    let said = command.output().map_err(|source| BuildError::Start { program: name.clone(), source })?;
    if said.status.success() {
        return Ok(());
    }
    // Compilers differ in where they complain.
    let words = [said.stdout, said.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Err(BuildError::Tool { program: name, said: words.join("\n").trim().to_owned() })
}

/// Does `work` where `marker` does not hold `wanted`, and writes it there afterwards: packages are fetched once for each list of them.
pub(crate) fn once(marker: &Path, wanted: &str, work: impl FnOnce() -> Result<(), BuildError>) -> Result<(), BuildError> {
    if std::fs::read_to_string(marker).is_ok_and(|is| is == wanted) {
        return Ok(());
    }
    work()?;
    std::fs::write(marker, wanted).map_err(|source| BuildError::Write { path: marker.into(), source })
}
