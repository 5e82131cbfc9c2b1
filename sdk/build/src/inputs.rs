//! What a component was made of, so that a second build of the same inputs is a comparison of hashes.
//!
//! The stamp lists every file that the compiler read (cargo's dep-info: the connector, the kit, the contract), the manifests beside
//! them, the lock file and the recipe. A file that is new needs a listed file to mention it, so nothing is missed. Of languages whose
//! compilers do not say what they read, it lists all of the folder.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cargo::RECIPE;
use crate::{BuildError, Options, contract, read_text};

/// The text of a stamp: one line for the recipe, then `hash path` for each file.
pub(crate) fn of(dir: &Path, dep_info: &Path, options: &Options) -> Result<String, BuildError> {
    let mut files: BTreeSet<PathBuf> = sources(&read_text(dep_info)?).into_iter().map(|f| dir.join(f)).collect();
    files.extend([dir.join("connector.toml"), dir.join("Cargo.toml")]);
    for folder in files.clone().iter().flat_map(|f| f.ancestors().skip(1).map(Path::to_path_buf).collect::<Vec<_>>()) {
        files.extend(
            ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"].map(|n| folder.join(n)).into_iter().filter(|f| f.is_file()),
        );
    }
    let mut text = recipe(options);
    for file in &files {
        writeln!(text, "{} {}", hash_of(file)?, file.display()).expect("a string takes any text");
    }
    Ok(text)
}

/// Whether everything that the stamp lists is as it was. No stamp: no.
pub(crate) fn unchanged(stamp: &Path, options: &Options) -> bool {
    let Ok(text) = std::fs::read_to_string(stamp) else { return false };
    let Some(files) = text.strip_prefix(&recipe(options)) else { return false };
    !files.is_empty()
        && files
            .lines()
            .all(|line| line.split_once(' ').is_some_and(|(want, file)| hash(Path::new(file)).is_ok_and(|is| is == want)))
}

/// The same for a language whose compiler does not say what it read: every file of the folder, but what tools put there, and the recipe.
pub(crate) fn of_folder(dir: &Path, recipe: &str) -> Result<String, BuildError> {
    let mut text = format!("recipe {recipe} {}\n", hex::encode(Sha256::digest(contract::TEXT)));
    let mut folders = vec![dir.to_path_buf()];
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let failed = |source| BuildError::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || ["node_modules", "target", "__pycache__"].contains(&name.as_ref()) {
                continue;
            }
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path());
            } else {
                files.insert(entry.path());
            }
        }
    }
    for file in files {
        writeln!(text, "{} {}", hash_of(&file)?, file.display()).expect("a string takes any text");
    }
    Ok(text)
}

/// The hash of one file.
pub(crate) fn hash_of(file: &Path) -> Result<String, BuildError> {
    hash(file).map_err(|source| BuildError::Read { path: file.into(), source })
}

fn recipe(_: &Options) -> String {
    let toolchain = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_default();
    format!("recipe {RECIPE} {toolchain}\n")
}

fn hash(file: &Path) -> std::io::Result<String> {
    Ok(hex::encode(Sha256::digest(std::fs::read(file)?)))
}

/// The files of a dep-info file in make's syntax: `output: file file…`, blanks escaped with a backslash.
fn sources(text: &str) -> Vec<String> {
    let Some((_, list)) = text.lines().next().unwrap_or_default().split_once(": ") else { return Vec::new() };
    list.replace("\\ ", "\0").split(' ').filter(|f| !f.is_empty()).map(|f| f.replace('\0', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn files_of_a_dep_info_are_read_with_their_blanks() {
        assert_eq!(sources("/out/a.wasm: /src/lib.rs /a\\ b/c.rs\n\n/src/lib.rs:\n"), ["/src/lib.rs", "/a b/c.rs"]);
        assert!(sources("").is_empty());
    }
}
