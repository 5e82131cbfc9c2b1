//! Lists of texts: all of one, or what is to come and to go: `{"$add": […], "$remove": […]}`. Both are safe to send twice.

use serde::Deserialize;
use sluice_sdk::{Reason, serde_json};

use super::{is_word, length};

/// How large a list may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// Texts in it.
    pub(super) items_max: usize,
    /// Characters of each; one at least.
    pub(super) chars_max: usize,
    /// Each is a topic: letters `a` to `z`, digits and `_`.
    pub(super) topics: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Items {
    All(Vec<String>),
    Changes(Changes),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    #[serde(rename = "$add", default)]
    add: Vec<String>,
    #[serde(rename = "$remove", default)]
    remove: Vec<String>,
}

impl List {
    /// Whether JSON text is such a list.
    pub(super) fn check(self, text: &str) -> Result<(), Reason> {
        let items = serde_json::from_slice(text.as_bytes())
            .map_err(|_| Reason::bad("the value is neither a list of texts nor an object with lists `$add` and `$remove`"))?;
        match items {
            Items::All(all) => self.check_items(&all),
            Items::Changes(changes) if changes.add.is_empty() && changes.remove.is_empty() => {
                Err(Reason::bad("nothing is added or removed"))
            }
            Items::Changes(changes) => self.check_items(&changes.add).and_then(|()| self.check_items(&changes.remove)),
        }
    }

    fn check_items(self, items: &[String]) -> Result<(), Reason> {
        if items.len() > self.items_max {
            return Err(Reason::bad(&format!("the list has more than {} texts", self.items_max)));
        }
        items.iter().try_for_each(|item| {
            length(item, self.chars_max)?;
            if self.topics && !is_word(item) { Err(Reason::bad("a topic has letters `a` to `z`, digits and `_`")) } else { Ok(()) }
        })
    }
}
