//! Which files a command line means, and their texts.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use sluice_catalog::Code;

use super::{Flaw, Text, failure};
use crate::{
    failure::Failure,
    limits::{FILE_BYTES_MAX, FILES_MAX, FOLDERS_DEEP_MAX},
};

/// What files of a workspace end with; others in a folder are passed over.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// The texts of files, and of folders with their sub-folders.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Text>, Failure> {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            let before = found.files.len();
            found.folder(path, 0);
            if found.files.len() == before && found.flaws.is_empty() {
                found.flaw(path, format!("The folder has no file that ends in .{}.", ENDINGS.join(", .")));
            }
        } else {
            found.file(path);
        }
    }
    let Found { files, mut flaws } = found;
    let mut texts = Vec::new();
    if flaws.is_empty() {
        for path in files {
            match text(&path) {
                Ok(text) => texts.push(Text { name: path.display().to_string(), text }),
                Err(cause) => flaws.push(flaw(&path, cause)),
            }
        }
    }
    if flaws.is_empty() { Ok(texts) } else { Err(failure(flaws)) }
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    flaws: Vec<Flaw>,
}

impl Found {
    fn file(&mut self, path: &Path) {
        // A file that is named beside its folder is read once.
        if self.files.iter().any(|known| known == path) {
            return;
        }
        if self.files.len() == FILES_MAX {
            self.flaw(path, format!("More than {FILES_MAX} files are meant; is this the right folder?"));
        }
        self.files.push(path.to_owned());
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > FOLDERS_DEEP_MAX {
            self.flaw(folder, format!("The folder lies more than {FOLDERS_DEEP_MAX} levels deep."));
            return;
        }
        let entries = fs::read_dir(folder).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.flaw(folder, unreadable(&error)),
        };
        entries.sort();
        for path in entries {
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let ours = path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
            if self.files.len() > FILES_MAX || hidden {
                continue;
            } else if path.is_dir() {
                self.folder(&path, depth + 1);
            } else if ours {
                self.file(&path);
            }
        }
    }

    fn flaw(&mut self, path: &Path, cause: String) {
        self.flaws.push(flaw(path, cause));
    }
}

fn flaw(path: &Path, cause: String) -> Flaw {
    Flaw { file: path.display().to_string(), line: None, pointer: String::new(), code: Code::BundleInvalid, cause }
}

fn text(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("The file has more than {FILE_BYTES_MAX} bytes."));
    }
    let text = String::from_utf8(bytes).map_err(|_| "The file is not UTF-8.".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "There is no such file or folder.".into(),
        std::io::ErrorKind::PermissionDenied => "It may not be read by you.".into(),
        _ => format!("It cannot be read: {error}."),
    }
}
