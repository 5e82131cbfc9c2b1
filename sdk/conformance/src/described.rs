//! The vendor's own description of its interface, which is never copied into the project: it lies beside it, or a test that needs it says
//! in one line that it was skipped. What is held against a description is the connector's.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// The text of a file below `specs/` of the folder that `SLUICE_SHARED` names; `shared` beside the project unless set. None where there is
/// no such file, with a line that says so.
///
/// # Panics
/// Where the file is there and is no text that can be read.
pub fn described(file: &str) -> Option<String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("SLUICE_SHARED").map_or_else(beside, PathBuf::from).join("specs").join(file);
    if path.is_file() {
        return Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/", path.display());
    None
}
