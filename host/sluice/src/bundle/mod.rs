//! A workspace as YAML files: read, merged into the API's bundle, and every place remembered, so that whatever is wrong is said with
//! its file and line.
//!
//! A file holds lists named `sources`, `models`, `segments`, `destinations` and `activations`; a folder is all of its `.yaml`, `.yml`
//! and `.json` files, those of its sub-folders too, in the order of their names. `${NAME}` in a text is an environment variable, `$${`
//! is a plain `${`; a secret is only ever written so. Field names and fixed words are compared with the API's description; whether the
//! objects make sense together is the server's question, and its pointers find back to file and line by [`Bundle::place`].

mod check;
mod files;
mod merge;
mod scalar;
mod suggest;
mod variables;
mod yaml;

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;
use sluice_catalog::Code;

use crate::failure::{Failure, Place};

/// What an environment variable is, by its name.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A workspace file: what to call it in messages, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As people know it, for example `shop/models.yaml`.
    pub name: String,
    /// YAML, of which JSON is a part.
    pub text: String,
}

/// A workspace in the form that the API takes, and where each part of it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    value: Value,
    places: Places,
}

/// File and line of each pointer.
#[derive(Debug, Clone, Default, PartialEq)]
struct Places {
    files: Vec<String>,
    at: BTreeMap<String, (usize, usize)>,
}

/// Something that is wrong with the files. A `pointer` of a file that is not part of the bundle is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flaw {
    file: String,
    line: Option<usize>,
    pointer: String,
    code: Code,
    cause: String,
}

impl Bundle {
    /// Reads files and folders. Every flaw of every file is told at once; nothing is sent when there is one.
    pub fn read(paths: &[PathBuf], variables: Variables<'_>) -> Result<Self, Failure> {
        Self::of(&files::read(paths)?, variables)
    }

    /// The same of texts that are in memory.
    pub fn of(texts: &[Text], variables: Variables<'_>) -> Result<Self, Failure> {
        let mut flaws = Vec::new();
        let mut merged = merge::Merged::default();
        for text in texts {
            match yaml::parse(&text.text) {
                Ok(parsed) => {
                    let flawed = |f: yaml::Flaw| Flaw {
                        file: text.name.clone(),
                        line: Some(f.line),
                        pointer: String::new(),
                        code: Code::BundleInvalid,
                        cause: f.cause,
                    };
                    flaws.extend(parsed.flaws.into_iter().map(flawed));
                    merged.take(&text.name, parsed.documents, &mut flaws);
                }
                Err(f) => flaws.push(Flaw {
                    file: text.name.clone(),
                    line: Some(f.line),
                    pointer: String::new(),
                    code: Code::BundleInvalid,
                    cause: f.cause,
                }),
            }
        }
        let mut bundle = merged.bundle();
        let found = check::check(&bundle.value);
        flaws.extend(found.into_iter().map(|(pointer, cause)| bundle.flaw(pointer, Code::BundleInvalid, cause)));
        let found = variables::fill(&mut bundle.value, variables);
        flaws.extend(found.into_iter().map(|(pointer, code, cause)| bundle.flaw(pointer, code, cause)));
        if flaws.is_empty() { Ok(bundle) } else { Err(failure(flaws)) }
    }

    /// What `POST …/apply` takes. May hold secrets.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// File and line (`shop.yaml:12`) of what a pointer names, or of the nearest part around it.
    pub fn place(&self, pointer: &str) -> Option<String> {
        let mut pointer = pointer;
        loop {
            if let Some((file, line)) = self.places.at.get(pointer) {
                return Some(format!("{}:{line}", self.places.files[*file]));
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// The same failure, with file and line where its pointers lead into this bundle.
    pub fn placed(&self, mut failure: Failure) -> Failure {
        for place in &mut failure.places {
            place.file = place.file.take().or_else(|| self.place(&place.pointer));
        }
        failure
    }

    fn flaw(&self, pointer: String, code: Code, cause: String) -> Flaw {
        let place = self.place(&pointer).unwrap_or_default();
        let (file, line) = place.rsplit_once(':').unwrap_or((place.as_str(), ""));
        Flaw { file: file.to_owned(), line: line.parse().ok(), pointer, code, cause }
    }
}

/// All flaws as one failure, in the order of files and lines.
fn failure(mut flaws: Vec<Flaw>) -> Failure {
    flaws.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let first = flaws.first().map_or(Code::BundleInvalid, |f| f.code);
    let code = if flaws.iter().all(|f| f.code == first) { first } else { Code::BundleInvalid };
    let cause = match flaws.as_slice() {
        [one] => one.cause.clone(),
        many => format!("{} places must change.", many.len()),
    };
    let place = |f: Flaw| Place {
        file: Some(f.line.map_or_else(|| f.file.clone(), |line| format!("{}:{line}", f.file))),
        pointer: f.pointer,
        code: f.code,
        cause: f.cause,
    };
    Failure { places: flaws.into_iter().map(place).collect(), ..Failure::new(code, cause) }
}

/// A JSON pointer's token.
fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
