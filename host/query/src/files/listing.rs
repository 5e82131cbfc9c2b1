//! Which tables a folder holds, from names alone.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use sluice_catalog::{code::Code, limits::TABLE_NAME_CHARS_MAX};

use super::{FileKind, Files, Finding};
use crate::limits::{FOLDER_ENTRIES_MAX, TABLE_FILES_MAX};

type Listed = (BTreeMap<String, Files>, Vec<Finding>);

/// The tables and the findings, or why the folder cannot be listed.
pub(super) fn list(folder: &Path) -> Result<Listed, &'static str> {
    let entries = entries(folder).map_err(|error| unreachable(&error))?;
    let mut listing = Listing::default();
    if entries.len() > FOLDER_ENTRIES_MAX {
        listing.find(
            ".",
            Code::SourceUnreachable,
            format!("Only the first {FOLDER_ENTRIES_MAX} entries of the folder were looked at."),
        );
    }
    for path in entries.into_iter().take(FOLDER_ENTRIES_MAX) {
        if path.is_dir() {
            listing.folder(&path);
        } else {
            listing.file(path);
        }
    }
    Ok((listing.tables, listing.findings))
}

/// Why a folder cannot be listed.
pub(super) fn unreachable(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there",
        io::ErrorKind::NotADirectory => "is not a folder",
        io::ErrorKind::PermissionDenied => "may not be read by the account that runs Sluice",
        _ => "cannot be read",
    }
}

/// The visible entries, in order of their names.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)?.take(FOLDER_ENTRIES_MAX + 1) {
        let path = entry?.path();
        if !name_of(&path).starts_with(['.', '_']) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[derive(Default)]
struct Listing {
    tables: BTreeMap<String, Files>,
    findings: Vec<Finding>,
    /// Names that stand twice; none of them is a table.
    doubled: HashSet<String>,
}

impl Listing {
    fn find(&mut self, name: &str, code: Code, cause: impl Into<String>) {
        self.findings.push(Finding { name: name.to_owned(), code, cause: cause.into() });
    }

    fn file(&mut self, path: PathBuf) {
        let Some(kind) = kind_of(&path) else { return };
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        self.table(name, Files { kind, paths: vec![path] });
    }

    fn folder(&mut self, path: &Path) {
        let name = name_of(path);
        let entries = match entries(path) {
            Ok(entries) => entries,
            Err(_) => return self.find(&name, Code::SourceUnreachable, "The sub-folder cannot be read."),
        };
        let mut files: Vec<(FileKind, PathBuf)> = Vec::new();
        for entry in entries {
            if entry.is_dir() {
                return self.find(
                    &name,
                    Code::SourceDamagedFile,
                    "The sub-folder holds another folder; a table's files lie side by side.",
                );
            }
            files.extend(kind_of(&entry).map(|kind| (kind, entry)));
        }
        let Some((kind, _)) = files.first().cloned() else { return };
        if files.iter().any(|(other, _)| *other != kind) {
            return self.find(
                &name,
                Code::SourceDamagedFile,
                "The sub-folder holds Parquet and CSV files; a table's files are of one kind.",
            );
        }
        if files.len() > TABLE_FILES_MAX {
            return self.find(&name, Code::SourceDamagedFile, format!("A table has at most {TABLE_FILES_MAX} files."));
        }
        self.table(name, Files { kind, paths: files.into_iter().map(|(_, path)| path).collect() });
    }

    fn table(&mut self, name: String, files: Files) {
        let legal = !name.is_empty()
            && name.chars().count() <= TABLE_NAME_CHARS_MAX
            && !name.chars().any(|c| c.is_control() || matches!(c, '"' | '\'' | '`' | '\\' | char::REPLACEMENT_CHARACTER));
        if !legal {
            return self.find(
                &name,
                Code::SourceObjectMissing,
                "A table's name must be Unicode text without quotes, backslashes or control characters.",
            );
        }
        if self.doubled.contains(&name) {
            return;
        }
        if self.tables.remove(&name).is_some() {
            self.find(&name, Code::SourceDamagedFile, "Several files or sub-folders have this name; rename all but one.");
            self.doubled.insert(name);
            return;
        }
        self.tables.insert(name, files);
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn kind_of(path: &Path) -> Option<FileKind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "parquet" => Some(FileKind::Parquet),
        "csv" => Some(FileKind::Csv),
        _ => None,
    }
}
