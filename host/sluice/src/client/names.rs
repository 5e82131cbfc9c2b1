//! Objects by the names that people gave them. An id works wherever a name does.

use serde_json::Value;
use sluice_catalog::Code;

use super::Workspace;
use crate::{failure::Failure, limits::NAMES_LOOKED_AT_MAX};

/// A kind of object that a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Source,
    Model,
    Segment,
    Destination,
    Activation,
}

impl Kind {
    /// The word for one.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Model => "model",
            Self::Segment => "segment",
            Self::Destination => "destination",
            Self::Activation => "activation",
        }
    }

    /// The word in paths.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Model => "models",
            Self::Segment => "segments",
            Self::Destination => "destinations",
            Self::Activation => "activations",
        }
    }
}

impl Workspace {
    /// The object of this name or id among several kinds. A name that two kinds have is refused: the caller asks for one of them.
    pub(crate) async fn find(&self, kinds: &[Kind], wanted: &str) -> Result<(Kind, Value), Failure> {
        let (mut found, mut near) = (Vec::new(), Vec::new());
        for kind in kinds {
            for object in self.list(&[kind.collection()], &[], NAMES_LOOKED_AT_MAX).await? {
                if object["name"] == wanted || object["id"] == wanted {
                    found.push((*kind, object));
                } else if let Some(name) = object["name"].as_str() {
                    near.push(name.to_owned());
                }
            }
        }
        let words = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ");
        if found.len() > 1 {
            let cause = format!("`{wanted}` names a model and a segment; say which with --model or --segment.");
            return Err(Failure::new(Code::ApiConflict, cause));
        }
        found.pop().ok_or_else(|| {
            near.truncate(20);
            let there = if near.is_empty() { "There is none yet".to_owned() } else { format!("There are: {}", near.join(", ")) };
            Failure::new(Code::ApiNotFound, format!("There is no {words} `{wanted}` in this workspace. {there}."))
        })
    }
}
