//! What a person or a script sees when something does not work: code, cause, next step, and every place that must change.

use std::io::IsTerminal;

use serde_json::{Value, json};
use sluice_catalog::Code;

use crate::{exit::Exit, output};

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {cause}")]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// The cause of this occurrence: one or more sentences, never a row's value or a secret.
    pub cause: String,
    /// Every place that must change; empty when the failure is not about places.
    pub places: Vec<Place>,
    /// Names the request in the server's log, when a server said this.
    pub request_id: Option<String>,
}

/// One place that must change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File and line (`shop.yaml:12`), where they are known.
    pub file: Option<String>,
    /// JSON pointer into what was sent.
    pub pointer: String,
    /// The stable code.
    pub code: Code,
    /// The cause.
    pub cause: String,
}

impl Failure {
    /// About no place in particular.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), places: Vec::new(), request_id: None }
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        if self.code == Code::ApiUnreachable { Exit::Unreachable } else { Exit::Failed }
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let mut text = format!("error  {}: {}\ncause  {}\n", self.code, self.code.title(), self.cause);
        text.push_str(&places_text(&self.places));
        text.push_str(&format!("next   {}\n", self.code.next_step()));
        if let Some(id) = &self.request_id {
            text.push_str(&format!("request {id}\n"));
        }
        text
    }

    /// As programs read it.
    pub fn json(&self) -> Value {
        json!({
            "code": self.code,
            "title": self.code.title(),
            "cause": self.cause,
            "next": self.code.next_step(),
            "request_id": self.request_id,
            "errors": self.places.iter().map(Place::json).collect::<Vec<_>>(),
        })
    }

    /// Says it on standard error.
    pub(crate) fn print(&self) {
        if output::is_json() {
            eprintln!("{}", self.json());
            return;
        }
        let text = self.text();
        let text = output::plain(&text);
        let bright = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        match text.strip_prefix("error") {
            Some(rest) if bright => eprint!("\u{1b}[1;31merror\u{1b}[0m{rest}"),
            _ => eprint!("{text}"),
        }
    }
}

/// Places as people read them, one or two lines each; empty for none.
pub(crate) fn places_text(places: &[Place]) -> String {
    let mut text = String::new();
    for place in places {
        let pointer = if place.pointer.is_empty() { "/" } else { &place.pointer };
        let file = place.file.as_ref().map(|file| format!("{file}  ")).unwrap_or_default();
        text.push_str(&format!("  {file}{pointer}  {}\n      {}\n", place.code, place.cause));
    }
    text
}

impl Place {
    /// As programs read it.
    pub(crate) fn json(&self) -> Value {
        json!({ "file": self.file, "pointer": self.pointer, "code": self.code, "cause": self.cause })
    }
}
