//! `sluice connector new`: the folder of a connector that builds and conforms, to begin from.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;
use sluice_build::{Language, template};
use sluice_catalog::Code;

use crate::{failure::Failure, output};

/// Characters of an id at most: it names files and shows in tables.
const ID_CHARS_MAX: usize = 40;

/// Begin a connector: a folder that builds, with its manifest, tests and a plan for the conformance suite
///
/// What it is made of talks to Acme, a made-up platform (`sluice twin acme`), so that everything works before the first change. Nothing
/// that is there is written over.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice connector new acme-crm
  sluice connector new acme-crm --lang ts        in TypeScript, or with python
  sluice connector new acme-crm --title \"Acme CRM\" --folder ~/connectors/acme
  sluice connector test acme-crm                 it keeps every promise from the first minute")]
pub(super) struct New {
    /// Its id: kebab-case, unique in an installation
    id: String,
    /// The language it is written in
    #[arg(long, value_enum, default_value_t = Lang::Rust)]
    lang: Lang,
    /// Its name for people; made of the id unless said
    #[arg(long)]
    title: Option<String>,
    /// The folder to make; named like the id unless said
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A copy of Sluice's `sdk/rust`, where the Rust kit is not to come from the network; the others come with the folder
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    Rust,
    Ts,
    Python,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Rust => Self::Rust,
            Lang::Ts => Self::TypeScript,
            Lang::Python => Self::Python,
        }
    }
}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        let first = self.id.starts_with(|c: char| c.is_ascii_lowercase());
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !first || !self.id.chars().all(fine) || self.id.len() > ID_CHARS_MAX {
            let cause = format!(
                "{} is not an id: lower-case letters, digits and hyphens, beginning with a letter, at most {ID_CHARS_MAX}.",
                self.id
            );
            return Err(Failure::new(Code::ConnectorNewFailed, cause));
        }
        let title = self.title.clone().unwrap_or_else(|| titled(&self.id));
        if title.is_empty() || title.contains(['"', '\\']) || title.chars().any(char::is_control) {
            return Err(Failure::new(Code::ConnectorNewFailed, "A title is a line of text without quotes and backslashes."));
        }
        let folder = self.folder.clone().unwrap_or_else(|| PathBuf::from(&self.id));
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |error: std::io::Error| Failure::new(Code::ConnectorNewFailed, format!("{path}: {error}."))
        };
        let sdk = match &self.sdk {
            None => template::SDK.to_owned(),
            Some(path) => {
                let whole = path.canonicalize().map_err(failed(path))?;
                format!("path = {}", serde_json::Value::from(whole.display().to_string()))
            }
        };
        if self.sdk.is_some() && !matches!(self.lang, Lang::Rust) {
            let cause = "--sdk is where the Rust kit is; in other languages the kit is a part of the folder.";
            return Err(Failure::new(Code::ConnectorNewFailed, cause));
        }
        if folder.exists() {
            return Err(Failure::new(Code::ConnectorNewFailed, format!("{} is there already.", folder.display())));
        }
        let wanted = template::Wanted { id: &self.id, title: &title, sdk: &sdk };
        for (path, text) in template::files(self.lang.into(), wanted) {
            let path = folder.join(path);
            let parent = path.parent().unwrap_or(&folder);
            std::fs::create_dir_all(parent).map_err(failed(parent))?;
            std::fs::write(&path, text).map_err(failed(&path))?;
        }
        let made = folder.display().to_string();
        output::json(&json!({ "id": self.id, "title": title, "folder": made }));
        output::line(format!(
            "Made {made}\n\n  sluice connector build {made}     a component, the same bytes twice\n  sluice connector test {made}      every \
             promise, against the Acme twin\n  sluice connector inspect …          what it may reach and do\n\nThen change \
             connector.toml and src/ to your platform; docs/authoring.md walks through it."
        ));
        Ok(())
    }
}

/// `acme-crm` as `Acme Crm`.
fn titled(id: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(word).collect::<Vec<_>>().join(" ").trim().to_owned()
}
